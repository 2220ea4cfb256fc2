/** How the process ends. */
export const EXIT = {
  done: 0,
  /** Something that was asked for did not happen. */
  failed: 1,
  /** The command line makes no sense. */
  usage: 2,
  /** No connection. */
  unreachable: 3,
  /** The broker does not want this client. */
  refused: 4,
  /** A condition of `--fail-on` holds. */
  threshold: 5,
  /** As with mosquitto_sub and mosquitto_rr. */
  timeout: 27,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error of the command line itself: one line that tells what is wrong, and perhaps one that tells what to do. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, exitCode: ExitCode = EXIT.failed, hint?: string) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
  }
}

/** Refuses what was typed. */
export function refuseUsage(message: string, hint?: string): never {
  throw new CliError(message, EXIT.usage, hint);
}
