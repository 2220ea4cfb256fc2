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
  let release = (): void => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      const withdraw = submit({ resolve, reject });
      release = onAbort(signal, () => {
        withdraw()?.reject(aborted(signal));
      });
    });
  } finally {
    release();
  }
}

/** Tells all whom an abort of a signal concerns. One for each signal: an EventTarget goes through all its listeners for each, and warns of many. */
interface AbortListener {
  readonly concerned: Set<() => void>;
  readonly tell: () => void;
}

const listeners: WeakMap<AbortSignal, AbortListener> = new WeakMap();

/** Has something done when a signal that is not aborted is. @returns What ends the waiting for it. */
export function onAbort(signal: AbortSignal, giveUp: () => void): () => void {
  const { concerned, tell } = listeners.get(signal) ?? listen(signal);
  concerned.add(giveUp);
  return () => {
    concerned.delete(giveUp);
    if (concerned.size > 0) return;
    signal.removeEventListener('abort', tell);
    listeners.delete(signal);
  };
}

function listen(signal: AbortSignal): AbortListener {
  const concerned = new Set<() => void>();
  const tell = (): void => {
    for (const giveUp of concerned) giveUp();
  };
  const listener = { concerned, tell };
  listeners.set(signal, listener);
  signal.addEventListener('abort', tell, { once: true });
  return listener;
}

/** What an aborted operation rejects with. */
export function aborted(signal: AbortSignal): MqttError {
  return new MqttError('GNEISS_ERR_ABORTED', { cause: signal.reason });
}
