import { type ClientOptions, connect, type MqttClient } from '../index.js';
import { narrate } from './narrate.js';
import { within } from './within.js';

/** Time for a client to say goodbye when what it was for has failed, or was ended. */
const GOODBYE_MS = 500;

/** How a client is used. */
export interface Use {
  /** Milliseconds; undefined: no limit. */
  readonly timeout: number | undefined;
  /** Whether all that happens is told. */
  readonly debug: boolean;
}

/** Connects, runs, and closes: at the end after all that was asked for, after a failure soon. */
export async function withClient(
  url: string,
  options: ClientOptions,
  { timeout, debug }: Use,
  run: (client: MqttClient, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  await within(timeout, async (signal) => {
    const client = await connect(url, { ...options, signal });
    narrate(client, debug);
    try {
      await run(client, signal);
      await client.close();
    } finally {
      await client.close({ timeoutMs: GOODBYE_MS });
    }
  });
}

/** Settles as the promise does, or rejects when the signal is aborted. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([promise, rejectionBy(signal)]);
}

/** Never resolves. The reason is that of `within`, and an error. */
async function rejectionBy(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}

/** Runs until it finishes; rejects when the signal is aborted, or the client ends, or loses a subscription. */
export async function untilEnded(
  client: MqttClient,
  signal: AbortSignal,
  run: (finish: () => void, fail: (error: unknown) => void) => void,
): Promise<void> {
  const end = new Promise<void>((resolve, reject) => {
    client.once('closed', (error) => {
      if (error !== null) reject(error);
    });
    client.once('subscriptionLost', reject);
    run(resolve, reject);
  });
  await abortable(end, signal);
}
