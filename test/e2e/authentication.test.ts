import { once } from 'node:events';
import { inspect } from 'node:util';
import { type ClientOptions, connect, type MqttClient, type MqttError, scram } from 'gneiss-mqtt';
import { scramExchange, startBroker, type TestBroker } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { ScramServer } from '../support/scram-server.js';

const USER = { username: 'meter-7', password: 'correct horse' };
const CONTINUE = 0x18;
const NOT_AUTHORIZED = 0x87;

async function startScramBroker(): Promise<TestBroker> {
  const users = { [USER.username]: USER.password };
  return startBroker({ exchangeAuthentication: scramExchange({ users }) });
}

/** A broker whose side of SCRAM is written from the RFC, with nothing of ours. */
async function startForeignBroker(password = USER.password): Promise<TestBroker> {
  const servers = new WeakMap<object, ScramServer>();
  return startBroker({
    exchangeAuthentication: ({ authenticationData, connect: packet, step }) => {
      const message = new TextDecoder().decode(authenticationData);
      if (step === 0) {
        const server = new ScramServer({ digest: 'sha256', ...USER, password });
        servers.set(packet, server);
        return { reasonCode: CONTINUE, authenticationData: Buffer.from(server.challenge(message)) };
      }
      const final = servers.get(packet)?.verify(message) ?? '';
      const reasonCode = final.startsWith('v=') ? 0 : NOT_AUTHORIZED;
      return { reasonCode, authenticationData: Buffer.from(final) };
    },
  });
}

async function errorOf(promise: Promise<unknown>): Promise<MqttError> {
  return promise.then(
    () => Promise.reject(new Error('there was no error')),
    (error: unknown) => error as MqttError,
  );
}

describe.each(['worker', 'inline'] as const)('thread: %s', (thread) => {
  const options: ClientOptions = { thread, reconnectDelayMinMs: 1, reconnectDelayMaxMs: 5 };
  const authenticator = scram({ mechanism: 'SCRAM-SHA-256', ...USER });

  async function works(client: MqttClient): Promise<void> {
    expect((await client.publish('a', 'x', { qos: 1 })).qos).toBe(1);
  }

  test.each(['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
    '%s with the embedded broker → connected, re-authenticated, connected again',
    async (mechanism) => {
      await using broker = await startScramBroker();
      const user = scram({ mechanism, ...USER });
      await using client = await connect(broker.url, { ...options, authenticator: user });
      await works(client);
      const publishing = Promise.all(
        Array.from({ length: 1000 }, async () => client.publish('a', 'x', { qos: 1 })),
      );
      await client.reauthenticate();
      await client.reauthenticate();
      await publishing;
      const again = once(client, 'connectionSuccess');
      await broker.stop();
      await broker.start();
      await again;
      await client.reauthenticate();
      await works(client);
    },
  );

  test('a broker that shares no code with us → connected, re-authenticated', async () => {
    await using broker = await startForeignBroker();
    await using client = await connect(broker.url, { ...options, authenticator });
    await client.reauthenticate();
    await works(client);
  });

  test('a wrong password → refused with 0x87', async () => {
    await using broker = await startScramBroker();
    const wrong = scram({ mechanism: 'SCRAM-SHA-256', ...USER, password: 'guess' });
    const error = await errorOf(connect(broker.url, { ...options, authenticator: wrong }));
    expect(error).toMatchObject({
      code: 'GNEISS_ERR_CONNECTION_REFUSED',
      reasonCode: NOT_AUTHORIZED,
    });
  });

  test('a broker that accepts us without knowing the password → GNEISS_ERR_AUTHENTICATION_FAILED', async () => {
    const server = new ScramServer({ digest: 'sha256', ...USER, password: 'unknown' });
    await using broker = await startBroker({
      exchangeAuthentication: ({ authenticationData, step }) => {
        const message = new TextDecoder().decode(authenticationData);
        if (step === 0)
          return {
            reasonCode: CONTINUE,
            authenticationData: Buffer.from(server.challenge(message)),
          };
        return { reasonCode: 0, authenticationData: Buffer.from(`v=${'A'.repeat(43)}=`) };
      },
    });
    const error = await errorOf(connect(broker.url, { ...options, authenticator }));
    expect(error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(error.message).toContain('did not prove that it knows the password');
  });

  test('a broker without enhanced authentication → refused with 0x8c', async () => {
    await using broker = await startBroker();
    const error = await errorOf(connect(broker.url, { ...options, authenticator }));
    expect(error).toMatchObject({ code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode: 0x8c });
  });

  test('re-authentication that the broker refuses → its reason code, and a new connection', async () => {
    let refuses = true;
    const exchange = scramExchange({ users: { [USER.username]: USER.password } });
    await using broker = await startBroker({
      exchangeAuthentication: (step) =>
        step.reauthentication && refuses ? { reasonCode: NOT_AUTHORIZED } : exchange(step),
    });
    await using client = await connect(broker.url, { ...options, authenticator });
    const again = once(client, 'connectionSuccess');
    expect(await errorOf(client.reauthenticate())).toMatchObject({
      code: 'GNEISS_ERR_SERVER_DISCONNECT',
      reasonCode: NOT_AUTHORIZED,
    });
    refuses = false;
    await again;
    await client.reauthenticate();
    await works(client);
  });

  test('the password → in nothing that is inspected, in no error, and never on the wire', async () => {
    const password = 'canary-4711';
    const secret = scram({ mechanism: 'SCRAM-SHA-256', ...USER, password });
    const wire: string[] = [];
    await using broker = await startBroker({
      exchangeAuthentication: ({ authenticationData, connect: packet }) => {
        wire.push(new TextDecoder().decode(authenticationData), inspect(packet, { depth: 9 }));
        return { reasonCode: CONTINUE, authenticationData: Buffer.from('r=x,s=AAAA,i=4096') };
      },
    });
    const error = await errorOf(connect(broker.url, { ...options, authenticator: secret }));
    const shown = inspect([error, secret], { depth: 20, showHidden: true });
    expect(shown + wire.join('')).not.toContain('canary');
  });
});

describe('a worker that dies', () => {
  test('while a re-authentication goes on → GNEISS_ERR_WORKER_DIED', async () => {
    const commands = new BroadcastChannel('gneiss-mqtt-e2e-mortal');
    let dies = false;
    const exchange = scramExchange({ users: { [USER.username]: USER.password } });
    await using broker = await startBroker({
      exchangeAuthentication: (step) => {
        if (step.reauthentication) {
          dies = true;
          commands.postMessage('exit');
        }
        return exchange(step);
      },
    });
    const client = await connect(broker.url, {
      authenticator: scram({ mechanism: 'SCRAM-SHA-1', ...USER }),
      workerUrl: new URL('./fixtures/mortal-worker.mjs', import.meta.url),
    });
    // The exchange may come to its end before the worker does: another one begins then.
    const error = await errorOf(
      (async () => {
        for (;;) await client.reauthenticate();
      })(),
    );
    expect(dies).toBe(true);
    expect(error.code).toBe('GNEISS_ERR_WORKER_DIED');
    commands.close();
    await client.close();
  });
});
