import { MqttError } from '../errors/mqtt-error.js';
import type { Settlement } from './pending-operations.js';

/**
 * A promise of an operation that a signal can abort: it rejects at once, and nothing is sent that was not sent before. The signal
 * is listened to until the promise settles.
 *
 * @param submit  Submits the operation; what it throws rejects the promise. Returns how it is given up: that hands out the
 *   settlement, unless the promise is settled.
 */
export async function abortable<T>(
  signal: AbortSignal | undefined,
  submit: (settlement: Settlement<T>) => () => Settlement<T> | null,
): Promise<T> {
  if (signal === undefined) {
    return new Promise<T>((resolve, reject) => {
      submit({ resolve, reject });
    });
  }
  if (signal.aborted) throw aborted(signal);
  let onAbort = (): void => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      const withdraw = submit({ resolve, reject });
      onAbort = () => {
        withdraw()?.reject(aborted(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** What an aborted operation rejects with. */
export function aborted(signal: AbortSignal): MqttError {
  return new MqttError('GNEISS_ERR_ABORTED', { cause: signal.reason });
}
