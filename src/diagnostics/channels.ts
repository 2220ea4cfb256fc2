import {
  type Channel,
  channel,
  type TracingChannel,
  tracingChannel,
} from 'node:diagnostics_channel';
import { DIAGNOSTIC_EVENTS, type DiagnosticEvent } from './events.js';

const PREFIX = 'gneiss-mqtt:';

/** The channel of each event. */
export const CHANNELS: Readonly<Record<DiagnosticEvent, Channel>> = Object.fromEntries(
  Object.keys(DIAGNOSTIC_EVENTS).map((event) => [event, channel(`${PREFIX}${event}`)]),
) as Record<DiagnosticEvent, Channel>;

/** Whose operation is traced. */
export interface TracedClient {
  readonly client: object;
  readonly name: string;
}

interface PublishTrace extends TracedClient {
  readonly topicName: string;
  readonly payload: unknown;
  readonly options: unknown;
}

interface SubscribeTrace extends TracedClient {
  readonly filters: unknown;
  readonly options: unknown;
}

/** From the call of `publish` until its promise settles; `tryPublish` has no end but that of the call. */
export const PUBLISH_TRACING: TracingChannel<unknown, PublishTrace> = tracingChannel(
  `${PREFIX}publish`,
);

/** From the call of `subscribe` until its promise settles. */
export const SUBSCRIBE_TRACING: TracingChannel<unknown, SubscribeTrace> = tracingChannel(
  `${PREFIX}subscribe`,
);
