import type { ClientOptions } from '../../src/options/schema.js';
import type { AskerSwarm } from './application/asker.js';
import type { AuthenticationSwarm } from './application/authenticator.js';
import type { Knobs } from './world/knobs.js';

/** How the network of one history behaves. Times in milliseconds, rates per connection or per event. */
export interface NetworkSwarm {
  readonly latencyMs: number;
  readonly flushMs: number;
  readonly splits: 'whole' | 'anywhere' | 'bytes';
  readonly chunks: boolean;
  /** What the Server sends at once comes in one piece. */
  readonly joins: boolean;
  readonly refusals: number;
  readonly swallowedAttempts: number;
  /** How many connections are cut, and after how many bytes at most. */
  readonly cuts: number;
  readonly cutBytesMax: number;
  readonly halfOpen: number;
  readonly stalls: number;
  /** Whether the worker is held up now and then, mostly while it waits for PINGRESP. */
  readonly holdsUp: boolean;
}

/** What the Server of one history offers, and how it behaves. */
export interface BrokerSwarm {
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly topicAliasMaximum: number;
  readonly maximumQos: 0 | 1 | 2;
  readonly retainAvailable: boolean;
  readonly wildcards: boolean;
  readonly identifiers: boolean;
  readonly shared: boolean;
  readonly serverKeepAlive: number;
  readonly answerMs: number;
  readonly shuffles: boolean;
  readonly forgetsSession: number;
  readonly refusesConnect: number;
  readonly refusesPublish: number;
  readonly refusesSubscribe: number;
  readonly disconnects: number;
  readonly violations: number;
  readonly aliases: boolean;
  readonly explains: boolean;
  readonly packetIds: number;
  /** How often clients are sent elsewhere, and where. */
  readonly referrals: number;
  readonly references: readonly string[];
}

/** The list of Servers, all of which have the Session. */
export interface ServersSwarm {
  readonly hosts: readonly string[];
  /** Where nobody listens until the faults are over. */
  readonly down: readonly string[];
}

/** What the application of one history does. */
export interface ApplicationSwarm {
  readonly actions: number;
  readonly pauseMs: number;
  readonly inbound: number;
  /** Messages that other clients publish at once, at most. */
  readonly inboundBurst: number;
  readonly payloadMax: number;
  readonly handlers: readonly HandlerKind[];
  readonly handlerMs: number;
  readonly qosWeights: readonly (0 | 1 | 2)[];
  readonly aliases: boolean;
  readonly expiry: boolean;
  readonly aborts: number;
  readonly ackTimeouts: number;
  readonly stops: number;
  readonly subscribes: number;
  readonly unawaited: number;
  readonly bursts: number;
  /** How the history ends: drained and then closed, or closed in the middle. */
  readonly ending: 'drain' | 'close' | 'destroy';
}

export type HandlerKind =
  | 'returns'
  | 'awaits'
  | 'throws'
  | 'rejects'
  | 'blocks'
  | 'manual'
  | 'iterates'
  | 'retains';

/** What an earlier process of the client has left at the Server when it died. */
export interface InheritanceSwarm {
  readonly filters: readonly string[];
  /** Messages to it whose exchanges had begun, or were about to. */
  readonly underWay: number;
  /** Messages to it that had to wait. */
  readonly waiting: number;
  /** QoS 2 messages of it that the Server has taken, and that were not released. */
  readonly unreleased: number;
  /** More of them, for which the Server sends PUBREC again. */
  readonly pubrecs: number;
  /** When somebody listens to what no subscription takes, in milliseconds; null: not before the faults are over. */
  readonly listensAfterMs: number | null;
}

/** One point in the space of all configurations: each feature is on or off, each limit tiny or large. */
export interface Swarm {
  readonly version: 4 | 5;
  readonly options: ClientOptions;
  readonly knobs: Knobs;
  readonly portDelayMs: number;
  readonly network: NetworkSwarm;
  readonly broker: BrokerSwarm;
  readonly application: ApplicationSwarm;
  /** Null: there is one Server. */
  readonly servers: ServersSwarm | null;
  /** Null: attempts are made with the options. */
  readonly asker: AskerSwarm | null;
  /** Null: the client is the first one of its name. */
  readonly inheritance: InheritanceSwarm | null;
  /** Null: there is no enhanced authentication. */
  readonly authentication: AuthenticationSwarm | null;
}
