import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  type ClientOptions,
  MqttClient,
  type MqttError,
  type SubscribeOptions,
} from '../../index.js';
import { explain } from '../explain.js';
import type { Finding } from './finding.js';

type Settings = NonNullable<MqttClient['settings']>;
type Connack = { readonly properties: Readonly<Record<string, unknown>> };

/** How a finding is told as soon as there is one. */
export type Tell = (finding: Finding) => void;

/** A payload that is larger than most and smaller than what brokers take by default. */
const LARGE_BYTES = 200_000;

/** Connects as a client does, and tries what the broker says that it can. */
export async function examineSession(
  address: string,
  options: ClientOptions,
  topic: string,
  timeoutMs: number,
  tell: Tell,
): Promise<MqttError | null> {
  const client = new MqttClient(address, { ...options, thread: 'inline' });
  try {
    const at = performance.now();
    const accepted = once(client, 'connectionSuccess');
    const failed = once(client, 'connectionFailure');
    client.start();
    const outcome = (await Promise.race([accepted, failed])) as [
      { readonly error?: MqttError; readonly connack?: Connack; readonly settings?: Settings },
    ];
    const [{ error, connack, settings }] = outcome;
    if (settings === undefined || connack === undefined) {
      const { message, hint } = explain(error);
      tell({ step: 'MQTT', verdict: 'failed', text: message, hint });
      return error ?? null;
    }
    tell(describeSettings(settings, connack, options, performance.now() - at));
    await new Trials(client, settings, topic, timeoutMs, tell).run();
    return null;
  } finally {
    client.destroy();
  }
}

function describeSettings(
  settings: Settings,
  { properties }: Connack,
  options: ClientOptions,
  ms: number,
): Finding {
  const { protocolVersion, clientId, sessionPresent, keepAlive, maximumQos } = settings;
  const yes = (value: boolean): string => (value ? 'yes' : 'no');
  const lacks = [
    ...(maximumQos < 2 ? [`QoS ${maximumQos === 0 ? '1 and 2' : '2'}`] : []),
    ...(settings.retainAvailable ? [] : ['retained messages']),
    ...(settings.wildcardSubscriptionAvailable ? [] : ['wildcards']),
    ...(settings.sharedSubscriptionAvailable ? [] : ['shared subscriptions']),
  ];
  const version = protocolVersion === 5 ? 'MQTT 5' : 'MQTT 3.1.1';
  const told = Object.entries(properties).filter(([name]) => TOLD.includes(name));
  return {
    step: 'MQTT',
    verdict: lacks.length > 0 ? 'warning' : 'ok',
    text: `${version}, accepted${lacks.length > 0 ? `; the broker is without ${lacks.join(', ')}` : ''}`,
    ms,
    details: {
      'client id': clientId === '' ? '(none)' : clientId,
      session: sessionPresent ? 'resumed' : 'new',
      'keep alive': `${keepAlive} s${keepAlive === (options.keepAlive ?? 60) ? '' : ', decided by the broker'}`,
      ...(protocolVersion === 5 && {
        'session expiry': `${settings.sessionExpiryInterval} s`,
        'receive maximum': `${settings.receiveMaximum}`,
        'maximum packet size': `${settings.maximumPacketSize.toLocaleString('en')} bytes`,
        'topic alias maximum': `${settings.topicAliasMaximum}`,
        'maximum QoS': `${maximumQos}`,
        'retained messages': yes(settings.retainAvailable),
        wildcards: yes(settings.wildcardSubscriptionAvailable),
        'subscription ids': yes(settings.subscriptionIdentifierAvailable),
        'shared subscriptions': yes(settings.sharedSubscriptionAvailable),
      }),
      ...Object.fromEntries(told.map(([name, value]) => [name, JSON.stringify(value)])),
    },
  };
}

/** Properties of a CONNACK that are no settings, and worth reading. */
const TOLD: readonly string[] = [
  'reasonString',
  'responseInformation',
  'serverReference',
  'userProperties',
];

/** Messages that are sent to oneself. */
class Trials {
  readonly #client: MqttClient;
  readonly #settings: Settings;
  readonly #topic: string;
  readonly #timeoutMs: number;
  readonly #tell: Tell;

  constructor(
    client: MqttClient,
    settings: Settings,
    topic: string,
    timeoutMs: number,
    tell: Tell,
  ) {
    this.#client = client;
    this.#settings = settings;
    this.#topic = `${topic}/${randomBytes(6).toString('hex')}`;
    this.#timeoutMs = timeoutMs;
    this.#tell = tell;
  }

  async run(): Promise<void> {
    const { maximumQos, retainAvailable, wildcardSubscriptionAvailable } = this.#settings;
    const { sharedSubscriptionAvailable, protocolVersion, maximumPacketSize } = this.#settings;
    for (const qos of [0, 1, 2] as const) {
      const step = `QoS ${qos}`;
      if (qos > maximumQos) this.#skip(step, 'the broker does not have it');
      else
        await this.#try(step, 'there and back', () => this.#roundTrip(`qos${qos}`, { qos }, qos));
    }
    if (retainAvailable)
      await this.#try('retained', 'kept, delivered and deleted', () => this.#retain());
    else this.#skip('retained', 'the broker does not have it');
    if (wildcardSubscriptionAvailable)
      await this.#try('wildcards', 'a message came by +', () =>
        this.#roundTrip('wild', {}, 0, '+'),
      );
    else this.#skip('wildcards', 'the broker does not have it');
    if (protocolVersion === 5 && sharedSubscriptionAvailable)
      await this.#try('shared', 'a message came by $share', () =>
        this.#roundTrip('shared', {}, 0, 'shared', '$share/doctor/'),
      );
    else
      this.#skip(
        'shared',
        protocolVersion === 5 ? 'the broker does not have it' : 'MQTT 3.1.1 does not have it',
      );
    if (maximumPacketSize > LARGE_BYTES * 2)
      await this.#try(
        'large message',
        `${LARGE_BYTES.toLocaleString('en')} bytes there and back`,
        () => this.#roundTrip('large', { qos: 0 }, 0, 'large', '', Buffer.alloc(LARGE_BYTES, 'x')),
      );
    else
      this.#skip(
        'large message',
        `the broker takes ${maximumPacketSize.toLocaleString('en')} bytes`,
      );
  }

  #skip(step: string, text: string): void {
    this.#tell({ step, verdict: 'skipped', text });
  }

  async #try(step: string, text: string, trial: () => Promise<number>): Promise<void> {
    try {
      this.#tell({ step, verdict: 'ok', text, ms: await trial() });
    } catch (error) {
      const { message, hint } = explain(error);
      this.#tell({ step, verdict: 'failed', text: message, hint: hint ?? RIGHTS_HINT });
    }
  }

  /** @returns Milliseconds from the publish to the message. */
  async #roundTrip(
    name: string,
    options: SubscribeOptions,
    qos: 0 | 1 | 2,
    filter: string = name,
    share = '',
    payload: Uint8Array = Buffer.from(name),
  ): Promise<number> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const topic = `${this.#topic}/${name}`;
    let came: (length: number) => void = () => {};
    const message = new Promise<number>((resolve) => {
      came = resolve;
    });
    const subscription = await this.#client.subscribe(
      `${share}${this.#topic}/${filter}`,
      { ...options, signal },
      ({ payloadLength }) => {
        came(payloadLength);
      },
    );
    const at = performance.now();
    await this.#client.publish(topic, payload, { qos, signal });
    const length = await before(message, signal);
    const ms = performance.now() - at;
    await subscription.unsubscribe({ signal });
    if (length !== payload.length)
      throw new Error(`${length} of ${payload.length} bytes have come`);
    return ms;
  }

  async #retain(): Promise<number> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const qos = this.#settings.maximumQos === 0 ? 0 : 1;
    const topic = `${this.#topic}/retained`;
    const at = performance.now();
    await this.#client.publish(topic, 'kept', { qos, retain: true, signal });
    try {
      let came: (retained: boolean) => void = () => {};
      const message = new Promise<boolean>((resolve) => {
        came = resolve;
      });
      const subscription = await this.#client.subscribe(topic, { qos, signal }, ({ retained }) => {
        came(retained);
      });
      if (!(await before(message, signal))) throw new Error('it came without its retain flag');
      const ms = performance.now() - at;
      await subscription.unsubscribe({ signal });
      return ms;
    } finally {
      await this.#client.publish(topic, '', { qos, retain: true });
    }
  }
}

const RIGHTS_HINT = 'may this user publish and subscribe to that topic? --topic names another';

/** Rejects when the signal is aborted before. */
async function before<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('it was published, but has not come back in time'));
    });
  });
  return Promise.race([promise, aborted]);
}
