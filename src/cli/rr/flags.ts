import { CONNECTION_FLAGS, CONNECTION_GROUPS } from '../connection-flags.js';
import type { FlagGroup, FlagTable, Values } from '../flag.js';
import { choice, duration, integer, negative, qos, text, toggle } from '../flag-kinds.js';
import { PAYLOAD_FLAGS, PROPERTY_FLAGS } from '../message-flags.js';

const REQUEST = {
  topic: { ...text('name'), short: 't', doc: 'topic of the request; with --respond a filter' },
  ...PAYLOAD_FLAGS,
  qos: { ...qos(), short: 'q', fallback: 1 as const, doc: 'quality of service' },
  respond: {
    ...toggle(),
    doc: 'answer requests instead of making one: with the payload, in which %p is that of the request, or else with the request itself',
  },
  count: {
    ...integer('answers', 1),
    short: 'C',
    doc: 'wait for so many answers (default: 1); with --respond end after so many',
  },
  timeout: {
    ...duration('time', 1),
    short: 'W',
    doc: 'how long to wait (default: 30 s; with --respond for ever)',
  },
} as const satisfies FlagTable;

const OUTPUT = {
  format: {
    ...choice('format', 'text', 'json', 'hex', 'base64'),
    short: 'F',
    fallback: 'text' as const,
    doc: 'how answers are printed',
  },
  newline: { ...negative(), short: 'N', doc: 'no end of line after an answer' },
  debug: { ...toggle(), short: 'd', doc: 'tell what happens on standard error' },
} as const satisfies FlagTable;

/** Every flag of `gneiss rr`. */
export const RR_FLAGS = { ...REQUEST, ...OUTPUT, ...PROPERTY_FLAGS, ...CONNECTION_FLAGS };

export type RrValues = Values<typeof RR_FLAGS>;

/** As they stand in the help. */
export const RR_GROUPS: readonly FlagGroup[] = [
  { title: 'Request', flags: REQUEST },
  { title: 'Output', flags: OUTPUT },
  { title: 'Properties', flags: PROPERTY_FLAGS },
  ...CONNECTION_GROUPS,
];
