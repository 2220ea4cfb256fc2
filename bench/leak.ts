import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type * as Gneiss from '../src/index.js';

/** Cycles between two readings. */
const STRIDE = 500;
const PACKAGE: string = 'gneiss-mqtt';

/** What must not grow with the number of connections. */
interface Reading {
  readonly cycles: number;
  readonly heapKiB: number;
  readonly residentKiB: number;
  readonly handles: number;
  readonly descriptors: number;
}

/** Growth per 1,000 cycles, by least squares over the later half: the earlier one fills caches and compiles code. */
function slope(readings: readonly Reading[], value: (reading: Reading) => number): number {
  const later = readings.slice(Math.floor(readings.length / 2));
  const meanX = later.reduce((sum, { cycles }) => sum + cycles, 0) / later.length;
  const meanY = later.reduce((sum, reading) => sum + value(reading), 0) / later.length;
  let covariance = 0;
  let variance = 0;
  for (const reading of later) {
    covariance += (reading.cycles - meanX) * (value(reading) - meanY);
    variance += (reading.cycles - meanX) ** 2;
  }
  return (1000 * covariance) / variance;
}

function read(cycles: number): Reading {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  return {
    cycles,
    heapKiB: heapUsed / 1024,
    residentKiB: rss / 1024,
    handles: process.getActiveResourcesInfo().length,
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

/** One client that a Server accepts and cuts, again and again. Inline: its heap is the one that is read. */
async function cycle(url: string, ca: string | undefined, count: number): Promise<Reading[]> {
  const { MqttClient } = (await import(PACKAGE)) as typeof Gneiss;
  const client = new MqttClient(url, {
    thread: 'inline',
    reconnectDelayMinMs: 1,
    reconnectDelayMaxMs: 1,
    ...(ca !== undefined && { tls: { ca } }),
  });
  const readings: Reading[] = [];
  await new Promise<void>((resolve) => {
    let cycles = 0;
    client.on('disconnection', () => {
      if (++cycles % STRIDE === 0) readings.push(read(cycles));
      if (cycles === count) resolve();
    });
    client.start();
  });
  client.destroy();
  return readings;
}

const peer = fork(fileURLToPath(new URL('./cutting-peer.js', import.meta.url)));
const [{ ports, ca }] = (await once(peer, 'message')) as [
  { readonly ports: Readonly<Record<string, number>>; readonly ca: string },
];
const counts = { mqtt: 20_000, mqtts: 20_000, ws: 20_000 };
for (const [road, count] of Object.entries(counts)) {
  const readings = await cycle(`${road}://127.0.0.1:${ports[road]}`, ca, count);
  const [first] = readings;
  const last = readings.at(-1);
  const growth = {
    'heap KiB': slope(readings, ({ heapKiB }) => heapKiB),
    'resident KiB': slope(readings, ({ residentKiB }) => residentKiB),
    handles: slope(readings, ({ handles }) => handles),
    descriptors: slope(readings, ({ descriptors }) => descriptors),
  };
  process.stdout.write(`${road}: ${count} cycles; growth per 1,000: ${JSON.stringify(growth)}\n`);
  process.stdout.write(`  first ${JSON.stringify(first)}\n  last  ${JSON.stringify(last)}\n`);
}
peer.disconnect();
