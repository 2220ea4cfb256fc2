import type { Kind } from './kinds.js';

export const U32_MAX = 0xffff_ffff;
export const U16_MAX = 0xffff;
/** The longest delay that a timer of the platform takes. */
export const DURATION_MS_MAX = 0x7fff_ffff;
export const KIB = 1024;
export const MIB = 1024 * KIB;

/** One option, besides how its value is read. */
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

/** Options by their names. */
export type OptionRows = Readonly<Record<string, OptionRow>>;
