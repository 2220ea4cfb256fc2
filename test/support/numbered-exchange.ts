import { setTimeout } from 'node:timers/promises';
import { type ClientOptions, MqttClient, type MqttError, type ProtocolVersion } from 'gneiss-mqtt';
import mqttjs, { type MqttClient as MqttJsClient } from 'mqtt';
import { FaultProxy } from './fault-proxy.js';
import type { Cut, Direction } from './faulty-link.js';
import { Inbox } from './scripted-server.js';

const SERIES = ['0', '1', '2', 'fence'] as const;
type Series = (typeof SERIES)[number];
/** What has come, in the order of arrival. */
type Arrivals = Readonly<Record<Series, string[]>>;

const NUMBERS: readonly string[] = ['1', '2', '3'];
/** A run takes some milliseconds; one that takes so long hangs. */
const HANGS_AFTER_MS = 20_000;
/** Codes that end a QoS 0 publish whose connection breaks. */
const LOST = new Set(['GNEISS_ERR_CONNECTION_LOST', 'GNEISS_ERR_OFFLINE']);

const OPTIONS: ClientOptions = {
  thread: 'inline',
  // In 3.1.1 a Session that begins clean ends with its connection.
  rejoinSession: 'always',
  reconnectDelayMinMs: 1,
  reconnectDelayMaxMs: 2,
  maximumPendingOperations: 64,
  inboundMemoryBytes: 524_288,
  outboundMemoryBytes: 524_288,
};

/** One run: a session of its own. */
export interface Run {
  /** The Client Identifier, and a level of its topics. */
  readonly name: string;
  readonly protocolVersion: ProtocolVersion;
  readonly cut: Cut | null;
}

/** What a run has come to. */
export interface Verdict {
  /** What is wrong with it; empty: nothing. */
  readonly faults: readonly string[];
  /** Messages of QoS 1 that came again. */
  readonly duplicates: number;
  /** Bytes of the first connection. */
  readonly passed: Readonly<Record<Direction, number>>;
  readonly isCut: boolean;
  /** A connection that was not the first has resumed the Session. */
  readonly isResumed: boolean;
}

/** The other end of all runs: a client of another make, which is never cut. */
export class OtherEnd implements AsyncDisposable {
  readonly #client: MqttJsClient;
  readonly #runs = new Map<string, { readonly arrivals: Arrivals; readonly fenced: () => void }>();

  private constructor(client: MqttJsClient) {
    this.#client = client;
    client.on('message', (topicName, payload) => {
      const [, name, series] = topicName.split('/');
      const run = this.#runs.get(name!);
      if (run === undefined) return;
      run.arrivals[series as Series].push(payload.toString());
      if (series === 'fence') run.fenced();
    });
  }

  static async connect(url: string): Promise<OtherEnd> {
    const client = await mqttjs.connectAsync(url, { protocolVersion: 5 });
    await client.subscribeAsync('up/#', { qos: 2 });
    return new OtherEnd(client);
  }

  /** Collects what comes of a run. @param fenced Called when its fence has come. */
  collect(name: string, fenced: () => void): Arrivals {
    const arrivals = noArrivals();
    this.#runs.set(name, { arrivals, fenced });
    return arrivals;
  }

  /** Publishes the numbered series to a run; resolves once the Server has all of them. */
  async publishSeries(name: string): Promise<void> {
    await Promise.all(
      ([0, 1, 2] as const).flatMap((qos) =>
        NUMBERS.map(async (text) =>
          this.#client.publishAsync(`down/${name}/${qos}`, text, { qos }),
        ),
      ),
    );
  }

  async publishFence(name: string): Promise<void> {
    await this.#client.publishAsync(`down/${name}/fence`, 'fence', { qos: 2 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.endAsync(true);
  }
}

/**
 * A whole session of our client, of which one connection may be cut: it subscribes, publishes a numbered series at each QoS and
 * receives one, unsubscribes and stops. The fences, which follow when all else is settled, show that nothing is still to come.
 *
 * @param port Of the Server.
 */
export async function exchange(port: number, other: OtherEnd, run: Run): Promise<Verdict> {
  await using proxy = await FaultProxy.start(port, run.cut);
  const client = new MqttClient(proxy.url, {
    ...OPTIONS,
    clientId: run.name,
    protocolVersion: run.protocolVersion,
    ...(run.protocolVersion === 5 ? { sessionExpiryInterval: 600, receiveMaximum: 64 } : {}),
  });
  const faults: string[] = [];
  const down = noArrivals();
  const fences = { up: new Inbox<null>(), down: new Inbox<null>() };
  const up = other.collect(run.name, () => {
    fences.up.push(null);
  });
  let isResumed = false;
  client.on('connectionSuccess', ({ settings }) => {
    isResumed ||= settings.sessionPresent;
  });
  let phase = 'subscribe';

  const session = async (): Promise<void> => {
    const subscription = await client.subscribe(`down/${run.name}/+`, { qos: 2 }, (message) => {
      const series = message.topicName.split('/')[2] as Series;
      down[series].push(message.text());
      if (series === 'fence') fences.down.push(null);
    });
    phase = 'publish';
    const sent = other.publishSeries(run.name);
    faults.push(...(await publishSeries(client, run)));
    await sent;
    phase = 'fence up';
    await Promise.all([
      client.publish(`up/${run.name}/fence`, 'fence', { qos: 2 }),
      fences.up.take(),
    ]);
    phase = 'fence down';
    await Promise.all([other.publishFence(run.name), fences.down.take()]);
    phase = 'unsubscribe';
    await subscription.unsubscribe();
    phase = 'stop';
    await client.stop();
    phase = 'close';
    await client.close();
  };

  client.start();
  const watchdog = new AbortController();
  const hangs = setTimeout(HANGS_AFTER_MS, null, { signal: watchdog.signal }).then(() => {
    faults.push(`hangs in ${phase}`);
    client.destroy();
  });
  await Promise.race([session(), hangs]).catch((error: unknown) => {
    faults.push(`fails in ${phase}: ${String(error)}`);
    client.destroy();
  });
  watchdog.abort();
  await hangs.catch(() => {});

  const { passed, isCut } = proxy;
  for (const [direction, arrivals] of [
    ['up', up],
    ['down', down],
  ] as const) {
    for (const series of SERIES) {
      faults.push(
        ...faultsOf(series, arrivals[series], isCut).map(
          (fault) => `${direction} ${series}: ${fault} in ${arrivals[series].join(' ')}`,
        ),
      );
    }
  }
  const duplicates = up[1].length + down[1].length - new Set(up[1]).size - new Set(down[1]).size;
  return { faults, duplicates, passed, isCut, isResumed };
}

/** Publishes the series at each QoS. @returns What is wrong with how the promises ended. */
async function publishSeries(client: MqttClient, { name }: Run): Promise<readonly string[]> {
  const endings = ([0, 1, 2] as const).flatMap((qos) =>
    NUMBERS.map(async (text) =>
      client.publish(`up/${name}/${qos}`, text, { qos }).then(
        () => null,
        (error: MqttError) =>
          qos === 0 && LOST.has(error.code) ? null : `QoS ${qos} ${text} ends with ${error.code}`,
      ),
    ),
  );
  return (await Promise.all(endings)).filter((fault) => fault !== null);
}

function noArrivals(): Arrivals {
  return { 0: [], 1: [], 2: [], fence: [] };
}

function faultsOf(series: Series, arrived: readonly string[], isCut: boolean): readonly string[] {
  const sent = series === 'fence' ? ['fence'] : NUMBERS;
  const first = [...new Set(arrived)];
  const faults: string[] = [];
  const isOrdered = first.toSorted().join() === first.join();
  if (!isOrdered) faults.push('out of order');
  if (series !== '1' && first.length !== arrived.length) faults.push('more than once');
  if ((series !== '0' || !isCut) && sent.some((text) => !first.includes(text))) faults.push('lost');
  if (first.some((text) => !sent.includes(text))) faults.push('out of nothing');
  return faults;
}
