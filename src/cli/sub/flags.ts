import { CONNECTION_FLAGS, CONNECTION_GROUPS } from '../connection-flags.js';
import type { FlagGroup, FlagTable, Values } from '../flag.js';
import { choice, duration, integer, negative, pair, qos, text, toggle } from '../flag-kinds.js';

const SUBSCRIPTION = {
  topic: {
    ...text('filter'),
    short: 't',
    isRepeatable: true,
    doc: 'topic filter, with + and #; repeatable',
  },
  qos: { ...qos(), short: 'q', fallback: 0 as const, doc: 'highest quality of service' },
  filterOut: {
    ...text('filter'),
    short: 'T',
    isRepeatable: true,
    doc: 'leave out topics that match; repeatable',
  },
  retained: {
    ...choice('which', 'all', 'none', 'only'),
    fallback: 'all',
    doc: 'retained messages',
  },
  local: { ...negative(), doc: 'not what this client publishes itself (MQTT 5)' },
  retainAsPublished: { ...toggle(), doc: 'keep the retain flag as it was published (MQTT 5)' },
  subscriptionIdentifier: {
    ...integer('number', 1, 268_435_455),
    doc: 'comes with each message (MQTT 5)',
  },
  userProperty: {
    ...pair(),
    isRepeatable: true,
    doc: 'user property of SUBSCRIBE; repeatable (MQTT 5)',
  },
} as const satisfies FlagTable;

const OUTPUT = {
  format: {
    ...text('format'),
    short: 'F',
    fallback: 'text',
    doc: 'text, json (a line each), hex, base64, or a template such as %t:%p',
  },
  verbose: { ...toggle(), short: 'v', doc: 'the topic in front of the payload' },
  newline: { ...negative(), short: 'N', doc: 'no end of line after a message' },
  count: { ...integer('messages', 1), short: 'C', doc: 'end after so many messages' },
  timeout: {
    ...duration('time', 1),
    short: 'W',
    doc: 'end after this time, with exit code 27 when --count has not been reached',
  },
  debug: { ...toggle(), short: 'd', doc: 'tell what happens on standard error' },
} as const satisfies FlagTable;

/** Every flag of `gneiss sub`. */
export const SUB_FLAGS = { ...SUBSCRIPTION, ...OUTPUT, ...CONNECTION_FLAGS };

export type SubValues = Values<typeof SUB_FLAGS>;

/** As they stand in the help. */
export const SUB_GROUPS: readonly FlagGroup[] = [
  { title: 'Subscription', flags: SUBSCRIPTION },
  { title: 'Output', flags: OUTPUT },
  ...CONNECTION_GROUPS,
];
