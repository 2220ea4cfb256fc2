import type { BenchClient } from '../clients/client.js';
import type { Shape } from '../peers/frames.js';
import type { Road } from '../peers/roads.js';
import { type LaneContext, openFor } from './lane.js';

/** A load in one direction: a row of the table of lanes. */
export interface Load extends Shape {
  readonly direction: 'publish' | 'receive';
  readonly road: Road;
  /** Clients in the measured process. */
  readonly clients: number;
  /** Messages a second, sent every millisecond; null for as many as possible. */
  readonly rate: number | null;
}

/** What a load is where its row says nothing else. */
export const USUAL = {
  payloadBytes: 128,
  topics: 16,
  version: 5,
  extras: 'none',
  road: 'mqtt',
  clients: 1,
  rate: null,
} as const satisfies Omit<Load, 'direction' | 'qos'>;

/** Connects the clients of a load. */
export function openAll(context: LaneContext, load: Load): Promise<readonly BenchClient[]> {
  const { version, extras, clients } = load;
  const isOneOfMany = clients > 1;
  return Promise.all(
    Array.from({ length: clients }, (_, index) =>
      openFor(context, { clientId: `bench-${index}`, version, extras, isOneOfMany }),
    ),
  );
}
