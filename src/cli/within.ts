import { CliError, EXIT } from './cli-error.js';

/**
 * Runs what may be ended by the time, or by the user.
 *
 * @param timeoutMs  Undefined: no limit.
 * @param run  Ends soon after the signal is aborted; what it fails with then does not matter.
 * @throws {CliError} When the time was over, or the user has interrupted it.
 */
export async function within<T>(
  timeoutMs: number | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  let end: CliError | null = null;
  const endWith = (error: CliError): void => {
    end ??= error;
    controller.abort(end);
  };
  const onSignal = (): void => {
    endWith(new CliError('interrupted', EXIT.interrupted));
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          endWith(new CliError(`not done within ${timeoutMs / 1000} s`, EXIT.timeout));
        }, timeoutMs);
  try {
    return await run(signal);
  } catch (error) {
    // Assigned by the callbacks, which the type checker does not see.
    throw (end as CliError | null) ?? error;
  } finally {
    clearTimeout(timer);
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
