import { once } from 'node:events';
import { type ClientOptions, connect, type MqttError } from 'gneiss-mqtt';
import { startBroker } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { MqttClient } from '../../../src/client/mqtt-client.js';
import { type HostEnvironment, NODE_ENVIRONMENT } from '../../../src/host/environment.js';
import type { Route } from '../../../src/transport/route.js';
import type { Transport, TransportEvents } from '../../../src/transport/transport.js';
import { handEnvironment } from '../../support/fake-environment.js';
import { brokerBeyond, IMPATIENT, WAYS } from '../../support/faulty-road.js';
import { Gate } from '../../support/gate.js';
import { HAS_MOSQUITTO, Mosquitto } from '../../support/mosquitto.js';
import { Prng } from '../../support/prng.js';

const LONGEST_MS = 60_000;
const RESET_MS = 30_000;
const OPTIONS: ClientOptions = {
  reconnectDelayMinMs: 100,
  reconnectDelayMaxMs: LONGEST_MS,
  reconnectResetMs: RESET_MS,
  // Time that passes in a delay is not to end what goes on.
  connectTimeoutMs: 10 * LONGEST_MS,
  keepAlive: 0,
  writeTimeoutMs: 0,
};

/** A random part of it is longer than any test. */
const ENDLESS_MS = 2 ** 31 - 1;

/** The real network, and a clock that jumps over every delay. */
class HurriedEnvironment implements HostEnvironment {
  readonly #random = new Prng(7);
  #ahead = 0;
  /** What was drawn for each delay. */
  readonly draws: number[] = [];
  /** What was waited after each draw; nothing where it came to nothing. */
  readonly delays = new Map<number, number>();
  readonly defer = NODE_ENVIRONMENT.defer;
  /** A delay was drawn, and no attempt has followed yet. */
  #waits = false;

  now(): number {
    return NODE_ENVIRONMENT.now() + this.#ahead;
  }

  random(): number {
    const draw = this.#random.next() / 2 ** 32;
    this.draws.push(draw);
    this.#waits = true;
    return draw;
  }

  openTransport(route: Route, events: TransportEvents): Transport {
    this.#waits = false;
    return NODE_ENVIRONMENT.openTransport(route, events);
  }

  setTimer(delayMs: number, fire: () => void) {
    if (!this.#waits) return NODE_ENVIRONMENT.setTimer(delayMs, fire);
    this.delays.set(this.draws.length - 1, delayMs);
    this.pass(delayMs);
    return NODE_ENVIRONMENT.setTimer(0, fire);
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.#ahead += ms;
  }
}

/** @param environment Clients that share it share its clock. */
function hurriedClient(
  url: string,
  options: ClientOptions,
  environment = new HurriedEnvironment(),
) {
  handEnvironment(environment);
  const client = new MqttClient(url, {
    ...IMPATIENT,
    ...OPTIONS,
    ...options,
    thread: 'inline',
    workerUrl: new URL('../../host/fake-worker.ts', import.meta.url),
  });
  return { client, environment };
}

/** The longest that may be waited after so many short connections. */
function limitAfter(cuts: number): number {
  return Math.min(100 * 2 ** cuts, LONGEST_MS);
}

describe.each(WAYS)('$road, MQTT $protocolVersion', ({ road, protocolVersion }) => {
  test('accepted and cut 100 times → the delays grow to the longest, each drawn anew; after a stable connection they start over', async () => {
    await using way = await brokerBeyond(road);
    const { client, environment } = hurriedClient(way.url, { protocolVersion });
    await using _ = client;
    const cuts = 100;
    let connections = 0;
    const stable = new Promise<void>((resolve) => {
      client.on('connectionSuccess', () => {
        if (++connections === cuts + 1) resolve();
        else way.proxy.cut(connections % 2 === 0 ? 'end' : 'reset');
      });
    });
    client.start();
    await stable;
    expect(environment.draws).toHaveLength(cuts);
    expect(new Set(environment.draws).size).toBe(cuts);
    for (const [at, draw] of environment.draws.entries())
      expect(environment.delays.get(at) ?? 0).toBeLessThanOrEqual(Math.ceil(draw * limitAfter(at)));
    // All but the first ten are parts of the longest.
    const sum = Array.from({ length: 90 }, (_, at) => environment.delays.get(at + 10) ?? 0).reduce(
      (one, other) => one + other,
    );
    const drawn = environment.draws.slice(10).reduce((one, other) => one + other);
    expect(sum / LONGEST_MS).toBeCloseTo(drawn, 0);
    environment.pass(RESET_MS + 1);
    const connected = once(client, 'connectionSuccess');
    way.proxy.cut('end');
    await connected;
    expect(environment.delays.get(cuts) ?? 0).toBeLessThanOrEqual(limitAfter(0));
  });
});

describe.each(WAYS)('$road, MQTT $protocolVersion, two clients of one name', (way) => {
  test('the second takes over → the first does not fight for it', async () => {
    const { protocolVersion } = way;
    await using beyond = await brokerBeyond(way.road);
    // MQTT 3.1.1 has no words for it: there only the delays, which double with each short connection, keep the peace.
    const isTold = protocolVersion === 5;
    const options: ClientOptions = {
      ...IMPATIENT,
      protocolVersion,
      clientId: 'same',
      reconnectDelayMinMs: isTold ? 1 : ENDLESS_MS,
      reconnectDelayMaxMs: ENDLESS_MS,
    };
    await using first = await connect(beyond.url, options);
    const lost = once(first, 'disconnection') as Promise<[{ readonly error: MqttError }]>;
    await using second = await connect(beyond.url, options);
    const { code, reasonCode } = (await lost)[0].error;
    expect([code, reasonCode]).toEqual(
      isTold ? ['GNEISS_ERR_SERVER_DISCONNECT', 0x8e] : ['GNEISS_ERR_CONNECTION_CLOSED', undefined],
    );
    for (let at = 0; at < 5; at++) await second.publish('a', 'x', { qos: 1 });
    expect(beyond.proxy.connections).toBe(2);
    expect(first.state).toBe('reconnecting');
  });
});

// MQTT 3.1.1 has no words for who has taken a Session over.
describe.each(['embedded broker', ...(HAS_MOSQUITTO ? ['mosquitto'] : [])])(
  '%s, MQTT 4, two clients of one name',
  (name) => {
    test('each takes over from the other, and is not told why → the delays grow to the longest, and it is no war', async () => {
      await using broker = await (name === 'mosquitto' ? Mosquitto.start() : startBroker());
      const environment = new HurriedEnvironment();
      const options: ClientOptions = { protocolVersion: 4, clientId: 'same' };
      const takeovers = 60;
      let connections = 0;
      const fought = new Gate();
      const start = async (): Promise<AsyncDisposable> => {
        const { client } = hurriedClient(broker.url, options, environment);
        client.on('connectionSuccess', () => {
          if (++connections === takeovers) fought.open();
        });
        client.start();
        await once(client, 'connectionSuccess');
        return client;
      };
      await using _ = await start();
      await using __ = await start();
      await fought.promise;
      const waits = environment.draws.map((_, at) => environment.delays.get(at) ?? 0);
      for (const [at, draw] of environment.draws.slice(0, 16).entries())
        expect(waits[at]).toBeLessThanOrEqual(Math.ceil(draw * limitAfter(Math.floor(at / 2))));
      // A connection lasts as long as the other client waits. Where that is long its own delays start over, so that one of
      // the two may be quick; the other one waits all the longer.
      const grown = waits.slice(20);
      const sum = grown.reduce((one, other) => one + other);
      expect(sum / grown.length).toBeGreaterThan(LONGEST_MS / 8);
    });
  },
);
