/**
 * What the configuration of a bundler needs that takes the package in: `gneiss-mqtt/bundling`.
 *
 * @module gneiss-mqtt/bundling
 */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * For the configuration of a bundler that takes the package in: the files that run on worker threads, as further entries. Their
 * output, under these names, belongs beside the bundle; the option `workerUrl` names `mqtt-worker`.
 */
export const workerEntries: Readonly<Record<'mqtt-worker' | 'worker', string>> = {
  'mqtt-worker': fileURLToPath(new URL('../workers/mqtt-worker.js', import.meta.url)),
  // Where a thread of piscina begins. It is looked for under this name in the folder of the code of piscina.
  worker: join(dirname(createRequire(import.meta.url).resolve('piscina')), 'worker.js'),
};
