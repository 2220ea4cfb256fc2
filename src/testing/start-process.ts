import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MqttError } from '../errors/mqtt-error.js';
import { isRecord } from '../validation/values.js';
import type { BrokerProcessMessage } from './broker-process.js';
import { type PlainBrokerOptions, resolveOptions } from './options.js';

/** A broker in a process of its own. */
export interface BrokerProcess {
  /** The port of 127.0.0.1, or of the option `host`, that it listens on. */
  readonly port: number;
  /** The address for clients, such as `mqtt://127.0.0.1:50123`. */
  readonly url: string;
  /** Disconnects all Clients and ends the process; resolves when it has ended. May be called more than once. */
  close(): Promise<void>;
  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a broker in a process of its own, so that it takes no time from the event loop under test: for
 * demos and measurements. Its faults and events can not be reached from here; `startBroker` has them.
 *
 * The process ends with {@link BrokerProcess.close}, or when this one is gone.
 *
 * @param options  Sent to the process. Default: see {@link BrokerOptions}.
 * @returns Resolves when clients can connect.
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`; `GNEISS_ERR_CONNECT_FAILED` when the process can not
 *   start or can not listen.
 */
export async function startBrokerProcess(options: PlainBrokerOptions = {}): Promise<BrokerProcess> {
  resolveOptions(options);
  const child = fork(processPath(), {
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const answered = answerOf(child);
  child.send(options);
  const answer = await answered;
  const close = async () => {
    if (child.connected) child.disconnect();
    await exited;
  };
  if ('problem' in answer) {
    await close();
    throw new MqttError('GNEISS_ERR_CONNECT_FAILED', { detail: answer.problem });
  }
  return { ...answer, close, [Symbol.asyncDispose]: close };
}

/**
 * Next to the entry point of the package, wherever a bundler has put this code. Resolved by the name of
 * the package, which also finds the built file from the sources.
 */
function processPath(): string {
  const entry = createRequire(import.meta.url).resolve('gneiss-mqtt/testing');
  return fileURLToPath(new URL('./broker-process.js', pathToFileURL(entry)));
}

async function answerOf(child: ChildProcess): Promise<BrokerProcessMessage> {
  return new Promise((resolve) => {
    child.once('message', (message) => {
      resolve(isAnswer(message) ? message : { problem: 'the process answered something else' });
    });
    child.once('error', ({ message }) => resolve({ problem: message }));
    child.once('exit', () => resolve({ problem: 'the process ended' }));
  });
}

function isAnswer(message: unknown): message is BrokerProcessMessage {
  return isRecord(message) && ('problem' in message || 'port' in message);
}
