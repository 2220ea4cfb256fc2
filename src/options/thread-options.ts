import { integer, moduleUrl, oneOf } from './kinds.js';
import { KIB, MIB, type OptionRows } from './option-row.js';

/** Options of the two threads: where they run, and the memory between them. One row each. */
export const THREAD_OPTIONS = {
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
   * Where the worker module is when a bundler has moved it: a URL, or an absolute path. Default: next
   * to the library.
   */
  workerUrl: {
    ...moduleUrl(),
    default: undefined,
    side: 'main',
    doc: 'Where the worker module is when a bundler has moved it: a URL, or an absolute path.',
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
} as const satisfies OptionRows;
