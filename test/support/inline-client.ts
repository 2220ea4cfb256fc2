import { type EventEmitter, once } from 'node:events';
import type { ClientEvents } from '../../src/client/events.js';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import type { ClientOptions } from '../../src/options/schema.js';
import type { Peer, ScriptedServer } from './scripted-server.js';

export { Gate } from './gate.js';

/** Runs the sources on the thread of the test, and connects again without delay. */
export const INLINE: ClientOptions = {
  thread: 'inline',
  workerUrl: new URL('../../workers/mqtt-worker.ts', import.meta.url),
  reconnectDelayMinMs: 1,
  reconnectDelayMaxMs: 2,
};

/** A connected client, and the connection as the Server sees it. */
export async function connected(
  server: ScriptedServer,
  options: ClientOptions = {},
): Promise<{ client: MqttClient; peer: Peer }> {
  const client = inlineClient(server, options);
  const success = once(client, 'connectionSuccess');
  client.start();
  const peer = await server.welcome();
  await success;
  return { client, peer };
}

/** A client that is stopped. */
export function inlineClient(server: { url: string }, options: ClientOptions = {}): MqttClient {
  return new MqttClient(server.url, {
    ...INLINE,
    protocolVersion: 'version' in server && server.version === 4 ? 4 : 5,
    ...options,
  });
}

/** The arguments of the next event of this name. */
export async function nextEvent<E extends keyof ClientEvents>(
  client: MqttClient,
  name: E,
): Promise<ClientEvents[E]> {
  const emitter: EventEmitter = client;
  return new Promise((resolve) => {
    emitter.once(name, (...args) => {
      resolve(args as ClientEvents[E]);
    });
  });
}

/** The error that a promise, or a call, must end with. */
export async function errorOf(act: Promise<unknown> | (() => unknown)): Promise<MqttError> {
  try {
    await (typeof act === 'function' ? act() : act);
  } catch (error) {
    if (error instanceof MqttError) return error;
    throw new Error('not an MqttError', { cause: error });
  }
  throw new Error('there was no error');
}
