import { CONNECTION_FLAGS, CONNECTION_GROUPS } from '../connection-flags.js';
import type { FlagGroup, FlagTable, Values } from '../flag.js';
import { duration, integer, qos, text, toggle } from '../flag-kinds.js';
import { PAYLOAD_FLAGS, PROPERTY_FLAGS } from '../message-flags.js';

const MESSAGE = {
  topic: {
    ...text('name'),
    short: 't',
    isRepeatable: true,
    doc: 'topic to publish to; repeatable',
  },
  ...PAYLOAD_FLAGS,
  multiline: { ...toggle(), short: 'M', doc: 'a message for each line of standard input' },
  qos: { ...qos(), short: 'q', fallback: 0 as const, doc: 'quality of service' },
  retain: { ...toggle(), short: 'r', doc: 'let the broker keep the message for later subscribers' },
  template: {
    ...toggle(),
    doc: 'fill in topic and payload: %i index, %c client id, %u user name, %I date and time, %U seconds, %r a random number, %p the line',
  },
  repeat: { ...integer('times', 1), fallback: 1, doc: 'publish so many times' },
  repeatDelay: {
    ...duration('time'),
    also: ['message-interval'],
    fallback: 0,
    doc: 'time between them',
  },
  timeout: { ...duration('time', 1), short: 'W', doc: 'give up after this time (default: never)' },
  debug: { ...toggle(), short: 'd', doc: 'tell what happens on standard error' },
} as const satisfies FlagTable;

const PROPERTIES = {
  ...PROPERTY_FLAGS,
  responseTopic: { ...text('topic'), doc: 'where an answer is expected' },
  correlationData: { ...text('text'), doc: 'goes back with the answer' },
  topicAlias: { ...integer('number', 1, 0xffff), doc: 'topic alias to send the message with' },
} as const satisfies FlagTable;

/** Every flag of `gneiss pub`. */
export const PUB_FLAGS = { ...MESSAGE, ...PROPERTIES, ...CONNECTION_FLAGS };

export type PubValues = Values<typeof PUB_FLAGS>;

/** As they stand in the help. */
export const PUB_GROUPS: readonly FlagGroup[] = [
  { title: 'Message', flags: MESSAGE },
  { title: 'Properties (MQTT 5)', flags: PROPERTIES },
  ...CONNECTION_GROUPS,
];
