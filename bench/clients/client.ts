import type { Extras } from '../peers/frames.js';
import type { Qos, Version } from '../peers/packets.js';

/** Who is measured. `raw` is a bare socket: it shows what the peer and this machine allow. */
export const CLIENT_NAMES = [
  'raw',
  'mqttjs',
  'mqttjs-silent',
  'aws-crt',
  'u8-mqtt',
  'gneiss',
  'gneiss-inline',
] as const;

/** A measured client's name. */
export type ClientName = (typeof CLIENT_NAMES)[number];

/** How a client is to be. */
export interface ClientSettings {
  readonly url: string;
  readonly clientId: string;
  readonly version: Version;
  /** What its publishes have besides topic and payload. */
  readonly extras: Extras;
  /** It shares the process with others, and must be content with less memory. */
  readonly isOneOfMany: boolean;
  /** It connects again at once when the connection is lost, and goes on with its Session. */
  readonly resumes: boolean;
}

/** What a client's own counters say; only differences between two readings mean anything. */
export interface Counters {
  readonly portPosts: number;
  readonly socketWrites: number;
  readonly socketReads: number;
  readonly copiesOut: number;
  readonly copiesIn: number;
}

/** Takes one received payload, a view that is valid until the handler returns or its promise settles. */
export type PayloadHandler = (payload: Uint8Array) => void | Promise<void>;

/** A connected MQTT client, each used the way its documentation says is fastest. */
export interface BenchClient {
  /** How many promises pending at once suit the client best. */
  readonly window: number;
  /**
   * Publishes at QoS 0 until `deadline` (of performance.now), with as little per message as the client can do and
   * its back-pressure observed. Resolves with the number of messages.
   */
  flood(topics: readonly string[], payload: Uint8Array, deadline: number): Promise<number>;
  /** One QoS 0 publish call that waits for nothing; false when the client is full. */
  post(topic: string, payload: Uint8Array): boolean;
  /** Publishes at QoS 1 or 2; settles when the delivery is complete. */
  publish(topic: string, payload: Uint8Array, qos: Qos): Promise<unknown>;
  /** Subscribes; `awaited` says that the handler returns promises and a message is done when its promise settles. */
  subscribe(filter: string, qos: Qos, handler: PayloadHandler, awaited: boolean): Promise<void>;
  /** The client's counters; null where it has none. */
  counters(): Counters | null;
  /** Resolves when the connection is lost. */
  lost(): Promise<void>;
  /** Disconnects for good. */
  close(): Promise<void>;
}

/** Calls between two looks at the clock: fewer of large messages, so that a run ends in time. */
export function callsPerTurn(payload: Uint8Array): number {
  return Math.max(1, Math.min(256, Math.floor((1 << 21) / payload.length)));
}
