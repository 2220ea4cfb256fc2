import { defineConfig } from 'tsup';

// Node 20 cannot run TypeScript: the fuzzers are bundled to fuzz/dist, next to nothing that is published.
export default defineConfig({
  entry: { main: 'fuzz/main.ts' },
  outDir: 'fuzz/dist',
  format: ['esm'],
  target: 'node20',
  splitting: true,
  sourcemap: true,
  clean: true,
  silent: true,
});
