import type { BenchClient, ClientSettings } from './client.js';
import { publishInWindow } from './window.js';

/** Promises pending at once, where it is fastest. */
const WINDOW = 1_024;

/** Named so that checking the types needs no 44 MB of native code. */
const PACKAGE: string = 'aws-crt';

/** What is used of the package. */
interface AwsCrt {
  readonly mqtt5: {
    readonly Mqtt5Client: new (config: object) => AwsClient;
    readonly ClientSessionBehavior: { readonly Clean: number };
    readonly ClientExtendedValidationAndFlowControl: { readonly None: number };
  };
  readonly io: {
    readonly SocketOptions: new (type: number, domain: number, timeoutMs: number) => object;
    readonly SocketType: { readonly STREAM: number };
    readonly SocketDomain: { readonly IPV4: number };
  };
}

interface AwsClient {
  start(): void;
  stop(): void;
  on(event: string, listener: (data: AwsEvent) => void): void;
  once(event: string, listener: (data: AwsEvent) => void): void;
  publish(packet: object): Promise<unknown>;
  subscribe(packet: object): Promise<unknown>;
}

interface AwsEvent {
  readonly message?: { readonly payload?: ArrayBuffer };
  readonly error?: unknown;
}

/** aws-crt over TCP, with the limits that AWS has for its own service lifted. */
export async function openAwsCrt(settings: ClientSettings): Promise<BenchClient> {
  const { mqtt5, io } = ((await import(PACKAGE)) as { readonly default: AwsCrt }).default;
  const { hostname, port } = new URL(settings.url);
  const client = new mqtt5.Mqtt5Client({
    hostName: hostname,
    port: Number(port),
    connectProperties: {
      clientId: settings.clientId,
      keepAliveIntervalSeconds: 1_200,
      receiveMaximum: 65_535,
    },
    socketOptions: new io.SocketOptions(io.SocketType.STREAM, io.SocketDomain.IPV4, 5_000),
    sessionBehavior: mqtt5.ClientSessionBehavior.Clean,
    extendedValidationAndFlowControlOptions: mqtt5.ClientExtendedValidationAndFlowControl.None,
  });
  await new Promise<void>((resolve, reject) => {
    client.once('connectionSuccess', () => resolve());
    client.once('connectionFailure', ({ error }) =>
      reject(new Error('aws-crt can not connect', { cause: error })),
    );
    client.start();
  });
  const publish = (topicName: string, payload: Uint8Array, qos: number): Promise<unknown> =>
    client.publish({ topicName, payload, qos });

  return {
    window: WINDOW,
    flood: (topics, payload, deadline) =>
      publishInWindow((topic) => publish(topic, payload, 0), topics, WINDOW, deadline),
    post(topic, payload) {
      void publish(topic, payload, 0);
      return true;
    },
    publish,
    async subscribe(topicFilter, qos, handler) {
      client.on('messageReceived', ({ message }) => {
        void handler(new Uint8Array(message?.payload ?? new ArrayBuffer(0)));
      });
      await client.subscribe({ subscriptions: [{ topicFilter, qos }] });
    },
    counters: () => null,
    lost: () =>
      new Promise((resolve) => {
        client.once('disconnection', () => resolve());
      }),
    close: () =>
      new Promise((resolve) => {
        client.once('stopped', () => resolve());
        client.stop();
      }),
  };
}
