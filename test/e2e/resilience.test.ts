import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type ClientOptions, connect, MqttClient, type MqttError } from 'gneiss-mqtt';
import { PacketType, startBroker, startBrokerProcess } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { HAS_MOSQUITTO, Mosquitto } from '../support/mosquitto.js';
import { Inbox } from '../support/scripted-server.js';

const FAST: ClientOptions = { reconnectDelayMinMs: 5, reconnectDelayMaxMs: 20 };
const DURABLE: ClientOptions = { ...FAST, sessionExpiryInterval: 600 };
const run = promisify(execFile);

describe('the embedded broker', () => {
  test('crashes while QoS 1 and 2 are published → every promise resolves, none is lost, QoS 2 once each', async () => {
    await using broker = await startBroker();
    await using subscriber = await connect(broker.url, { ...DURABLE, clientId: 'subscriber' });
    await using publisher = await connect(broker.url, { ...DURABLE, clientId: 'publisher' });
    const received: [Set<string>, string[]] = [new Set(), []];
    const arrived = new Inbox<null>();
    await subscriber.subscribe('n/+', { qos: 2 }, (message) => {
      if (message.topicName === 'n/1') received[0].add(message.text());
      else received[1].push(message.text());
      arrived.push(null);
    });
    const count = 3000;
    const rounds = 3;
    const results: Promise<unknown>[] = [];
    for (let round = 0; round < rounds; round++) {
      const crashing = broker.waitFor('publish', (message) => message.topicName === 'n/crash');
      for (let index = 0; index < count; index++) {
        const text = `${round * count + index}`;
        results.push(publisher.publish('n/1', text, { qos: 1 }));
        results.push(publisher.publish('n/2', text, { qos: 2 }));
        if (index === count / 2) results.push(publisher.publish('n/crash', '', { qos: 1 }));
      }
      await crashing;
      await broker.stop();
      await broker.start();
    }
    await Promise.all(results);
    while (received[0].size < rounds * count || received[1].length < rounds * count + rounds) {
      await arrived.take();
    }
    const expected = Array.from({ length: rounds * count }, (_, index) => `${index}`);
    expect([...received[0]]).toEqual(expected);
    expect(received[1].filter((text) => text !== '')).toEqual(expected);
    expect(publisher.stats().reconnects).toBeGreaterThanOrEqual(rounds);
  }, 20_000);

  test('loses its Sessions → subscriptions are made again, once each', async () => {
    await using broker = await startBroker();
    await using client = await connect(broker.url, FAST);
    const received = new Inbox<string>();
    for (const filter of ['a/#', 'b', 'c/+']) {
      await client.subscribe(filter, { qos: 1 }, (message) => {
        received.push(message.topicName);
      });
    }
    for (let round = 0; round < 3; round++) {
      const filters: string[] = [];
      const note = (_: unknown, packet: { subscriptions: readonly { topicFilter: string }[] }) =>
        filters.push(...packet.subscriptions.map(({ topicFilter }) => topicFilter));
      broker.on('subscribe', note);
      await broker.stop();
      const last = broker.waitFor('subscribe', () => filters.length === 3);
      await broker.start();
      await last;
      expect(filters).toEqual(['a/#', 'b', 'c/+']);
      broker.off('subscribe', note);
      broker.publish({ topicName: 'a/1', qos: 1 });
      expect(await received.take()).toBe('a/1');
    }
  });

  test('keeps the Session → messages of the time without a connection come after it', async () => {
    await using broker = await startBroker();
    await using client = await connect(broker.url, DURABLE);
    const received = new Inbox<string>();
    await client.subscribe('a', { qos: 1 }, (message) => {
      received.push(message.text());
    });
    await client.stop();
    for (const payload of ['1', '2', '3']) broker.publish({ topicName: 'a', payload, qos: 1 });
    const accepted = once(client, 'connectionSuccess');
    client.start();
    for (const payload of ['1', '2', '3']) expect(await received.take()).toBe(payload);
    // A message may be handed over before the news of its connection.
    await accepted;
    expect(client.settings?.sessionPresent).toBe(true);
  });

  test('restarted process with rejoinSession always → messages wait for their handler', async () => {
    await using broker = await startBroker();
    const options: ClientOptions = { ...DURABLE, clientId: 'durable', rejoinSession: 'always' };
    const before = await connect(broker.url, options);
    await before.subscribe('a', { qos: 1 }, () => {});
    await before.close();
    broker.publish({ topicName: 'a', payload: 'missed', qos: 1 });
    await using after = await connect(broker.url, options);
    const received = new Inbox<string>();
    await after.subscribe('a', { qos: 1 }, (message) => {
      received.push(message.text());
    });
    expect(await received.take()).toBe('missed');
  });

  test('is silent → connect times out; when it answers again, it is connected to', async () => {
    await using broker = await startBroker();
    broker.faults.stallConnections({ times: 2 });
    const client = new MqttClient(broker.url, { ...FAST, connectTimeoutMs: 1000 });
    const codes: string[] = [];
    client.on('connectionFailure', ({ error }) => codes.push(error.code));
    client.start();
    await once(client, 'connectionSuccess');
    expect(codes).toEqual(['GNEISS_ERR_CONNECT_TIMEOUT', 'GNEISS_ERR_CONNECT_TIMEOUT']);
    await client.close();
  });

  test('closes at once, refuses, sends garbage → typed events, and the attempts go on', async () => {
    await using broker = await startBroker();
    broker.faults.closeConnections({ times: 2 });
    broker.faults.refuseConnections(0x89);
    const garbage = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff);
    broker.faults.rewrite(PacketType.CONNACK, (connack) =>
      connack.reasonCode === 0 ? garbage : connack,
    );
    const client = new MqttClient(broker.url, FAST);
    const codes: string[] = [];
    client.on('connectionFailure', ({ error }) => codes.push(error.code));
    client.start();
    await once(client, 'connectionSuccess');
    expect(codes).toEqual([
      'GNEISS_ERR_CONNECT_FAILED',
      'GNEISS_ERR_CONNECT_FAILED',
      'GNEISS_ERR_CONNECTION_REFUSED',
      'GNEISS_ERR_PEER_VIOLATION',
    ]);
    await client.close();
  });

  test.each(['wait', 'reject'] as const)(
    'more is published than may wait for it, policy %s → all of it arrives, in order',
    async (offlineQueueFull) => {
      await using broker = await startBroker();
      await using subscriber = await connect(broker.url, FAST);
      const received = new Inbox<string>();
      await subscriber.subscribe('n', { qos: 1 }, (message) => {
        received.push(message.text());
      });
      await using client = new MqttClient(broker.url, {
        ...FAST,
        offlineQueueFull,
        offlineQueueMaximumMessages: 10,
      });
      const texts = Array.from({ length: 500 }, (_, index) => `${index}`);
      const published =
        offlineQueueFull === 'wait'
          ? Promise.all(texts.map((text) => client.publish('n', text, { qos: 1 })))
          : (async () => {
              for (const text of texts)
                while (!client.tryPublish('n', text, { qos: 1 })) await client.ready();
            })();
      client.start();
      for (const text of texts) expect(await received.take()).toBe(text);
      await published;
    },
  );

  test('stops reading → noticed without keep-alive, connected again, and everything gets there', async () => {
    await using broker = await startBroker();
    await using client = await connect(broker.url, {
      ...DURABLE,
      clientId: 'stalled',
      outboundMemoryBytes: 64 << 20,
      keepAlive: 0,
      writeTimeoutMs: 500,
    });
    const lost = once(client, 'disconnection') as Promise<[{ error: MqttError }]>;
    broker.client('stalled')?.pauseReading();
    // More than the buffers of the operating system hold.
    const payload = new Uint8Array(1 << 20);
    const results = Array.from({ length: 14 }, () => client.publish('a', payload, { qos: 1 }));
    expect((await lost)[0].error.code).toBe('GNEISS_ERR_WRITE_TIMEOUT');
    for (const { reasonCode } of await Promise.all(results)) expect(reasonCode).toBeLessThan(0x80);
  });

  test('takes a session over → the other one is told, and does not fight for it', async () => {
    await using broker = await startBroker();
    const slow: ClientOptions = { clientId: 'same', reconnectDelayMaxMs: 2 ** 31 - 1 };
    const first = await connect(broker.url, slow);
    const lost = once(first, 'disconnection') as Promise<[{ error: MqttError }]>;
    await using second = await connect(broker.url, slow);
    expect((await lost)[0].error).toMatchObject({
      code: 'GNEISS_ERR_SERVER_DISCONNECT',
      reasonCode: 0x8e,
    });
    await second.publish('a', 'x', { qos: 1 });
    expect(second.stats().connections).toBe(1);
    await first.close();
  });
});

describe.skipIf(!HAS_MOSQUITTO)('mosquitto', () => {
  test('killed while QoS 1 is published → every promise resolves, and none is missing afterwards', async () => {
    await using broker = await Mosquitto.start('durable');
    await using publisher = await connect(broker.url, { ...DURABLE, clientId: 'publisher' });
    const count = 100;
    const results: Promise<unknown>[] = [];
    const resolved = new Set<string>();
    const publish = (from: number): void => {
      for (let index = from; index < from + count; index++) {
        const text = `${index}`;
        const result = publisher.publish(`n/${text}`, text, { qos: 1, retain: true });
        results.push(result.then(() => resolved.add(text)));
      }
    };
    publish(0);
    await results[20];
    // What it has acknowledged by now is in its hands, not in ours.
    const missing = new Set(Array.from({ length: 2 * count }, (_, index) => `${index}`));
    await broker.kill('SIGKILL');
    for (const text of resolved) missing.delete(text);
    publish(count);
    await broker.run();
    await Promise.all(results);
    expect(publisher.stats().connections).toBeGreaterThanOrEqual(2);
    expect(missing.size).toBeGreaterThanOrEqual(count);
    await using reader = await connect(broker.url);
    const all = new Inbox<null>();
    await reader.subscribe('n/#', { qos: 1 }, (message) => {
      missing.delete(message.text());
      if (missing.size === 0) all.push(null);
    });
    await all.take();
  }, 30_000);

  test('killed and restarted with its Sessions → resumed, and what was queued arrives', async () => {
    await using broker = await Mosquitto.start('durable');
    // Mosquitto 2.0 does not save Sessions that began clean.
    const options: ClientOptions = { ...DURABLE, clientId: 'durable', rejoinSession: 'always' };
    await using client = await connect(broker.url, options);
    const received = new Inbox<string>();
    await client.subscribe('a', { qos: 1 }, (message) => {
      received.push(message.text());
    });
    await client.stop();
    await using other = await connect(broker.url);
    await other.publish('a', 'queued', { qos: 1 });
    await broker.kill('SIGTERM');
    await broker.run();
    client.start();
    expect(await received.take()).toBe('queued');
    expect(client.settings?.sessionPresent).toBe(true);
  }, 20_000);

  test('stopped by the operating system → noticed by the keep-alive; goes on when it goes on', async () => {
    await using broker = await Mosquitto.start();
    await using client = await connect(broker.url, {
      ...DURABLE,
      keepAlive: 1,
      pingTimeoutMs: 200,
      connectTimeoutMs: 500,
    });
    const lost = once(client, 'disconnection') as Promise<[{ error: MqttError }]>;
    broker.signal('SIGSTOP');
    const published = client.publish('a', 'x', { qos: 1 });
    expect((await lost)[0].error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
    broker.signal('SIGCONT');
    await published;
  }, 20_000);
});

describe('a worker that dies', () => {
  const mortal: ClientOptions = {
    ...FAST,
    workerUrl: new URL('./fixtures/mortal-worker.mjs', import.meta.url),
  };

  test.each(['exit', 'throw', 'reject'])(
    '%s → every promise settles with one typed error; the next client works',
    async (command) => {
      await using broker = await startBroker();
      broker.faults.drop(PacketType.PUBACK, { times: Number.POSITIVE_INFINITY });
      broker.faults.drop(PacketType.SUBACK, {
        times: Number.POSITIVE_INFINITY,
        when: ({ packetId }) => packetId !== 1,
      });
      const commands = new BroadcastChannel('gneiss-mqtt-e2e-mortal');
      const clients = await Promise.all([connect(broker.url, mortal), connect(broker.url, mortal)]);
      const outcomes: Promise<MqttError>[] = [];
      const closed = clients.map(
        async (client) => once(client, 'closed') as Promise<[MqttError | null]>,
      );
      const codeOf = async (promise: Promise<unknown>): Promise<MqttError> =>
        promise.then(
          () => Promise.reject(new Error('it resolved')),
          (error: unknown) => error as MqttError,
        );
      const iterations: Promise<MqttError>[] = [];
      for (const client of clients) {
        const subscription = await client.subscribe('a');
        iterations.push(codeOf(subscription[Symbol.asyncIterator]().next()));
        outcomes.push(codeOf(client.publish('p', 'x', { qos: 1 })));
        outcomes.push(codeOf(client.subscribe('b', { signal: new AbortController().signal })));
        while (client.tryPublish('p', new Uint8Array(65_536), { qos: 1 }));
        outcomes.push(codeOf(client.ready()));
      }
      const stopping = clients.map(async (client) => client.stop());
      const closing = clients.slice(0, 1).map(async (client) => client.close());
      commands.postMessage(command);
      const errors = await Promise.all([...outcomes, ...iterations]);
      expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(['GNEISS_ERR_WORKER_DIED']));
      await Promise.all([...stopping, ...closing]);
      for (const [error] of await Promise.all(closed)) {
        expect(error).toMatchObject({ code: 'GNEISS_ERR_WORKER_DIED', origin: 'library' });
      }
      for (const client of clients) {
        expect(client.state).toBe('closed');
        expect((await codeOf(client.publish('a', 'x'))).code).toBe('GNEISS_ERR_WORKER_DIED');
        await client.close();
      }
      broker.faults.clear();
      await using next = await connect(broker.url, mortal);
      await next.publish('a', 'x', { qos: 1 });
      commands.close();
    },
  );
});

describe('the thread of the client', () => {
  const script = fileURLToPath(new URL('./fixtures/blocked-main.mjs', import.meta.url));

  test('blocked for longer than the keep-alive allows silence → costs nothing; and the process ends by itself', async () => {
    await using broker = await startBroker();
    const { stdout } = await run(process.execPath, [script, broker.url, '2500'], {
      timeout: 15_000,
    });
    expect(JSON.parse(stdout)).toEqual({ connections: 1, reasonCode: 0x10, losses: 0 });
  }, 20_000);

  test.skipIf(!HAS_MOSQUITTO)(
    'the same against mosquitto',
    async () => {
      await using broker = await Mosquitto.start();
      const { stdout } = await run(process.execPath, [script, broker.url, '2500'], {
        timeout: 15_000,
      });
      expect(JSON.parse(stdout)).toMatchObject({ connections: 1, losses: 0 });
    },
    20_000,
  );

  test('busy until a resumed Session has brought its messages → they wait for their connection to be told of, and for their handler', async () => {
    await using broker = await startBrokerProcess();
    const options: ClientOptions = { ...DURABLE, clientId: 'durable', rejoinSession: 'always' };
    const before = await connect(broker.url, options);
    await before.subscribe('a', { qos: 1 }, () => {});
    await before.close();
    await using sender = await connect(broker.url);
    const texts = Array.from({ length: 200 }, (_, at) => `${at}`);
    await Promise.all(texts.map((text) => sender.publish('a', text, { qos: 1 })));
    await using after = new MqttClient(broker.url, options);
    after.once('connectionAttempt', () => {
      while (after.stats().packetsReceived <= texts.length);
    });
    const connected = once(after, 'connectionSuccess');
    after.start();
    await connected;
    const received = new Inbox<string>();
    await after.subscribe('a', { qos: 1 }, (message) => {
      received.push(message.text());
    });
    for (const text of texts) expect(await received.take()).toBe(text);
  });
});

test('many clients at once → all of them work, and all of them close', async () => {
  await using broker = await startBroker();
  const clients = await Promise.all(
    Array.from({ length: 60 }, async (_, index) =>
      connect(broker.url, {
        clientId: `c-${index}`,
        inboundMemoryBytes: 524_288,
        outboundMemoryBytes: 524_288,
      }),
    ),
  );
  const results = await Promise.all(clients.map(async (c) => c.publish('a', 'x', { qos: 1 })));
  expect(results).toHaveLength(60);
  await Promise.all(clients.map(async (client) => client.close()));
});

test.each(['worker', 'inline'] as const)(
  'a module that never ends its loading (%s) → the client can be closed, and everything settles',
  async (thread) => {
    const topicAliasResolver = 'data:text/javascript,await new Promise(() => {})';
    const client = new MqttClient('mqtt://127.0.0.1:1', { thread, topicAliasResolver });
    client.start();
    const code = 'GNEISS_ERR_CLOSED';
    const settled = Promise.all([
      expect(client.publish('a', 'x', { qos: 1 })).rejects.toMatchObject({ code }),
      expect(client.subscribe('a')).rejects.toMatchObject({ code }),
      client.stop(),
    ]);
    await client.close();
    await settled;
    expect(client.state).toBe('closed');
  },
);
