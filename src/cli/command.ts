import type { ExitCode } from './cli-error.js';
import type { FlagGroup, FlagTable, Values } from './flag.js';

/** A command of the tool. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** What it takes besides flags, as the help shows it: `[url]`. */
  readonly positionals: readonly string[];
  readonly groups: readonly FlagGroup[];
  /** What is tried first: a line of the shell, and what it does. */
  readonly examples: readonly (readonly [line: string, doc: string])[];
  readonly run: (positionals: readonly string[], values: unknown) => Promise<ExitCode>;
}

/** A command whose subcommands do the work. */
export interface CommandFamily {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

interface CommandRow<Flags extends FlagTable> extends Omit<Command, 'run' | 'positionals'> {
  readonly positionals?: readonly string[];
  /** All flags of its groups. */
  readonly flags: Flags;
  readonly run: (positionals: readonly string[], values: Values<Flags>) => Promise<ExitCode>;
}

/** Makes a command of its row; the values are those of its flags. */
export function command<Flags extends FlagTable>(row: CommandRow<Flags>): Command {
  const { flags: _, run, positionals = ['[url]'], ...rest } = row;
  return {
    ...rest,
    positionals,
    // The parser is made of the same groups.
    run: (given, values) => run(given, values as Values<Flags>),
  };
}
