import type { Prng } from '../test/support/prng.js';

const text = new TextEncoder();

/** Properties as they stand on the wire: identifier and value; several of one kind where that matters. */
const SAMPLES = {
  payloadFormatIndicator: [of(0x01, 0), of(0x01, 1)],
  messageExpiryInterval: [of(0x02, 0, 0, 0, 9), of(0x02, 255, 255, 255, 255)],
  contentType: [string(0x03, 'text/plain'), string(0x03, '')],
  responseTopic: [string(0x08, 'réponse/1'), string(0x08, '/')],
  correlationData: [string(0x09, '\u0000binary'), string(0x09, '')],
  subscriptionIdentifier: [of(0x0b, 1), of(0x0b, 0x80, 1), of(0x0b, 0xff, 0xff, 0xff, 0x7f)],
  sessionExpiryInterval: [of(0x11, 0, 0, 1, 0)],
  assignedClientIdentifier: [string(0x12, 'assigned-1')],
  serverKeepAlive: [of(0x13, 0, 60)],
  authenticationMethod: [string(0x15, 'SCRAM-SHA-1')],
  authenticationData: [string(0x16, '\u0001\u0002')],
  requestProblemInformation: [of(0x17, 1)],
  willDelayInterval: [of(0x18, 0, 0, 0, 1)],
  requestResponseInformation: [of(0x19, 1)],
  responseInformation: [string(0x1a, 'response/')],
  serverReference: [string(0x1c, 'other:1883')],
  reasonString: [string(0x1f, 'because'), string(0x1f, '\ufeff')],
  receiveMaximum: [of(0x21, 0, 10)],
  topicAliasMaximum: [of(0x22, 0, 5)],
  topicAlias: [of(0x23, 0, 1), of(0x23, 0, 2), of(0x23, 0, 4)],
  maximumQos: [of(0x24, 1)],
  retainAvailable: [of(0x25, 1)],
  userProperty: [pair('k', 'v'), pair('', ''), pair('__proto__', 'ключ 🔑')],
  maximumPacketSize: [of(0x27, 0, 1, 0, 0)],
  wildcardSubscriptionAvailable: [of(0x28, 1)],
  subscriptionIdentifierAvailable: [of(0x29, 1)],
  sharedSubscriptionAvailable: [of(0x2a, 1)],
} as const satisfies Record<string, readonly Uint8Array[]>;

export type PropertyName = keyof typeof SAMPLES;

const NAMES = Object.keys(SAMPLES) as readonly PropertyName[];

/** One of the samples of a property. */
export function propertyOf(name: PropertyName, prng: Prng): Uint8Array {
  return prng.pick(SAMPLES[name]);
}

/** Any property, wherever it may belong. */
export function anyProperty(prng: Prng): Uint8Array {
  return propertyOf(prng.pick(NAMES), prng);
}

/** A few of these, each once at most, in any order; User Properties and Subscription Identifiers now and then twice. */
export function someOf(names: readonly PropertyName[], prng: Prng): Uint8Array[] {
  const chosen: Uint8Array[] = [];
  for (const name of names) {
    if (!prng.chance(0.2)) continue;
    chosen.splice(prng.below(chosen.length + 1), 0, propertyOf(name, prng));
    const isList = name === 'userProperty' || name === 'subscriptionIdentifier';
    if (isList && prng.chance(0.5)) chosen.push(propertyOf(name, prng));
  }
  return chosen;
}

function of(...bytes: readonly number[]): Uint8Array {
  return Uint8Array.from(bytes);
}

function string(identifier: number, value: string): Uint8Array {
  const bytes = text.encode(value);
  return of(identifier, bytes.length >>> 8, bytes.length & 0xff, ...bytes);
}

function pair(name: string, value: string): Uint8Array {
  const [first, second] = [string(0x26, name), string(0, value)];
  return of(...first, ...second.subarray(1));
}
