/** One message that the application publishes. */
export interface PublishedMessage {
  readonly number: number;
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly alias: number;
  /** Seconds; -1: none. */
  readonly expiry: number;
  readonly publishedAt: number;
  /** The same on the clock of the main thread, which may be ahead in code that takes long. */
  readonly publishedAtMain: number;
  /** 0: none. */
  readonly ackTimeoutMs: number;
  /** Somebody waits for it. */
  readonly isAwaited: boolean;
  state: 'pending' | 'resolved' | 'rejected';
  /** The code of the error that it was rejected with. */
  code: string;
  settledAt: number;
  /** How often it had been written when it was settled. */
  writtenBefore: number;
  /** How often it was settled. */
  settlements: number;
  /** When it was last written; 0: it was not. */
  sentAt: number;
  /** How often it was written, over all connections. */
  written: number;
  /** The Session that has carried it last; 0: none. */
  session: number;
  /** How often the Server has taken it. */
  taken: number;
  /** A Session that had it was lost: what became of it there is not known. */
  isUncertain: boolean;
  /** How many connections broke over it; and how many may have, if the client did not look at the answer any more. */
  interruptions: number;
  interruptionsMost: number;
  /** The Server has refused it. */
  isRefused: boolean;
  /** The Server has taken it for a message of an earlier process. */
  isMistaken: boolean;
}

/** One message of the Server. */
export interface ReceivedMessage {
  readonly number: number;
  readonly qos: number;
  readonly topic: string;
  readonly firstSentAt: number;
  /** Packets that have come. */
  arrivals: number;
  /** Handlers that have begun, and ended, with it. */
  begun: number;
  ended: number;
  failed: boolean;
  /** One who has it acknowledges by hand. */
  isByHand: boolean;
  /** How often each subscription was given it. */
  readonly takers: Map<number, number>;
}
