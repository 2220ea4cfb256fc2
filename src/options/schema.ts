import { CONNECTING_OPTIONS } from './connecting-options.js';
import type { Kind } from './kinds.js';
import { OBSERVABILITY_OPTIONS } from './observability-options.js';
import { OPERATION_OPTIONS } from './operation-options.js';
import type { Server } from './server.js';
import { SESSION_OPTIONS } from './session-options.js';
import { THREAD_OPTIONS } from './thread-options.js';

type Rows = typeof SESSION_OPTIONS &
  typeof CONNECTING_OPTIONS &
  typeof OPERATION_OPTIONS &
  typeof THREAD_OPTIONS &
  typeof OBSERVABILITY_OPTIONS;

/** Every option of a client: one row each. Types, parsing, defaults and documentation derive from it. */
export const OPTIONS: Rows = {
  ...SESSION_OPTIONS,
  ...CONNECTING_OPTIONS,
  ...OPERATION_OPTIONS,
  ...THREAD_OPTIONS,
  ...OBSERVABILITY_OPTIONS,
};

/** The name of a row of {@link OPTIONS}. */
export type OptionName = keyof Rows;

type InputOf<Row> = Row extends Kind<infer _Parsed, infer Input> ? Input : never;

type ParsedOf<Row> =
  Row extends Kind<infer Parsed, infer _Input>
    ? Row extends { readonly default: undefined }
      ? Parsed | undefined
      : Parsed
    : never;

/**
 * The options of a client. All of them may be left out. What does not fit one is refused with `GNEISS_ERR_INVALID_OPTION`, and so is an option that there is not.
 * [The guide to options](../../docs/options.md) has all of them in one table.
 *
 * @interface
 */
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
  /** One at least. */
  readonly servers: readonly Server[];
  /** That of the authenticator, which itself stays on the thread of the client. */
  readonly authenticationMethod: string | undefined;
  /** Whether there are `connectOptions`, which stay there, too. */
  readonly asksConnectOptions: boolean;
  /** Whether there is a `packetTap`, which stays there, too. */
  readonly tapsPackets: boolean;
};

/** All options parsed, split by the thread that reads them. */
export interface ResolvedOptions {
  readonly main: MainOptions;
  readonly worker: WorkerOptions;
}
