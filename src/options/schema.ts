import { PACKET_SIZE_MAX } from '../codec/packet-types.js';
import type { Endpoint } from '../transport/route.js';
import { authenticator } from './authenticator.js';
import {
  aliasResolver,
  boolean,
  bytes,
  decision,
  integer,
  type Kind,
  moduleUrl,
  oneOf,
  signal,
  text,
  userPropertyPairs,
} from './kinds.js';
import { tls } from './tls.js';
import { webSocket } from './websocket.js';
import { will } from './will.js';

const U32_MAX = 0xffff_ffff;
const U16_MAX = 0xffff;
/** The longest delay that a timer of the platform takes. */
const DURATION_MS_MAX = 0x7fff_ffff;
const KIB = 1024;
const MIB = 1024 * KIB;

/** One row of {@link OPTIONS}, besides how its value is read. */
interface OptionRow extends Kind<unknown> {
  readonly default: unknown;
  /** The thread that reads it. */
  readonly side: 'worker' | 'main' | 'both';
  /** First sentence of the documentation. */
  readonly doc: string;
  readonly unit?: 's' | 'ms' | 'bytes';
  readonly min?: number;
  readonly max?: number;
  /** Set when MQTT 3.1.1 knows no such thing: there the option is refused. */
  readonly version5?: true;
  /** Section of MQTT 5.0. */
  readonly spec?: string;
}

/** Every option of a client: one row each. Types, parsing, defaults and documentation derive from it. */
export const OPTIONS = {
  /** Protocol version: 5 for MQTT 5.0, 4 for MQTT 3.1.1. Default 5. (§3.1.2.2) */
  protocolVersion: {
    ...oneOf(5, 4),
    default: 5,
    side: 'both',
    doc: 'Protocol version: 5 for MQTT 5.0, 4 for MQTT 3.1.1.',
    spec: '3.1.2.2',
  },
  /**
   * Client Identifier, at most 65535 bytes of UTF-8. Default '': the Server assigns one, which later
   * connections of this client use. With MQTT 3.1.1 an empty one can not have a Session that is
   * resumed. (§3.1.3.1)
   */
  clientId: {
    ...text(),
    default: '',
    side: 'worker',
    doc: 'Client Identifier, at most 65535 bytes of UTF-8.',
    spec: '3.1.3.1',
  },
  /**
   * When a connection resumes the Session: after the first success of this client, always, or never.
   * Default 'post-success': the first connection starts clean. `'always'` resumes even what an
   * earlier process left at the Server. (§3.1.2.4)
   */
  rejoinSession: {
    ...oneOf('post-success', 'always', 'never'),
    default: 'post-success',
    side: 'worker',
    doc: 'When a connection resumes the Session: after the first success of this client, always, or never.',
    spec: '3.1.2.4',
  },
  /**
   * Longest silence towards the Server, in seconds, 0…65535; 0 turns pings off. Default 60. The
   * Server may decide on another value. (§3.1.2.10)
   */
  keepAlive: {
    ...integer(0, U16_MAX),
    default: 60,
    side: 'worker',
    unit: 's',
    doc: 'Longest silence towards the Server, in seconds, 0…65535; 0 turns pings off.',
    spec: '3.1.2.10',
  },
  /** User Name, at most 65535 bytes of UTF-8. Default: that of the URL, or none. (§3.1.3.5) */
  username: {
    ...text(),
    default: undefined,
    side: 'worker',
    doc: 'User Name, at most 65535 bytes of UTF-8.',
    spec: '3.1.3.5',
  },
  /**
   * Password, at most 65535 bytes, copied; a string stands for its UTF-8. Default: that of the URL,
   * or none. MQTT 3.1.1 allows it only with a User Name. (§3.1.3.6)
   */
  password: {
    ...bytes(),
    default: undefined,
    side: 'worker',
    doc: 'Password, at most 65535 bytes, copied; a string stands for its UTF-8.',
    spec: '3.1.3.6',
  },
  /**
   * How long the Server keeps the Session after the connection, in seconds; 4294967295 is for ever.
   * Default 0. MQTT 5 only. (§3.1.2.11.2)
   */
  sessionExpiryInterval: {
    ...integer(0, U32_MAX),
    default: 0,
    side: 'both',
    unit: 's',
    doc: 'How long the Server keeps the Session after the connection, in seconds; 4294967295 is for ever.',
    version5: true,
    spec: '3.1.2.11.2',
  },
  /**
   * QoS 1 and 2 messages that the Server may have in flight to this client, 1…65535. Default 8192:
   * as many always find room on their way to the handlers, so that acknowledgements behind them are read, too. MQTT 5 only. (§3.1.2.11.3)
   */
  receiveMaximum: {
    ...integer(1, U16_MAX),
    default: 8192,
    side: 'worker',
    doc: 'QoS 1 and 2 messages that the Server may have in flight to this client, 1…65535.',
    version5: true,
    spec: '3.1.2.11.3',
  },
  /**
   * Largest packet taken from the Server, in bytes, 1…268435460. Default 16777216 (16 MiB), or
   * `inboundMemoryBytes` when that is less; it can not exceed that. A larger packet closes the
   * connection before its body is buffered, with MQTT 3.1.1 too. (§3.1.2.11.4)
   */
  maximumPacketSize: {
    ...integer(1, PACKET_SIZE_MAX),
    default: 16 * MIB,
    side: 'worker',
    unit: 'bytes',
    doc: 'Largest packet taken from the Server, in bytes, 1…268435460.',
    spec: '3.1.2.11.4',
  },
  /** Topic Aliases that the Server may use, 0…65535. Default 16. MQTT 5 only. (§3.1.2.11.5) */
  topicAliasMaximum: {
    ...integer(0, U16_MAX),
    default: 16,
    side: 'worker',
    doc: 'Topic Aliases that the Server may use, 0…65535.',
    version5: true,
    spec: '3.1.2.11.5',
  },
  /**
   * How publishes get a Topic Alias: never, the one that their caller asks for, or the least recently used one. Default 'manual'. With `'none'` and
   * `'lru'` the `topicAlias` of a publish is ignored. With `'lru'` a publish that an alias would make too large for the Server goes without. MQTT 5
   * only. (§3.3.2.3.4)
   */
  topicAliasPolicy: {
    ...oneOf('none', 'manual', 'lru'),
    default: 'manual',
    side: 'worker',
    doc: 'How publishes get a Topic Alias: never, the one that their caller asks for, or the least recently used one.',
    version5: true,
    spec: '3.3.2.3.4',
  },
  /**
   * Topics that `topicAliasPolicy: 'lru'` keeps an alias for, at most, 1…65535. Default 256. The Server may take fewer. MQTT 5 only.
   */
  topicAliasCacheSize: {
    ...integer(1, U16_MAX),
    default: 256,
    side: 'worker',
    doc: "Topics that `topicAliasPolicy: 'lru'` keeps an alias for, at most, 1…65535.",
    version5: true,
  },
  /**
   * Chooses aliases in place of a policy. Default: none. The URL of a module whose default export is a function that makes a `TopicAliasResolver`: the thread of
   * the protocol calls it once a client. With `thread: 'inline'` also a resolver itself. MQTT 5 only. (§3.3.2.3.4)
   */
  topicAliasResolver: {
    ...aliasResolver(),
    default: undefined,
    side: 'worker',
    doc: 'Chooses aliases in place of a policy.',
    version5: true,
    spec: '3.3.2.3.4',
  },
  /**
   * Whether the Server is asked for Response Information. Default false. MQTT 5 only. (§3.1.2.11.6)
   */
  requestResponseInformation: {
    ...boolean(),
    default: false,
    side: 'worker',
    doc: 'Whether the Server is asked for Response Information.',
    version5: true,
    spec: '3.1.2.11.6',
  },
  /**
   * Whether the Server may send Reason Strings and User Properties with failures. Default true. MQTT
   * 5 only. (§3.1.2.11.7)
   */
  requestProblemInformation: {
    ...boolean(),
    default: true,
    side: 'worker',
    doc: 'Whether the Server may send Reason Strings and User Properties with failures.',
    version5: true,
    spec: '3.1.2.11.7',
  },
  /**
   * User Properties of CONNECT: pairs of name and value, copied. Default: none. MQTT 5 only.
   * (§3.1.2.11.8)
   */
  userProperties: {
    ...userPropertyPairs(),
    default: undefined,
    side: 'worker',
    doc: 'User Properties of CONNECT: pairs of name and value, copied.',
    version5: true,
    spec: '3.1.2.11.8',
  },
  /**
   * Message that the Server publishes when the connection ends without a normal DISCONNECT. Default:
   * none. (§3.1.2.5)
   */
  will: {
    ...will(),
    default: undefined,
    side: 'worker',
    doc: 'Message that the Server publishes when the connection ends without a normal DISCONNECT.',
    spec: '3.1.2.5',
  },

  /**
   * How TLS is spoken with `mqtts://` and `wss://`: certificates, keys, versions. Default: the authorities that Node trusts, TLS 1.2 or later, the
   * certificate of the Server verified.
   */
  tls: {
    ...tls(),
    side: 'worker',
    doc: 'How TLS is spoken with `mqtts://` and `wss://`: certificates, keys, versions.',
  },
  /**
   * How WebSocket is spoken with `ws://` and `wss://`: headers, compression, limits. Default: no headers, no compression. (§6)
   */
  webSocket: {
    ...webSocket(),
    side: 'worker',
    doc: 'How WebSocket is spoken with `ws://` and `wss://`: headers, compression, limits.',
    spec: '6',
  },

  /**
   * Proves who the client is by enhanced authentication; runs on the thread of the client, anew for each connection. Default: none.
   * MQTT 5 only. (§4.12)
   */
  authenticator: {
    ...authenticator(),
    default: undefined,
    side: 'main',
    doc: 'Proves who the client is by enhanced authentication; runs on the thread of the client, anew for each connection.',
    version5: true,
    spec: '4.12',
  },

  /**
   * Time for one attempt to connect, from name resolution to CONNACK, in milliseconds,
   * 1…2147483647. Default 30000.
   */
  connectTimeoutMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for one attempt to connect, from name resolution to CONNACK, in milliseconds, 1…2147483647.',
  },
  /**
   * Time for the Server to answer a PINGREQ, in milliseconds, 1…2147483647. Default 10000, and never
   * more than half of the keep-alive.
   */
  pingTimeoutMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 10_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for the Server to answer a PINGREQ, in milliseconds, 1…2147483647.',
  },
  /**
   * Time for the operating system to take a write, in milliseconds, 0…2147483647; 0 for no limit. A
   * Server that stops reading is noticed by it, with `keepAlive` 0, too. Default 30000; a write of
   * more than 1 MiB has as much for each MiB.
   */
  writeTimeoutMs: {
    ...integer(0, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for the operating system to take a write, in milliseconds, 0…2147483647; 0 for no limit.',
  },
  /**
   * Time for a re-authentication, in milliseconds, 1…2147483647; one that takes longer closes the connection. Default 30000.
   */
  reauthenticationTimeoutMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Time for a re-authentication, in milliseconds, 1…2147483647; one that takes longer closes the connection.',
  },
  /**
   * First delay before connecting again, in milliseconds, 1…2147483647; it doubles with each
   * failure. Default 1000. The delay actually waited is random, from 0 up to this.
   */
  reconnectDelayMinMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 1000,
    side: 'worker',
    unit: 'ms',
    doc: 'First delay before connecting again, in milliseconds, 1…2147483647; it doubles with each failure.',
  },
  /**
   * Longest delay before connecting again, in milliseconds, 1…2147483647. Default 120000. Not less
   * than `reconnectDelayMinMs`.
   */
  reconnectDelayMaxMs: {
    ...integer(1, DURATION_MS_MAX),
    default: 120_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Longest delay before connecting again, in milliseconds, 1…2147483647.',
  },
  /**
   * Life of a connection after which the delay starts over, in milliseconds, 0…2147483647. Default
   * 30000.
   */
  reconnectResetMs: {
    ...integer(0, DURATION_MS_MAX),
    default: 30_000,
    side: 'worker',
    unit: 'ms',
    doc: 'Life of a connection after which the delay starts over, in milliseconds, 0…2147483647.',
  },
  /**
   * Decides after each failure whether to connect again; runs on the thread of the client. Default:
   * always, with the longest delay after refusals that waiting hardly heals.
   */
  shouldReconnect: {
    ...decision(),
    default: undefined,
    side: 'main',
    doc: 'Decides after each failure whether to connect again; runs on the thread of the client.',
  },
  /**
   * Whether `connect()` goes on after a failed first attempt instead of rejecting. Default false.
   */
  retryInitialConnect: {
    ...boolean(),
    default: false,
    side: 'main',
    doc: 'Whether `connect()` goes on after a failed first attempt instead of rejecting.',
  },
  /**
   * Which operations wait while there is no connection; others fail. Default 'acknowledged':
   * publishes of QoS 1 and 2, subscribes and unsubscribes. `'qos1-plus'` keeps publishes of QoS 1 and
   * 2 only.
   */
  offlineQueue: {
    ...oneOf('all', 'acknowledged', 'qos1-plus', 'nothing'),
    default: 'acknowledged',
    side: 'worker',
    doc: 'Which operations wait while there is no connection; others fail.',
  },
  /**
   * How well-formed misbehaviour of the Server that harms nothing is met: let pass and counted, or taken for a Protocol
   * Error that closes the connection. Default 'forgiving'. What counts as harmless is listed in the README; all else closes the
   * connection in both modes. `'strict'` looks up the subscriptions of each message, which costs time. (§4.13)
   */
  compliance: {
    ...oneOf('forgiving', 'strict'),
    default: 'forgiving',
    side: 'worker',
    doc: 'How well-formed misbehaviour of the Server that harms nothing is met: let pass and counted, or taken for a Protocol Error that closes the connection.',
    spec: '4.13',
  },
  /**
   * What becomes of a publish that finds no room among those that wait for a connection: it is rejected with `GNEISS_ERR_QUEUE_FULL`,
   * waits for room, or is dropped, it or the oldest, with `GNEISS_ERR_DROPPED`. Default 'reject'.
   */
  offlineQueueFull: {
    ...oneOf('reject', 'wait', 'drop-oldest', 'drop-newest'),
    default: 'reject',
    side: 'both',
    doc: 'What becomes of a publish that finds no room among those that wait for a connection: it is rejected with `GNEISS_ERR_QUEUE_FULL`, waits for room, or is dropped, it or the oldest, with `GNEISS_ERR_DROPPED`.',
  },
  /**
   * Publishes that may wait for a connection, 1…1048576. Default 65536, or what `maximumPendingOperations` says otherwise, which it
   * can not exceed; half of that where messages are dropped.
   */
  offlineQueueMaximumMessages: {
    ...integer(1, 1_048_576),
    default: 65_536,
    side: 'both',
    doc: 'Publishes that may wait for a connection, 1…1048576.',
  },
  /**
   * Bytes of the publishes that may wait for a connection, 1…1073741824. Default 16777216 (16 MiB), or what `outboundMemoryBytes`
   * says otherwise, which it can not exceed; a quarter of that where messages are dropped.
   */
  offlineQueueMaximumBytes: {
    ...integer(1, 1024 * MIB),
    default: 16 * MIB,
    side: 'both',
    unit: 'bytes',
    doc: 'Bytes of the publishes that may wait for a connection, 1…1073741824.',
  },
  /**
   * Publishes that may wait for room with `offlineQueueFull: 'wait'`, 1…1048576; more are refused with `GNEISS_ERR_QUEUE_FULL`.
   * Default 1024. What they hold is copied, and takes as much memory as `outboundMemoryBytes` says at most.
   */
  maximumWaitingPublishes: {
    ...integer(1, 1_048_576),
    default: 1024,
    side: 'main',
    doc: "Publishes that may wait for room with `offlineQueueFull: 'wait'`, 1…1048576; more are refused with `GNEISS_ERR_QUEUE_FULL`.",
  },
  /**
   * Whether subscriptions are made again when the Server has lost the Session. Default true. When false
   * they end, and the event `subscriptionLost` tells of each with `GNEISS_ERR_SESSION_LOST`.
   */
  resubscribe: {
    ...boolean(),
    default: true,
    side: 'main',
    doc: 'Whether subscriptions are made again when the Server has lost the Session.',
  },
  /**
   * What waits once as many publishes are in flight as may be: further publishes of QoS 1 and 2 only, or everything behind the
   * first of them. Default 'specification': only they. `'fifo'` keeps the order of all operations. (§4.9)
   */
  flowControl: {
    ...oneOf('specification', 'fifo'),
    default: 'specification',
    side: 'worker',
    doc: 'What waits once as many publishes are in flight as may be: further publishes of QoS 1 and 2 only, or everything behind the first of them.',
    spec: '4.9',
  },
  /**
   * Publishes of QoS 1 and 2 in flight at once, 1…65535; further ones wait. Default 65535. With MQTT 5 the Receive Maximum of
   * the Server bounds them, too; MQTT 3.1.1 has nothing of the kind, and some Servers cut a client off that has too many.
   */
  maximumInflight: {
    ...integer(1, U16_MAX),
    default: U16_MAX,
    side: 'worker',
    doc: 'Publishes of QoS 1 and 2 in flight at once, 1…65535; further ones wait.',
  },
  /**
   * Whether operations that a lost connection interrupted are sent one at a time, each when the one before has ended. Default
   * false. Everything else waits for them: a Server that closes the connection over one of them does so over that one alone.
   */
  slowStart: {
    ...boolean(),
    default: false,
    side: 'worker',
    doc: 'Whether operations that a lost connection interrupted are sent one at a time, each when the one before has ended.',
  },
  /**
   * How often an operation may be sent again because the connection was lost while it was unacknowledged, 0…65535. Default:
   * without limit. The next loss fails it with `GNEISS_ERR_RETRIES_EXHAUSTED`, whatever `offlineQueue` says and the Session keeps.
   */
  maximumInterruptedRetries: {
    ...integer(0, U16_MAX),
    default: undefined,
    side: 'worker',
    doc: 'How often an operation may be sent again because the connection was lost while it was unacknowledged, 0…65535.',
  },
  /**
   * Time for the Server to acknowledge an operation once it was sent, in milliseconds, 0…2147483647;
   * 0 for no limit. Default 0. Each operation can have its own.
   */
  ackTimeoutMs: {
    ...integer(0, DURATION_MS_MAX),
    default: 0,
    side: 'main',
    unit: 'ms',
    doc: 'Time for the Server to acknowledge an operation once it was sent, in milliseconds, 0…2147483647; 0 for no limit.',
  },
  /**
   * Time for pending operations to complete when the client stops, in milliseconds, 0…2147483647.
   * Default 5000.
   */
  closeTimeoutMs: {
    ...integer(0, DURATION_MS_MAX),
    default: 5000,
    side: 'main',
    unit: 'ms',
    doc: 'Time for pending operations to complete when the client stops, in milliseconds, 0…2147483647.',
  },

  /**
   * Operations that may be pending at a time, 16…1048576; more are refused with
   * `GNEISS_ERR_QUEUE_FULL`. Default 65536. Rounded up to a power of two.
   */
  maximumPendingOperations: {
    ...integer(16, 1_048_576),
    default: 65_536,
    side: 'both',
    doc: 'Operations that may be pending at a time, 16…1048576; more are refused with `GNEISS_ERR_QUEUE_FULL`.',
  },
  /**
   * Memory for messages on their way to the Server, in bytes, 524288…1073741824. Default 16777216
   * (16 MiB). When it is used up, publishes are refused with `GNEISS_ERR_QUEUE_FULL`. Together with
   * `inboundMemoryBytes` at most 1879048192.
   */
  outboundMemoryBytes: {
    ...integer(512 * KIB, 1024 * MIB),
    default: 16 * MIB,
    side: 'main',
    unit: 'bytes',
    doc: 'Memory for messages on their way to the Server, in bytes, 524288…1073741824.',
  },
  /**
   * Memory for messages on their way to handlers, in bytes, 524288…1073741824. Default 16777216 (16
   * MiB). When it is used up, nothing more is read from the Server until handlers give some back.
   */
  inboundMemoryBytes: {
    ...integer(512 * KIB, 1024 * MIB),
    default: 16 * MIB,
    side: 'main',
    unit: 'bytes',
    doc: 'Memory for messages on their way to handlers, in bytes, 524288…1073741824.',
  },
  /**
   * Where the protocol runs: in a worker thread, or inline on the thread of the client. Default
   * 'worker'.
   */
  thread: {
    ...oneOf('worker', 'inline'),
    default: 'worker',
    side: 'main',
    doc: 'Where the protocol runs: in a worker thread, or inline on the thread of the client.',
  },
  /**
   * Where the worker module is, for bundlers that move it. Default: next to the library.
   */
  workerUrl: {
    ...moduleUrl(),
    default: undefined,
    side: 'main',
    doc: 'Where the worker module is, for bundlers that move it.',
  },
  /**
   * When a message is acknowledged: when its handler is done, or by `message.acknowledge()`. Default
   * 'handled'.
   */
  ackMode: {
    ...oneOf('handled', 'manual'),
    default: 'handled',
    side: 'main',
    doc: 'When a message is acknowledged: when its handler is done, or by `message.acknowledge()`.',
  },
  /**
   * Aborts `connect()` while the first connection is being made. Default: none.
   */
  signal: {
    ...signal(),
    default: undefined,
    side: 'main',
    doc: 'Aborts `connect()` while the first connection is being made.',
  },
} as const satisfies Readonly<Record<string, OptionRow>>;

type Rows = typeof OPTIONS;

/** The name of a row of {@link OPTIONS}. */
export type OptionName = keyof Rows;

type InputOf<Row> = Row extends Kind<infer _Parsed, infer Input> ? Input : never;

type ParsedOf<Row> =
  Row extends Kind<infer Parsed, infer _Input>
    ? Row extends { readonly default: undefined }
      ? Parsed | undefined
      : Parsed
    : never;

/** The options of a client. All of them may be left out. */
export type ClientOptions = {
  readonly [Name in keyof Rows]?: InputOf<Rows[Name]> | undefined;
};

/** The options that the thread of the client reads, every default filled in. */
export type MainOptions = {
  readonly [Name in keyof Rows as Rows[Name]['side'] extends 'main' | 'both'
    ? Name
    : never]: ParsedOf<Rows[Name]>;
};

/** The options that the worker thread reads, every default filled in. Survives the structured clone. */
export type WorkerOptions = {
  readonly [Name in keyof Rows as Rows[Name]['side'] extends 'worker' | 'both'
    ? Name
    : never]: ParsedOf<Rows[Name]>;
} & {
  readonly endpoint: Endpoint;
  /** That of the authenticator, which itself stays on the thread of the client. */
  readonly authenticationMethod: string | undefined;
};

/** All options parsed, split by the thread that reads them. */
export interface ResolvedOptions {
  readonly main: MainOptions;
  readonly worker: WorkerOptions;
}
