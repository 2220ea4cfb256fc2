import { resolve } from 'node:path';
import type { Options } from 'tsup';
import { type Replacement, simulatorPlugin } from './bundle-plugin.js';

/**
 * How the simulator is bundled, with the client in it.
 *
 * @param outDir   Below the project, which is the current directory.
 * @param planted  A defect that this bundle has.
 */
export function simulatorBundle(outDir: string, planted: Replacement | null): Options {
  const root = process.cwd();
  return {
    entry: {
      main: resolve(root, 'test/sim/main.ts'),
      history: resolve(root, 'test/sim/history.ts'),
    },
    outDir,
    format: ['esm'],
    target: 'node20',
    external: ['tsup', 'piscina'],
    splitting: true,
    sourcemap: 'inline',
    clean: true,
    silent: true,
    config: false,
    esbuildPlugins: [simulatorPlugin(root, planted)],
    esbuildOptions(options) {
      options.inject = [resolve(root, 'test/sim/world/globals.ts')];
      options.define = { 'Math.random': 'mathRandom', 'Date.now': 'dateNow' };
    },
  };
}
