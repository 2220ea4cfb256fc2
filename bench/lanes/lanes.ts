import { connectLane, idleLane, reconnectLane } from './connecting.js';
import { floodLane } from './flood.js';
import type { Lane } from './lane.js';
import { callCostLane, latencyLane } from './latency.js';
import { USUAL } from './load.js';
import { type LoadRow, loadLane } from './load-lane.js';

const KIB = 1 << 10;
const MIB = 1 << 20;

/** What is unusual about a load, one thing at a time, in both directions. QoS 2 is tried with the payloads alone. */
const ROWS: readonly LoadRow[] = (['publish', 'receive'] as const).flatMap((direction) => [
  ...([0, 1, 2] as const).flatMap((qos): readonly LoadRow[] => [
    ...[USUAL.payloadBytes, 16, KIB, 64 * KIB, MIB].map((payloadBytes) => ({
      direction,
      qos,
      payloadBytes,
    })),
    { direction, qos, version: 4 },
  ]),
  ...([0, 1] as const).flatMap((qos): readonly LoadRow[] => [
    ...[1, 10, 1_000].map((topics) => ({ direction, qos, topics })),
    { direction, qos, extras: 'properties' },
    { direction, qos, extras: 'aliases' },
    ...[8, 64, 512].map((clients) => ({ direction, qos, clients })),
    ...(['mqtts', 'ws'] as const).flatMap((road): readonly LoadRow[] => [
      { direction, qos, road },
      { direction, qos, road, payloadBytes: 64 * KIB },
      { direction, qos, road, rate: 50_000 },
    ]),
    ...[1_000, 10_000, 100_000].map((rate) => ({ direction, qos, rate })),
  ]),
]);

/** Lanes of rows that run without being named: each thing that can be unusual at least once, in a quarter of an hour. */
const CORE: ReadonlySet<string> = new Set([
  ...['publish', 'receive'].flatMap((direction) => [
    ...['qos0', 'qos1', 'qos2'].map((qos) => `${direction}-${qos}`),
    `${direction}-qos1-1KiB`,
    `${direction}-qos0-64KiB`,
    `${direction}-qos0-1000topics`,
    `${direction}-qos0-properties`,
    `${direction}-qos0-mqtts`,
    `${direction}-qos0-ws`,
    `${direction}-qos1-8clients`,
  ]),
  'publish-qos1-v311',
  'receive-qos0-aliases',
  'receive-qos0-100k',
  'receive-qos0-mqtts-50k',
  'receive-qos0-ws-50k',
  'publish-qos1-10k',
]);

/** All lanes, in the order of a report. */
export const LANES: readonly Lane[] = [
  ...ROWS.map((row) => loadLane(row, CORE)),
  callCostLane('publish-call', USUAL.payloadBytes),
  latencyLane('round-trip', USUAL.payloadBytes),
  connectLane('connect', 1),
  connectLane('connect-32', 32),
  reconnectLane('reconnect-10k', 10_000),
  idleLane('idle-512', 512),
  floodLane('flood-blocking', 'blocking', USUAL.payloadBytes),
  floodLane('flood-awaited', 'awaited', USUAL.payloadBytes),
];
