import { text, traceContextSource } from './kinds.js';
import { logger } from './logger.js';
import type { OptionRows } from './option-row.js';
import { packetTap } from './packet-tap.js';

/** Options of what a client tells of itself. One row each. */
export const OBSERVABILITY_OPTIONS = {
  /** The name of the client in logs and diagnostics. Default: its `clientId`, or without one `client-` and a number of its own in this process. */
  name: {
    ...text(),
    default: undefined,
    side: 'main',
    doc: 'The name of the client in logs and diagnostics.',
  },
  /**
   * Where the client logs what happens to it: a logger of `pino`, or any other with its methods. Default:
   * none, or with `NODE_DEBUG=gneiss-mqtt` the standard error output. Nothing is logged for each message, and no credentials or payloads.
   * See {@link Logger}.
   */
  logger: {
    ...logger(),
    default: undefined,
    side: 'main',
    doc: 'Where the client logs what happens to it: a logger of `pino`, or any other with its methods.',
  },
  /**
   * Gives the trace context (W3C) that a publish is to carry in its User Properties; called with each publish, on the thread of the client. Default:
   * none. It returns an object with `traceparent` and perhaps `tracestate`, as what OpenTelemetry injects into a carrier; without one nothing is added.
   * MQTT 5 only.
   */
  traceContext: {
    ...traceContextSource(),
    default: undefined,
    side: 'main',
    doc: 'Gives the trace context (W3C) that a publish is to carry in its User Properties; called with each publish, on the thread of the client.',
    version5: true,
  },
  /**
   * Is given every packet that is sent or received, decoded and as bytes, secrets redacted; runs on the thread of the client. Default: none. For
   * debugging: each packet is copied. It holds nothing up; packets that come faster than it takes them are left out and counted as `packetsUntapped`.
   */
  packetTap: {
    ...packetTap(),
    default: undefined,
    side: 'main',
    doc: 'Is given every packet that is sent or received, decoded and as bytes, secrets redacted; runs on the thread of the client.',
  },
} as const satisfies OptionRows;
