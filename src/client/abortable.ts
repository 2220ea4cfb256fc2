import { MqttError } from '../errors/mqtt-error.js';
import type { ClientChannel } from './client-channel.js';
import type { Settlement } from './pending-operations.js';

/**
 * A promise of an operation that a signal can abort: it rejects at once, and the worker does not send what it has not sent yet.
 *
 * @param submit  Submits the operation and returns its token; what it throws rejects the promise.
 */
export async function abortable<T>(
  channel: ClientChannel,
  signal: AbortSignal | undefined,
  submit: (settlement: Settlement<T>) => number,
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
      const token = submit({ resolve, reject });
      // A token that has completed meanwhile is not detached: it may not be the same operation any more.
      onAbort = () => {
        const settlement = channel.pending.detach(token);
        if (settlement === null) return;
        settlement.reject(aborted(signal));
        channel.post({ kind: 'abort', token });
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

function aborted(signal: AbortSignal): MqttError {
  return new MqttError('GNEISS_ERR_ABORTED', { cause: signal.reason });
}
