import { defineConfig } from 'tsup';

// Node 20 cannot run TypeScript: the benchmarks are bundled to bench/dist, next to nothing that is published.
export default defineConfig({
  entry: {
    run: 'bench/run.ts',
    child: 'bench/child.ts',
    'null-peer': 'bench/peers/null-peer.ts',
    leak: 'bench/leak.ts',
    'cutting-peer': 'bench/peers/cutting-peer.ts',
  },
  outDir: 'bench/dist',
  format: ['esm'],
  target: 'node20',
  external: [
    'mqtt',
    'mqtt-packet',
    'aws-crt',
    'u8-mqtt',
    'tinybench',
    'piscina',
    'ws',
    '@peculiar/x509',
    'reflect-metadata',
  ],
  splitting: true,
  sourcemap: true,
  clean: true,
  silent: true,
});
