import { type ClientOptions, MqttError, type ProtocolVersion } from 'gneiss-mqtt';
import { startBroker, type TestBroker } from 'gneiss-mqtt/testing';
import { Authority } from './certificates.js';
import { FaultProxy } from './fault-proxy.js';
import { Front, type FrontOptions, type Road } from './front.js';

export const AUTHORITY = await Authority.create();
export const IDENTITY = await AUTHORITY.issue(['127.0.0.1', 'localhost']);

/** Where the roads of a client lead through a network: a Unix domain socket does not. */
export const NETWORK_ROADS = ['mqtt', 'mqtts', 'ws', 'wss'] as const satisfies readonly Road[];
export type NetworkRoad = (typeof NETWORK_ROADS)[number];

/** Every road with every version. */
export const WAYS: readonly {
  readonly road: NetworkRoad;
  readonly protocolVersion: ProtocolVersion;
}[] = NETWORK_ROADS.flatMap((road) =>
  ([5, 4] as const).map((protocolVersion) => ({ road, protocolVersion })),
);

/** Options of a client that trusts the Servers here and connects again at once. */
export const IMPATIENT: ClientOptions = {
  tls: { ca: AUTHORITY.cert },
  reconnectDelayMinMs: 1,
  reconnectDelayMaxMs: 5,
};

/** A random part of it is longer than any test. */
export const ENDLESS_MS = 2 ** 31 - 1;

/** Options of a client that trusts the Servers here and, once it has no connection, stays away. */
export const PATIENT: ClientOptions = {
  ...IMPATIENT,
  reconnectDelayMinMs: ENDLESS_MS,
  reconnectDelayMaxMs: ENDLESS_MS,
};

/** What a Server is silent about that accepts connections, and nothing else. */
export const FIRST_STAGE = {
  mqtt: 'CONNACK',
  mqtts: 'TLS handshake',
  ws: 'WebSocket upgrade',
  wss: 'TLS handshake',
} as const satisfies Record<NetworkRoad, string>;

/** An option that makes a Session outlive its connection, in either version. */
export function durable(protocolVersion: ProtocolVersion): ClientOptions {
  return protocolVersion === 5
    ? { protocolVersion, sessionExpiryInterval: 600 }
    : { protocolVersion, rejoinSession: 'always' };
}

/** The address of a Server at the end of a road. */
export function toUrl(road: Road, port: number, host = '127.0.0.1'): string {
  return `${road}://${host}:${port}${road === 'ws' || road === 'wss' ? '/mqtt' : ''}`;
}

/** A road to a Server, with everything on it that networks do. */
export interface FaultyRoad extends AsyncDisposable {
  readonly url: string;
  readonly proxy: FaultProxy;
  readonly front: Front;
}

/** @param port Of the Server, which speaks plain MQTT. */
export async function faultyRoad(
  port: number,
  road: NetworkRoad,
  options: FrontOptions = {},
): Promise<FaultyRoad> {
  return throughProxy(await Front.before(port, road, { tls: IDENTITY, ...options }), road);
}

/** A road that ends where nobody answers: what a client says there is read and thrown away. */
export async function silentRoad(road: NetworkRoad): Promise<FaultyRoad> {
  const front = await Front.start(road, { tls: IDENTITY }, (stream) => {
    stream.on('error', () => {});
    stream.resume();
  });
  return throughProxy(front, road);
}

async function throughProxy(front: Front, road: NetworkRoad): Promise<FaultyRoad> {
  const proxy = await FaultProxy.start(front.port);
  return {
    url: toUrl(road, proxy.port),
    proxy,
    front,
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await front[Symbol.asyncDispose]();
    },
  };
}

/** An embedded broker at the end of a faulty road. */
export interface BrokerBeyond extends FaultyRoad {
  readonly broker: TestBroker;
}

export async function brokerBeyond(road: NetworkRoad): Promise<BrokerBeyond> {
  const broker = await startBroker({ queuedMessagesMax: 100_000 });
  const way = await faultyRoad(broker.port, road);
  return {
    ...way,
    broker,
    async [Symbol.asyncDispose]() {
      await way[Symbol.asyncDispose]();
      await broker.close();
    },
  };
}

/** What is said of an error. */
export interface Failure {
  readonly code: string;
  readonly origin: string;
  readonly reasonCode: number | undefined;
  /** What follows the message of its code. */
  readonly detail: string;
  /** The code of the system error behind it. */
  readonly cause: string | undefined;
}

export function toFailure({ code, origin, reasonCode, message, cause }: MqttError): Failure {
  return {
    code,
    origin,
    reasonCode,
    detail: message.slice(message.indexOf(': ') + 2),
    cause: (cause as { readonly code?: string } | undefined)?.code,
  };
}

/** How a promise of a client ends that must not be fulfilled. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  return promise.then(
    () => Promise.reject(new Error('it was fulfilled')),
    (error: unknown) => {
      if (!(error instanceof MqttError)) throw error;
      return toFailure(error);
    },
  );
}
