import { startBroker, type TestBroker } from './broker.js';
import type { PlainBrokerOptions } from './options.js';

/*
 * The process that `startBrokerProcess` forks. It is told the options, answers with its address or with
 * what went wrong, and ends when the channel closes: because its parent says so, or is gone.
 */

/** What the process answers, once. */
export type BrokerProcessMessage =
  | { readonly port: number; readonly url: string }
  | { readonly problem: string };

let broker: TestBroker | null = null;

process.once('message', (options: PlainBrokerOptions) => {
  void start(options);
});

// Ctrl-C in a terminal reaches all processes of the group: when this one ends is for its parent to say.
process.on('SIGINT', () => {});

process.once('disconnect', () => {
  void stop();
});

async function start(options: PlainBrokerOptions): Promise<void> {
  try {
    broker = await startBroker(options);
    answer({ port: broker.port, url: broker.url });
  } catch (error) {
    answer({ problem: problemOf(error) });
  }
}

async function stop(): Promise<void> {
  await broker?.close();
  process.exit();
}

function answer(message: BrokerProcessMessage): void {
  process.send?.(message);
}

/** The cause says it best: the error around it is made anew in the parent. */
function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
