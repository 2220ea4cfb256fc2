import { defineConfig, type Options } from 'tsup';

// Node 20 cannot run TypeScript: the fuzzers are bundled to fuzz/dist, next to nothing that is published.
const COMMON: Options = {
  outDir: 'fuzz/dist',
  target: 'node20',
  clean: false,
  silent: true,
};

export default defineConfig([
  {
    ...COMMON,
    entry: { main: 'fuzz/main.ts', coverage: 'fuzz/coverage.ts' },
    format: ['esm'],
    sourcemap: true,
  },
  // What a coverage-guided fuzzer instruments is what `require` loads.
  { ...COMMON, entry: { target: 'fuzz/coverage-target.ts' }, format: ['cjs'] },
]);
