import { CONNECTION_FLAGS, CONNECTION_GROUPS } from '../connection-flags.js';
import type { FlagGroup, FlagTable, Values } from '../flag.js';
import { duration, text, toggle } from '../flag-kinds.js';

const DIAGNOSIS = {
  topic: {
    ...text('topic'),
    short: 't',
    doc: 'topic below which messages are tried (default: gneiss/doctor)',
  },
  timeout: {
    ...duration('time', 1),
    short: 'W',
    doc: 'longest time for one step (default: 10 s)',
  },
  json: { ...toggle(), doc: 'one JSON object on standard output' },
} as const satisfies FlagTable;

/** Every flag of `gneiss doctor`. */
export const DOCTOR_FLAGS = { ...DIAGNOSIS, ...CONNECTION_FLAGS };

export type DoctorValues = Values<typeof DOCTOR_FLAGS>;

/** As they stand in the help. */
export const DOCTOR_GROUPS: readonly FlagGroup[] = [
  { title: 'Diagnosis', flags: DIAGNOSIS },
  ...CONNECTION_GROUPS,
];
