import { describe, expect, test } from 'vitest';
import type { ControlEvent, ControlRequest } from '../../src/channel/control-messages.js';
import { DeliveryFlag } from '../../src/channel/control-messages.js';
import { BELL } from '../../src/channel/doorbell.js';
import type { PortToHost } from '../../src/channel/host-task.js';
import { type ChannelMemory, createChannelMemory, DELIVERY } from '../../src/channel/layout.js';
import { RingConsumer } from '../../src/channel/ring.js';
import { toChannelConfig } from '../../src/client/channel-size.js';
import { HostThreads } from '../../src/client/host-threads.js';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import type { MqttError } from '../../src/errors/mqtt-error.js';
import { runClientHost } from '../../src/host/client-host.js';
import { runHosts } from '../../src/host/hosts.js';
import { resolveOptions } from '../../src/options/resolve.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { decoded } from '../codec/support.js';
import {
  FakeEnvironment,
  type FakeTransport,
  handEnvironment,
} from '../support/fake-environment.js';
import { errorOf, nextEvent } from '../support/inline-client.js';
import { encodeAll, Inbox, publishPacket } from '../support/scripted-server.js';

const { CONNECT, CONNACK, DISCONNECT, PINGREQ, PUBACK, PUBLISH } = PacketType;
const ACCEPTED: Packet = { type: CONNACK, sessionPresent: false, reasonCode: 0, properties: {} };
const PINGRESP: Packet = { type: PacketType.PINGRESP };
const NORMAL = { type: DISCONNECT, reasonCode: 0, properties: {} } as const;

type EventOf<K extends ControlEvent['kind']> = Extract<ControlEvent, { kind: K }>;

/** A host whose main thread and network are played by the test. */
class Harness implements AsyncDisposable {
  readonly environment = new FakeEnvironment();
  readonly events = new Inbox<ControlEvent>();
  readonly memory: ChannelMemory;
  readonly #port: PortToHost;
  readonly #finished: Promise<void>;
  bells = 0;

  constructor(options: ClientOptions = {}) {
    const resolved = resolveOptions('mqtt://server.example:1883', { clientId: 'c', ...options });
    this.memory = createChannelMemory(toChannelConfig(resolved));
    const { buffer, config } = this.memory;
    let finished = (): void => {};
    this.#finished = new Promise((resolve) => {
      finished = resolve;
    });
    const threads = new HostThreads(
      (all) =>
        runHosts(all, async (client, port) => {
          await runClientHost(client, port, this.environment);
          finished();
        }),
      { threads: 1, clientsEach: 1 },
      true,
    );
    const owner = {
      received: (message: ControlEvent | typeof BELL): void => {
        if (message === BELL) this.bells++;
        else this.events.push(message);
      },
      died: (error: MqttError): void => {
        this.events.fail(error);
      },
    };
    this.#port = threads.open({ buffer, config, options: resolved.worker }, null, owner);
  }

  post(request: ControlRequest | typeof BELL): void {
    this.#port.postMessage(request);
  }

  /** The next event, which must be this one. That there is an attempt is told in passing. */
  async next<K extends ControlEvent['kind']>(kind: K): Promise<EventOf<K>> {
    let event = await this.events.take();
    if (event.kind === 'attempt' && kind !== 'attempt') event = await this.events.take();
    if (event.kind !== kind) throw new Error(`not ${kind}: ${JSON.stringify(event)}`);
    return event as EventOf<K>;
  }

  /** Starts, and returns the transport of the attempt. */
  async attempt(): Promise<FakeTransport> {
    this.post({ kind: 'start' });
    return this.environment.transports.take();
  }

  /** A connection that the Server has accepted. */
  async connected(): Promise<FakeTransport> {
    const transport = await this.attempt();
    await accept(transport);
    await this.next('connected');
    return transport;
  }

  async stop(timeoutMs = 1000): Promise<void> {
    this.post({ kind: 'stop', disconnect: NORMAL, timeoutMs, moreFollows: false });
    await this.settle();
  }

  /** Lets all messages between the two threads arrive. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 10; turn++) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  async close(): Promise<void> {
    this.post({ kind: 'close', disconnect: null, timeoutMs: 0, moreFollows: false });
    await this.#finished;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#port.close();
    await this.#finished;
  }
}

describe('a module that never ends its loading', () => {
  const ENDLESS = 'data:text/javascript,await new Promise(() => {})';

  test('the client is closed, after other requests → answered at once, and nothing is left', async () => {
    const host = new Harness({ transport: ENDLESS });
    host.post({ kind: 'start' });
    await host.close();
    await host.next('closed');
    expect(host.events.items).toEqual([]);
    expect(host.environment.timers).toEqual([]);
  });

  test('the client is gone → the host ends without a word', async () => {
    const host = new Harness({ topicAliasResolver: ENDLESS });
    await host.settle();
    expect(host.environment.timers).toHaveLength(1);
    await host[Symbol.asyncDispose]();
    expect(host.environment.timers).toEqual([]);
    expect(host.events.items).toEqual([]);
  });

  test.each([
    [{ transport: ENDLESS }, 'transport'],
    [{ topicAliasResolver: ENDLESS }, 'topicAliasResolver'],
    [{ topicAliasResolver: ENDLESS, transport: ENDLESS }, 'topicAliasResolver and transport'],
  ])('30 s have passed, %j → closed with the reason', async (options, which) => {
    await using host = new Harness(options);
    host.post({ kind: 'start' });
    await host.settle();
    // A thread that was blocked for long has waited for a second of that.
    host.environment.time += 31_000;
    host.environment.advance(28_999);
    await host.settle();
    expect(host.events.items).toEqual([]);
    host.environment.advance(1);
    const { error } = await host.next('closed');
    expect(error).toMatchObject({
      code: 'GNEISS_ERR_INVALID_OPTION',
      detail: `${which}: not loaded after 30 s`,
    });
  });
});

describe('connecting', () => {
  test('an attempt is told of once CONNECT is written, or after 20 ms, or before its failure', async () => {
    await using written = new Harness();
    const transport = await written.attempt();
    await written.settle();
    expect(written.events.items).toEqual([]);
    transport.events.opened();
    expect(transport.writes.items).toHaveLength(1);
    const server = { scheme: 'mqtt', host: 'server.example', port: 1883 };
    expect(await written.next('attempt')).toMatchObject({ server });

    await using slow = new Harness();
    await slow.attempt();
    slow.environment.advance(19);
    await slow.settle();
    expect(slow.events.items).toEqual([]);
    slow.environment.advance(1);
    expect(await slow.next('attempt')).toMatchObject({ server });
    slow.environment.advance(1000);
    await slow.settle();
    expect(slow.events.items).toEqual([]);

    await using refused = new Harness();
    const gone = await refused.attempt();
    gone.events.closed(new Error('refused'));
    await refused.next('attempt');
    await refused.next('failure');
  });

  test('transport opens → CONNECT in one write; CONNACK → connected with the settings', async () => {
    await using host = new Harness({ clientId: 'c', keepAlive: 7 });
    const transport = await host.attempt();
    expect(transport.route.endpoint).toEqual({
      host: 'server.example',
      port: 1883,
      secure: false,
      resource: null,
    });
    expect(transport.writes.items).toEqual([]);
    transport.events.opened();
    const connect = decoded(await transport.writes.take(), 5, 'client');
    expect(connect).toMatchObject({ type: CONNECT, clientId: 'c', keepAlive: 7 });
    transport.events.flushed();
    transport.receive(encodeAll([ACCEPTED], 5));
    expect((await host.next('connected')).settings).toMatchObject({ clientId: 'c', keepAlive: 7 });
  });

  test('the thread is held up, and CONNACK has come meanwhile → taken before it is called late, and reading goes on', async () => {
    await using host = new Harness({ connectTimeoutMs: 1000 });
    const transport = await host.attempt();
    transport.events.opened();
    await transport.writes.take();
    transport.events.flushed();
    host.environment.holdUp(5000);
    transport.receive(encodeAll([ACCEPTED], 5));
    expect(transport.isReading).toBe(true);
    await host.next('connected');
  });

  test('nothing for connectTimeoutMs, at whatever stage → one timeout for all of them together', async () => {
    for (const stage of ['opening', 'opened', 'half a CONNACK']) {
      await using host = new Harness({ connectTimeoutMs: 1000 });
      const transport = await host.attempt();
      host.environment.advance(600);
      if (stage !== 'opening') transport.events.opened();
      host.environment.advance(300);
      if (stage === 'half a CONNACK') transport.receive(Uint8Array.of(0x20, 0x03));
      host.environment.advance(99);
      expect([transport.isEnded, transport.isDestroyed], stage).toEqual([false, false]);
      host.environment.advance(1);
      // A transport that is open is ended in order; it has a bound of its own for that.
      transport.events.flushed();
      host.environment.advance(1000);
      expect(transport.isDestroyed, stage).toBe(true);
      transport.events.closed(null);
      const { error } = await host.next('failure');
      expect(error.code, stage).toBe('GNEISS_ERR_CONNECT_TIMEOUT');
    }
  });

  test('failures → attempts after exactly the delays, twice as long each time', async () => {
    await using host = new Harness({ reconnectDelayMinMs: 100, reconnectDelayMaxMs: 300 });
    let transport = await host.attempt();
    for (const delay of [100, 200, 300, 300]) {
      transport.events.closed(new Error('refused'));
      await host.next('failure');
      host.environment.advance(delay - 1);
      await host.settle();
      expect(host.environment.transports.items).toEqual([]);
      host.environment.advance(1);
      transport = await host.environment.transports.take();
    }
  });

  test('random 0 → the next attempt follows at once, without recursion', async () => {
    await using host = new Harness();
    host.environment.dice = 0;
    let transport = await host.attempt();
    for (let round = 0; round < 50; round++) {
      transport.events.closed(null);
      await host.next('failure');
      host.environment.advance(0);
      transport = await host.environment.transports.take();
    }
  });

  test('system error → in the failure, with its code', async () => {
    await using host = new Harness();
    const transport = await host.attempt();
    transport.events.closed(Object.assign(new Error('no route'), { code: 'EHOSTUNREACH' }));
    expect((await host.next('failure')).error).toMatchObject({
      code: 'GNEISS_ERR_CONNECT_FAILED',
      cause: { message: 'no route', code: 'EHOSTUNREACH' },
    });
  });

  test('a transport that is gone speaks up → nobody listens', async () => {
    await using host = new Harness({ reconnectDelayMinMs: 10, reconnectDelayMaxMs: 10 });
    const old = await host.connected();
    old.events.closed(null);
    await host.next('disconnection');
    host.environment.advance(10);
    const current = await host.environment.transports.take();
    old.events.opened();
    old.events.flushed();
    expect(old.events.buffer().length).toBeGreaterThan(0);
    expect(old.events.received(5)).toBe(false);
    expect(old.events.receivedChunk(encodeAll([ACCEPTED], 5))).toBe(false);
    old.events.closed(new Error('again'));
    await host.settle();
    expect(host.events.items).toEqual([]);
    await accept(current);
    await host.next('connected');
  });
});

describe('stop', () => {
  test('while stopped → nothing to tell: a second word would be taken for the next stop', async () => {
    await using host = new Harness();
    await host.stop();
    await host.attempt();
    expect(host.environment.transports.items).toHaveLength(0);
    expect(host.events.items).toEqual([]);
  });

  test('while opening → the transport is destroyed, the attempt failed because of it', async () => {
    await using host = new Harness();
    const transport = await host.attempt();
    await host.stop();
    expect(transport.isDestroyed).toBe(true);
    transport.events.closed(null);
    expect((await host.next('failure')).error.code).toBe('GNEISS_ERR_STOPPED');
    await host.next('stopped');
  });

  test('while CONNACK is awaited → no DISCONNECT, the transport ends', async () => {
    await using host = new Harness();
    const transport = await host.attempt();
    transport.events.opened();
    await transport.writes.take();
    transport.events.flushed();
    await host.stop();
    expect(transport.isEnded).toBe(true);
    expect(transport.writes.items).toEqual([]);
    transport.events.closed(null);
    expect((await host.next('failure')).error.code).toBe('GNEISS_ERR_STOPPED');
    await host.next('stopped');
  });

  test('while connected → DISCONNECT, then the end of the transport', async () => {
    await using host = new Harness();
    const transport = await host.connected();
    await host.stop();
    expect(decoded(await transport.writes.take(), 5, 'client')).toMatchObject(NORMAL);
    expect(transport.isEnded).toBe(true);
    transport.events.flushed();
    transport.events.closed(null);
    expect((await host.next('disconnection')).error.code).toBe('GNEISS_ERR_STOPPED');
    await host.next('stopped');
  });

  test('while waiting for the next attempt → stopped at once, and no attempt follows', async () => {
    await using host = new Harness({ reconnectDelayMinMs: 100, reconnectDelayMaxMs: 100 });
    const transport = await host.attempt();
    transport.events.closed(null);
    await host.next('failure');
    await host.stop();
    await host.next('stopped');
    host.environment.advance(1_000_000);
    await host.settle();
    expect(host.environment.transports.items).toEqual([]);
  });

  test('while it closes already → stopped once it has', async () => {
    await using host = new Harness();
    const transport = await host.connected();
    transport.receive(Uint8Array.of(0x00));
    await transport.writes.take();
    await host.stop();
    transport.events.flushed();
    transport.events.closed(null);
    // What went wrong first is what is told.
    expect((await host.next('disconnection')).error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    await host.next('stopped');
  });

  test('transport never ends → destroyed after a second; a write that never finishes, too', async () => {
    for (const isFlushed of [true, false]) {
      await using host = new Harness({ keepAlive: 0 });
      const transport = await host.attempt();
      transport.events.opened();
      if (isFlushed) transport.events.flushed();
      transport.receive(encodeAll([ACCEPTED], 5));
      await host.next('connected');
      await host.stop();
      host.environment.advance(999);
      expect(transport.isDestroyed).toBe(false);
      host.environment.advance(1);
      expect(transport.isDestroyed).toBe(true);
      transport.events.closed(null);
      await host.next('disconnection');
      await host.next('stopped');
    }
  });

  test('closed → the host lets go of everything; so it does when its port closes', async () => {
    const closing = new Harness();
    const transport = await closing.connected();
    const finished = closing.close();
    await closing.settle();
    transport.events.closed(null);
    await finished;
    await closing.next('disconnection');
    await closing.next('closed');
    expect(closing.environment.timers).toEqual([]);

    const abandoned = new Harness();
    const other = await abandoned.connected();
    await abandoned[Symbol.asyncDispose]();
    expect(other.isDestroyed).toBe(true);
    expect(abandoned.environment.timers).toEqual([]);
  });
});

describe('keep-alive', () => {
  test('silence for the keep-alive → PINGREQ; no PINGRESP in time → the connection is given up', async () => {
    await using host = new Harness({ keepAlive: 10, pingTimeoutMs: 3000 });
    const transport = await host.connected();
    host.environment.advance(9999);
    expect(transport.writes.items).toEqual([]);
    host.environment.advance(1);
    expect(decoded(await transport.writes.take(), 5, 'client').type).toBe(PINGREQ);
    transport.events.flushed();
    host.environment.advance(2999);
    expect(transport.isEnded).toBe(false);
    host.environment.advance(1);
    expect(transport.isEnded).toBe(true);
    transport.events.closed(null);
    expect((await host.next('disconnection')).error.code).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
  });

  describe('the thread is held up while PINGRESP is awaited', () => {
    /** Connected, and PINGREQ is sent. */
    async function pinging() {
      const host = new Harness({ keepAlive: 10, pingTimeoutMs: 3000 });
      const transport = await host.connected();
      host.environment.advance(10_000);
      expect(decoded(await transport.writes.take(), 5, 'client').type).toBe(PINGREQ);
      transport.events.flushed();
      return { host, transport };
    }

    test('it has come meanwhile → it is read before it is called late', async () => {
      const { host, transport } = await pinging();
      host.environment.holdUp(5000);
      transport.receive(encodeAll([PINGRESP], 5));
      await host.settle();
      expect(transport.isEnded).toBe(false);
      await host[Symbol.asyncDispose]();
    });

    test('something else comes first → it is read all the same', async () => {
      const { host, transport } = await pinging();
      host.environment.time += 5000;
      // All these lead to turns, and the timer has yet to fire.
      host.post(BELL);
      transport.events.flushed();
      await host.settle();
      expect(transport.isEnded).toBe(false);
      transport.receive(encodeAll([PINGRESP], 5));
      host.environment.holdUp(0);
      await host.settle();
      expect(transport.isEnded).toBe(false);
      await host[Symbol.asyncDispose]();
    });

    test('only after the timer has fired for something else → it is read before it is called late', async () => {
      const { host, transport } = await pinging();
      // A turn sets the timer for PINGREQ no later than for PINGRESP: it fires first for nothing.
      host.environment.time += 2000;
      for (const { fire } of host.environment.timers.splice(0)) fire();
      host.environment.time += 5000;
      await host.settle();
      expect(transport.isEnded).toBe(false);
      transport.receive(encodeAll([PINGRESP], 5));
      await host.settle();
      expect(transport.isEnded).toBe(false);
      await host[Symbol.asyncDispose]();
    });

    test('nothing has come → the connection is given up', async () => {
      const { host, transport } = await pinging();
      host.environment.holdUp(5000);
      await host.settle();
      expect(transport.isEnded).toBe(true);
      await host[Symbol.asyncDispose]();
    });
  });

  test('a write that hangs → noticed by the keep-alive all the same', async () => {
    await using host = new Harness({ keepAlive: 10 });
    const transport = await host.attempt();
    transport.events.opened();
    transport.receive(encodeAll([ACCEPTED], 5));
    await host.next('connected');
    // The CONNECT is never flushed.
    host.environment.advance(10_000 + 5000);
    host.environment.advance(1000);
    expect(transport.isDestroyed).toBe(true);
  });
});

describe('a write that the transport does not take', () => {
  /** Connected; the next write hangs. */
  async function hanging(options: ClientOptions) {
    const host = new Harness({ keepAlive: 0, ...options });
    const transport = await host.connected();
    transport.receive(
      encodeAll([{ type: PacketType.PUBREL, packetId: 1, reasonCode: 0, properties: {} }], 5),
    );
    await transport.writes.take();
    return { host, transport };
  }

  test('for writeTimeoutMs → the connection is given up, without keep-alive, too, and made again', async () => {
    const delay = { reconnectDelayMinMs: 10, reconnectDelayMaxMs: 10 };
    const { host, transport } = await hanging({ writeTimeoutMs: 5000, ...delay });
    await using _ = host;
    host.environment.advance(4999 + 1000);
    expect(transport.isDestroyed).toBe(false);
    host.environment.advance(1);
    expect(transport.isDestroyed).toBe(true);
    transport.events.closed(null);
    await host.next('tolerated');
    expect((await host.next('disconnection')).error.code).toBe('GNEISS_ERR_WRITE_TIMEOUT');
    host.environment.advance(10);
    const next = await host.environment.transports.take();
    // The new connection has nothing to do with the time of the old one.
    await accept(next);
    await host.next('connected');
    host.environment.advance(1_000_000);
    expect([next.isEnded, next.isDestroyed]).toEqual([false, false]);
  });

  test('taken in time → nothing; each write has the whole time', async () => {
    const { host, transport } = await hanging({ writeTimeoutMs: 5000 });
    await using _ = host;
    for (let packetId = 2; packetId < 6; packetId++) {
      host.environment.advance(4999);
      transport.events.flushed();
      transport.receive(
        encodeAll([{ type: PacketType.PUBREL, packetId, reasonCode: 0, properties: {} }], 5),
      );
      await transport.writes.take();
    }
    transport.events.flushed();
    host.environment.advance(1_000_000);
    expect([transport.isEnded, transport.isDestroyed]).toEqual([false, false]);
  });

  test('writeTimeoutMs 0 → never given up for that', async () => {
    const { host, transport } = await hanging({ writeTimeoutMs: 0 });
    await using _ = host;
    host.environment.advance(1_000_000_000);
    expect(transport.isDestroyed).toBe(false);
  });

  test('a packet of 4 MiB → has four times as long', async () => {
    const { client, transport, environment } = await fakeClient({
      keepAlive: 0,
      writeTimeoutMs: 1000,
    });
    const lost = nextEvent(client, 'disconnection');
    const failed = errorOf(client.publish('a', new Uint8Array(4 << 20)));
    expect((await transport.writes.take()).length).toBeGreaterThan(4 << 20);
    environment.advance(4000 + 999);
    expect(transport.isDestroyed).toBe(false);
    environment.advance(10);
    expect(transport.isDestroyed).toBe(true);
    transport.events.closed(null);
    expect((await lost)[0].error.code).toBe('GNEISS_ERR_WRITE_TIMEOUT');
    expect((await failed).code).toBe('GNEISS_ERR_CONNECTION_LOST');
    client.destroy();
  });
});

describe('turns', () => {
  test('many packets in one read → one write for all that they cause, and bells coalesced', async () => {
    await using host = new Harness();
    const transport = await host.connected();
    await host.settle();
    host.bells = 0;
    // PUBRELs of unknown identifiers are answered one by one.
    const packets = Array.from({ length: 100 }, (_, index): Packet => {
      return { type: PacketType.PUBREL, packetId: index + 1, reasonCode: 0, properties: {} };
    });
    transport.receive(encodeAll(packets, 5));
    await host.settle();
    expect(transport.writes.items).toHaveLength(1);
    expect(transport.writes.items[0]!.length).toBe(100 * 5);
    transport.receive(
      encodeAll(
        Array.from({ length: 100 }, () => publishPacket({})),
        5,
      ),
    );
    await host.settle();
    // Nobody has answered the bell: there is no second one.
    transport.receive(encodeAll([publishPacket({})], 5));
    await host.settle();
    expect(host.bells).toBeLessThanOrEqual(1);
  });

  test('while a write is with the transport → nothing is written; after it, all of it at once', async () => {
    await using host = new Harness();
    const transport = await host.attempt();
    transport.events.opened();
    await transport.writes.take();
    transport.receive(encodeAll([ACCEPTED], 5));
    for (const packetId of [1, 2, 3]) {
      transport.receive(
        encodeAll([{ type: PacketType.PUBREL, packetId, reasonCode: 0, properties: {} }], 5),
      );
    }
    expect(transport.writes.items).toEqual([]);
    transport.events.flushed();
    expect(transport.writes.items).toHaveLength(1);
    expect(transport.writes.items[0]!.length).toBe(15);
  });
});

describe('a client over fake transports', () => {
  test('bytes in memory of the transport → the same as bytes in ours, at every split', async () => {
    const packets = Array.from({ length: 12 }, (_, index) =>
      publishPacket({
        topicName: `t/${index % 3}`,
        payload: `payload ${index}`,
        properties: { contentType: `${index}` },
      }),
    );
    const bytes = encodeAll(packets, 5);
    const expected = packets.map(({ topicName, payload, properties }) => [
      topicName,
      new TextDecoder().decode(payload),
      properties.contentType,
    ]);
    for (const way of ['receive', 'receiveChunk'] as const) {
      for (const size of [1, 2, 3, 7, 50, 1000]) {
        const { client, transport } = await fakeClient();
        const seen: unknown[] = [];
        const done = new Inbox<null>();
        client.on('message', (message) => {
          seen.push([message.topicName, message.text(), message.properties.contentType]);
          if (seen.length === packets.length) done.push(null);
        });
        for (let start = 0; start < bytes.length; start += size) {
          transport[way](bytes.subarray(start, start + size));
        }
        await done.take();
        expect(seen, `${way} ${size}`).toEqual(expected);
        client.destroy();
      }
    }
  });

  test('chunks larger than all memory → kept back, and taken over as there is room', async () => {
    const { client, transport } = await fakeClient({
      inboundMemoryBytes: 524_288,
      maximumPacketSize: 65_536,
    });
    const packets = Array.from({ length: 400 }, (_, index) =>
      publishPacket({ payload: new Uint8Array(5000).fill(index) }),
    );
    const sums: number[] = [];
    const done = new Inbox<null>();
    client.on('message', ({ payload }) => {
      sums.push(payload[0]! + payload[4999]!);
      if (sums.length === packets.length) done.push(null);
    });
    transport.receiveChunk(encodeAll(packets.slice(0, 399), 5));
    expect(transport.isReading).toBe(false);
    while (!transport.isReading) await new Promise((resolve) => setImmediate(resolve));
    transport.receiveChunk(encodeAll(packets.slice(399), 5));
    await done.take();
    expect(sums).toEqual(packets.map((_, index) => 2 * (index & 0xff)));
    expect(client.stats().payloadCopiesIn).toBeGreaterThan(0);
    client.destroy();
  });

  test('expires while there is no connection → fails then, and makes room for one that waits', async () => {
    const far = { reconnectDelayMinMs: 1_000_000, reconnectDelayMaxMs: 1_000_000 };
    const { client, transport, environment } = await fakeClient({
      ...far,
      offlineQueueFull: 'wait',
      offlineQueueMaximumMessages: 1,
    });
    const lost = nextEvent(client, 'disconnection');
    transport.events.closed(null);
    await lost;
    const expired = errorOf(client.publish('a', 'x', { qos: 1, messageExpiryInterval: 30 }));
    // It has waited for room, too: its time runs from its call.
    const waiting = errorOf(client.publish('a', 'y', { qos: 1, messageExpiryInterval: 60 }));
    expect(client.stats().publishesWaiting).toBe(1);
    while (client.stats().queued < 1) await new Promise((resolve) => setImmediate(resolve));
    environment.advance(31_000);
    expect((await expired).code).toBe('GNEISS_ERR_MESSAGE_EXPIRED');
    while (client.stats().queued < 1) await new Promise((resolve) => setImmediate(resolve));
    expect(client.stats()).toMatchObject({ publishesWaiting: 0, queued: 1 });
    environment.advance(30_000);
    expect((await waiting).code).toBe('GNEISS_ERR_MESSAGE_EXPIRED');
    expect(client.stats().queued).toBe(0);
    client.destroy();
  });

  test('one that nobody awaits expires → ready resolves, although nothing else happens', async () => {
    const { client, transport, environment } = await fakeClient({
      reconnectDelayMinMs: 1_000_000,
      reconnectDelayMaxMs: 1_000_000,
      offlineQueueMaximumMessages: 1,
    });
    const lost = nextEvent(client, 'disconnection');
    transport.events.closed(null);
    await lost;
    expect(client.tryPublish('a', 'x', { qos: 1, messageExpiryInterval: 30 })).toBe(true);
    while (client.stats().queued < 1) await new Promise((resolve) => setImmediate(resolve));
    expect(client.tryPublish('a', 'y', { qos: 1 })).toBe(false);
    const ready = client.ready();
    environment.advance(31_000);
    await ready;
    expect(client.tryPublish('a', 'y', { qos: 1 })).toBe(true);
    client.destroy();
  });

  test('waits longer than its expiry → GNEISS_ERR_MESSAGE_EXPIRED; what is left of another is counted down', async () => {
    const delay = { reconnectDelayMinMs: 30_500, reconnectDelayMaxMs: 30_500 };
    const { client, transport, environment } = await fakeClient(delay);
    const lost = nextEvent(client, 'disconnection');
    transport.events.closed(null);
    await lost;
    const old = errorOf(client.publish('a', 'old', { qos: 1, messageExpiryInterval: 30 }));
    const fresh = client.publish('a', 'new', { qos: 1, messageExpiryInterval: 100 });
    while (client.stats().queued < 2) await new Promise((resolve) => setImmediate(resolve));
    environment.advance(30_500);
    const next = await environment.transports.take();
    await accept(next);
    expect((await old).code).toBe('GNEISS_ERR_MESSAGE_EXPIRED');
    const packet = decoded(await next.writes.take(), 5, 'client');
    expect(packet).toMatchObject({ type: PUBLISH, properties: { messageExpiryInterval: 70 } });
    next.events.flushed();
    next.receive(encodeAll([{ type: PUBACK, packetId: 1, reasonCode: 0, properties: {} }], 5));
    await fresh;
    client.destroy();
  });
});

/** A client of the sources whose host runs here, over fake transports; connected. */
async function fakeClient(options: ClientOptions = {}) {
  const environment = new FakeEnvironment();
  // The facade stamps messages with the real clock, from which this one starts.
  environment.time = Math.ceil(performance.timeOrigin + performance.now());
  handEnvironment(environment);
  const client = new MqttClient('mqtt://server.example', {
    ...options,
    thread: 'inline',
    workerUrl: new URL('./fake-worker.ts', import.meta.url),
  });
  const success = nextEvent(client, 'connectionSuccess');
  client.start();
  const transport = await environment.transports.take();
  await accept(transport);
  await success;
  return { client, transport, environment };
}

async function accept(transport: FakeTransport): Promise<void> {
  transport.events.opened();
  await transport.writes.take();
  transport.events.flushed();
  transport.receive(encodeAll([ACCEPTED], 5));
}

test('no room for the word of a connection between messages → its messages wait until there is', async () => {
  await using host = new Harness({ reconnectDelayMinMs: 10, reconnectDelayMaxMs: 10 });
  const { words, config } = host.memory;
  const ring = new RingConsumer(host.memory, 'delivery');
  /** The number of each connection, and M for each row of messages. */
  const take = (): string => {
    let text = '';
    for (; ring.next() !== -1; ring.advance()) {
      const record = ring.next();
      const flags = words[record + DELIVERY.flags]!;
      if (flags === DeliveryFlag.CONNECTED) text += words[record + DELIVERY.receipt];
      else if (flags < DeliveryFlag.TOPIC && !text.endsWith('M')) text += 'M';
    }
    ring.release();
    return text;
  };

  const first = await host.connected();
  const messages = Array.from({ length: config.deliveryRecords }, () => publishPacket({}));
  first.receive(encodeAll(messages, 5));
  await host.settle();
  let last = first;
  for (let connection = 2; connection <= 3; connection++) {
    last.events.closed(null);
    host.environment.advance(10);
    last = await host.environment.transports.take();
    await accept(last);
  }
  last.receive(encodeAll([publishPacket({})], 5));
  await host.settle();
  expect(ring.pending).toBe(config.deliveryRecords);
  expect(take()).toBe('M2');
  expect(ring.takeStarved()).toBe(true);
  host.post(BELL);
  await host.settle();
  expect(take()).toBe('3M');
});
