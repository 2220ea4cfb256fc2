import type { Plan } from './plan.js';

/** A client as a load generator uses it; there is one of each library that can be measured. */
export interface LoadClient {
  /** Publishes at the QoS of the plan. `done` gets an error, or null once it was acknowledged. */
  publish(payload: Uint8Array, done: (error: Error | null) => void): void;
  /** Publishes at QoS 0. False: there is no room. */
  tryPublish(payload: Uint8Array): boolean;
  /** Resolves when there may be room again. */
  ready(): Promise<void>;
  /** The payload is valid until the handler returns. */
  subscribe(filter: string, handler: (payload: Uint8Array) => void): Promise<void>;
  /** Loses the connection, as a broken network does, and resolves when it is made again. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a client, and resolves when the broker has accepted it. `lost` is called when a connection ends that was not to end. */
export type ConnectClient = (index: number, lost: () => void) => Promise<LoadClient>;

/** Names of clients and topics. */
export interface Naming {
  readonly clientId: (index: number) => string;
  readonly topic: (index: number) => string;
  /** A filter that matches the topics of all publishers. */
  readonly filter: string;
}

/** Fills in `%i`, `%c` and `%u`. @param run Tells the clients of this run from those of others. */
export function toNaming(
  plan: Plan,
  clientId: string | undefined,
  username: string,
  run: number,
): Naming {
  const pattern = clientId ?? `gneiss-${run.toString(16)}-%i`;
  const name = (index: number): string =>
    pattern.includes('%i') || index === 0
      ? pattern.replaceAll('%i', `${index}`)
      : `${pattern}-${index}`;
  const fill = (index: string, id: string): string =>
    plan.topic.replaceAll('%i', index).replaceAll('%c', id).replaceAll('%u', username);
  return {
    clientId: name,
    topic: (index) => fill(`${index}`, name(index)),
    // A placeholder is a level, or part of one: then the whole level is open.
    filter: plan.topic
      .split('/')
      .map((level) => (/%[ic]/.test(level) ? '+' : level.replaceAll('%u', username)))
      .join('/'),
  };
}
