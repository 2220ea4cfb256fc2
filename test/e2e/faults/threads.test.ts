import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type ClientOptions, connect, type ProtocolVersion } from 'gneiss-mqtt';
import { type BrokerClient, PacketType } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { AUTHORITY, brokerBeyond, durable, silentRoad, WAYS } from '../../support/faulty-road.js';
import { Gate } from '../../support/gate.js';
import { Inbox } from '../../support/scripted-server.js';

/** A program that was started, and what it has written. */
interface Program {
  readonly child: ChildProcess;
  readonly lines: Inbox<string>;
  /** Its exit code. */
  readonly ended: Promise<unknown>;
}

function start(script: string, args: readonly string[]): Program {
  const path = fileURLToPath(new URL(`./fixtures/${script}`, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = new Inbox<string>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
  });
  const ended = once(child, 'exit').then(([code]: unknown[]) => {
    lines.fail(new Error(`it ended with ${String(code)}`));
    return code;
  });
  return { child, lines, ended };
}

function optionsOf(protocolVersion: ProtocolVersion): ClientOptions {
  return {
    ...durable(protocolVersion),
    clientId: 'watching',
    keepAlive: 1,
    inboundMemoryBytes: 524_288,
    reconnectDelayMinMs: 1,
    reconnectDelayMaxMs: 5,
    tls: { ca: AUTHORITY.cert },
  };
}

interface Ending {
  /** How many different messages. */
  readonly received: number;
  readonly published: number;
  /** How the promises have ended, at QoS 0 and 1. */
  readonly endings: readonly [readonly string[], readonly string[]];
}

interface Sight {
  readonly losses: number;
  readonly received: number;
  readonly connections: number;
  readonly growthMiB: number;
}

/** Each road, and each version twice: a process for each of them takes its time. */
const SOME_WAYS = WAYS.filter((_, at) => [0, 3, 4, 7].includes(at));

describe.each(SOME_WAYS)('$road, MQTT $protocolVersion', ({ road, protocolVersion }) => {
  const options = JSON.stringify(optionsOf(protocolVersion));

  test('the main thread is blocked for longer than the keep-alive, and flooded → no ping is missed, the memory is bounded, all arrives', async () => {
    await using way = await brokerBeyond(road);
    const patient = JSON.stringify({ ...optionsOf(protocolVersion), keepAlive: 2 });
    const { lines, ended } = start('watching-client.mjs', [way.url, patient, '3500']);
    expect(await lines.take()).toBe('ready');
    const count = 20_000;
    const payload = new Uint8Array(1000);
    for (let at = 0; at < count; at++) way.broker.publish({ topicName: 'flood', payload, qos: 1 });
    way.broker.publish({ topicName: 'last', qos: 1 });
    const { losses, received, connections, growthMiB } = JSON.parse(await lines.take()) as Sight;
    expect([losses, connections, received]).toEqual([0, 1, count]);
    // Of the 20 MB that were sent to it, it holds what its memory for them holds.
    expect(growthMiB).toBeLessThan(16);
    expect(await ended).toBe(0);
  });

  test.concurrent('the thread is held up while PINGRESP is on its way → it is read before it is called late', async () => {
    await using way = await brokerBeyond(road);
    way.proxy.shape({ delayMs: 50 }, ['down']);
    const hasty = { ...optionsOf(protocolVersion), keepAlive: 2, pingTimeoutMs: 200 };
    const { lines, ended } = start('held-up-client.mjs', [way.url, JSON.stringify(hasty), '1500']);
    expect(await lines.take()).toBe('answered');
    expect(await ended).toBe(0);
  });

  test.skipIf(process.platform === 'win32').concurrent.each([
    ['what the Server says of it arrives', 'pass'],
    ['the network has forgotten the connection', 'swallow'],
  ] as const)(
    'the process is stopped for five keep-alives, and continued (%s) → finds the connection dead, every promise settles, nothing acknowledged is lost',
    async (_, mode) => {
      await using way = await brokerBeyond(road);
      const numbers = new Set<string>();
      const end = new Gate();
      await using watching = await connect(way.broker.url, { keepAlive: 1 });
      await watching.subscribe('out/1', { qos: 1 }, (message) => {
        numbers.add(message.text());
        if (message.text() === 'end') end.open();
      });
      const { child, lines, ended } = start('stopped-client.mjs', [
        way.url,
        JSON.stringify({ ...optionsOf(protocolVersion), connectTimeoutMs: 2000 }),
      ]);
      expect(JSON.parse(await lines.take())).toBe('busy');
      child.kill('SIGSTOP');
      way.proxy.shape({ mode });
      const given = way.broker.waitFor('disconnect');
      // A client that does nothing else tells the time.
      let pings = 0;
      const fivePings = way.broker.waitFor(
        'packet',
        ({ clientId }, { type }) =>
          clientId === 'clock' && type === PacketType.PINGREQ && ++pings === 5,
      );
      await using _clock = await connect(way.broker.url, { keepAlive: 1, clientId: 'clock' });
      await Promise.all([given, fivePings]);
      for (let at = 0; at < 100; at++) way.broker.publish({ topicName: `in/${at}`, qos: 1 });
      child.kill('SIGCONT');
      const { lost } = JSON.parse(await lines.take()) as { readonly lost: string };
      if (mode === 'swallow') expect(lost).toBe('GNEISS_ERR_KEEP_ALIVE_TIMEOUT');
      // The next attempt may have begun already, and come to nothing.
      way.proxy.shape({ mode: 'pass' });
      way.broker.publish({ topicName: 'last', qos: 1 });
      const { received, published, endings } = JSON.parse(await lines.take()) as Ending;
      expect(received).toBe(100);
      expect(endings[1]).toEqual(['fulfilled']);
      for (const code of endings[0])
        expect(['fulfilled', 'GNEISS_ERR_CONNECTION_LOST', 'GNEISS_ERR_OFFLINE']).toContain(code);
      await end.promise;
      expect(numbers.size).toBe(published + 1);
      expect(await ended).toBe(0);
    },
  );

  test('the worker runs out of memory → every promise settles with one typed error, and the next client works', async () => {
    await using way = await brokerBeyond(road);
    // Whether its publishes are under way before it starves or not: it gets no answer, and the next client does.
    let starving: BrokerClient | null = null;
    way.broker.once('connect', (client) => {
      starving = client;
    });
    const unanswered = {
      times: Number.POSITIVE_INFINITY,
      client: (client: BrokerClient) => client === starving,
    };
    way.broker.faults.drop(PacketType.PUBACK, unanswered);
    way.broker.faults.drop(PacketType.PUBREC, unanswered);
    const { lines, ended } = start('starving-client.mjs', [way.url, options]);
    const died = 'GNEISS_ERR_WORKER_DIED';
    expect(JSON.parse(await lines.take())).toEqual({
      codes: [died, died, died, 'fulfilled'],
      closed: died,
      late: died,
      cause: 'ERR_WORKER_OUT_OF_MEMORY',
      reasonCode: protocolVersion === 5 ? 0x10 : 0,
    });
    expect(await ended).toBe(0);
  });

  test.each(['worker', 'inline'] as const)(
    'ended at every stage (%s) → everything settles, nothing is left, and the process ends by itself',
    async (thread) => {
      await using way = await brokerBeyond(road);
      await using silence = await silentRoad(road);
      await using nowhere = await silentRoad(road);
      nowhere.proxy.refuse();
      way.broker.faults.drop(PacketType.PUBACK, { times: Number.POSITIVE_INFINITY });
      way.broker.faults.drop(PacketType.PUBREC, { times: Number.POSITIVE_INFINITY });
      const { keepAlive: _, clientId: __, ...rest } = optionsOf(protocolVersion);
      const { lines, ended } = start('closing-client.mjs', [
        JSON.stringify({
          served: way.url,
          silent: silence.url,
          refused: nowhere.url,
          options: { ...rest, thread, sessionExpiryInterval: undefined, rejoinSession: 'never' },
        }),
      ]);
      const { endings, left } = JSON.parse(await lines.take()) as {
        readonly endings: Readonly<Record<string, readonly string[]>>;
        readonly left: readonly string[];
      };
      const closed = 'GNEISS_ERR_CLOSED';
      const after = [closed, 'closed'];
      for (const end of ['close', 'destroy']) {
        expect(endings[`${end} when never started`]).toEqual(after);
        expect(endings[`${end} when started just now`]).toEqual(after);
        expect(endings[`${end} when waiting for the Server`]).toEqual([closed, closed, ...after]);
        expect(endings[`${end} when waiting to try again`]).toEqual([closed, ...after]);
        expect(endings[`${end} when connected`]).toEqual(after);
        expect(endings[`${end} when waiting for acknowledgements`]).toEqual([
          closed,
          closed,
          'fulfilled',
          ...after,
        ]);
        expect(endings[`${end} when stopping`]).toEqual([closed, 'fulfilled', ...after]);
        expect(endings[`${end} when stopped for now`]).toEqual([closed, ...after]);
      }
      expect(left).toEqual([]);
      expect(await ended).toBe(0);
      await Promise.all([way.proxy.idle(), silence.proxy.idle()]);
    },
  );
});
