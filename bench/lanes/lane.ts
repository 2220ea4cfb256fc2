import type { BenchClient, ClientName, ClientSettings } from '../clients/client.js';
import { openClient } from '../clients/open.js';
import type { PeerMode } from '../peers/null-peer.js';
import type { Road } from '../peers/roads.js';
import type { Measures } from './metrics.js';

/** Everything a run depends on; travels to the child process that is the run. */
export interface LaneContext {
  readonly lane: string;
  readonly client: ClientName;
  /** Address of the peer. */
  readonly url: string;
  readonly warmupSeconds: number;
  readonly seconds: number;
}

/** What one run found. */
export interface RunResult {
  readonly measures: Measures;
  /** Messages published in all, which the peer must have received. */
  readonly published?: number;
}

/** One thing that is measured. */
export interface Lane {
  readonly name: string;
  /** What is done, in a line for the report. */
  readonly title: string;
  readonly peer: PeerMode;
  readonly road: Road;
  readonly clients: readonly ClientName[];
  /** It runs without being named. */
  readonly isCore: boolean;
  /** Takes the place of the run's seconds and repetitions, except in a short run. */
  readonly seconds?: number;
  readonly repetitions?: number;
  run(context: LaneContext): Promise<RunResult>;
}

/** Settings of a run's client that are not the usual ones. */
export type Unusual = Partial<Omit<ClientSettings, 'url'>>;

/** Connects the client that a run measures; the raw one has lanes of its own. */
export function openFor({ client, url }: LaneContext, unusual: Unusual = {}): Promise<BenchClient> {
  return openClient(client, {
    url,
    clientId: 'bench',
    version: 5,
    extras: 'none',
    isOneOfMany: false,
    resumes: false,
    ...unusual,
  });
}

/** Waits. */
export function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, seconds * 1_000);
  });
}
