import { boolean, integer, oneOf } from './kinds.js';
import { DURATION_MS_MAX, MIB, type OptionRows, U16_MAX } from './option-row.js';

/** Options of operations: what waits, for how long, and how much of it. One row each. */
export const OPERATION_OPTIONS = {
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
   * Requests that may wait for an answer at a time, 1…65536; more are refused with `GNEISS_ERR_QUEUE_FULL`. Default 1024. MQTT 5 only.
   */
  maximumOpenRequests: {
    ...integer(1, 65_536),
    default: 1024,
    side: 'main',
    doc: 'Requests that may wait for an answer at a time, 1…65536; more are refused with `GNEISS_ERR_QUEUE_FULL`.',
    version5: true,
  },
} as const satisfies OptionRows;
