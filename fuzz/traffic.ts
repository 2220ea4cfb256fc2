import type { Prng } from '../test/support/prng.js';
import type { Version } from '../test/support/strict/packets.js';
import type { Answer, PacketParts } from './packet-parts.js';
import { type PropertyName, propertyOf, someOf } from './properties.js';
import { Scratch } from './scratch.js';

const text = new TextEncoder();

const TOPICS = ['a', 'a/b', '/', 'tele/métrie/7', '$SYS/🔑'].map((topic) => text.encode(topic));
const PAYLOADS = [0, 1, 5].map((length) => new Uint8Array(length).fill(0x70));
// Rare: they cost more than all others.
const LONG_TOPIC = text.encode(`${'level/'.repeat(50)}é`);
const LONG_PAYLOADS = [130, 20_000].map((length) => new Uint8Array(length).fill(0x70));
const PUBLISH_PROPERTIES: readonly PropertyName[] = [
  'payloadFormatIndicator',
  'messageExpiryInterval',
  'contentType',
  'responseTopic',
  'correlationData',
  'subscriptionIdentifier',
  'topicAlias',
  'userProperty',
];
const CONNACK_PROPERTIES: readonly PropertyName[] = [
  'sessionExpiryInterval',
  'assignedClientIdentifier',
  'serverKeepAlive',
  'responseInformation',
  'serverReference',
  'reasonString',
  'receiveMaximum',
  'topicAliasMaximum',
  'maximumQos',
  'retainAvailable',
  'userProperty',
  'maximumPacketSize',
  'wildcardSubscriptionAvailable',
  'subscriptionIdentifierAvailable',
  'sharedSubscriptionAvailable',
];
const REASON_PROPERTIES: readonly PropertyName[] = ['reasonString', 'userProperty'];
const DISCONNECT_PROPERTIES: readonly PropertyName[] = ['serverReference', ...REASON_PROPERTIES];

const NO_PROPERTIES: readonly PropertyName[] = [];
const AUTH_PROPERTIES: readonly PropertyName[] = ['authenticationData', ...REASON_PROPERTIES];

const SUBACK_CODES = { 4: [0, 1, 2, 0x80], 5: [0, 1, 2, 0x80, 0x87, 0xa2] } as const;
const UNSUBACK_CODES = [0, 0x11, 0x87];
const DISCONNECT_CODES = [0, 0x80, 0x8b, 0x8e, 0x9c];
const NOTHING = new Uint8Array(0);
const HEAD_BYTES = 1024;

/** Makes well-formed packets of a Server of one version. */
export class Traffic {
  readonly #prng: Prng;
  readonly #version: Version;
  readonly #head = new Scratch(HEAD_BYTES);

  constructor(prng: Prng, version: Version) {
    this.#prng = prng;
    this.#version = version;
  }

  /** @param resumes Whether the Client has asked for an earlier Session; if not, to have one is rare. */
  connack(resumes: boolean): PacketParts {
    const sessionPresent = this.#prng.chance(resumes ? 0.7 : 0.02) ? 1 : 0;
    const properties = this.#prng.chance(0.2) ? CONNACK_PROPERTIES : NO_PROPERTIES;
    return this.#parts(0x20, [sessionPresent, 0], properties);
  }

  /** Anything that may come on an accepted connection. */
  any(): PacketParts {
    const kind = this.#prng.below(20);
    if (kind < 8) return this.#publish();
    if (kind < 10) return this.#ack(0x40, 'puback', [0, 0x10, 0x87]);
    if (kind < 12) return this.#ack(0x50, 'pubrec', [0, 0x10, 0x97]);
    if (kind < 14) return this.#ack(0x62, 'pubrel', [0, 0x92]);
    if (kind < 15) return this.#ack(0x70, 'pubcomp', [0, 0x92]);
    if (kind < 17) return this.#suback();
    if (kind < 18) return this.#unsuback();
    return kind < 19 ? this.#parts(0xd0, [], null) : this.#last();
  }

  #publish(): PacketParts {
    const prng = this.#prng;
    const head = this.#head;
    if (this.#version === 5 && prng.chance(0.1)) return this.#aliased();
    const qos = prng.below(3);
    const dup = qos > 0 && prng.chance(0.2) ? 8 : 0;
    head.length = 0;
    head.field(prng.chance(0.03) ? LONG_TOPIC : prng.pick(TOPICS));
    if (qos > 0) head.twoBytes(1 + prng.below(8));
    const payload = prng.pick(prng.chance(0.02) ? LONG_PAYLOADS : PAYLOADS);
    const header = 0x30 | dup | (qos << 1) | prng.below(2);
    return this.#parts(header, head.take(), PUBLISH_PROPERTIES, payload);
  }

  /** A PUBLISH whose alias stands for its topic, if one was bound to it. */
  #aliased(): PacketParts {
    const packet = this.#parts(0x30, [0, 0], NO_PROPERTIES, PAYLOADS[1]);
    return { ...packet, properties: [propertyOf('topicAlias', this.#prng)] };
  }

  #ack(header: number, answer: Answer, codes: readonly number[]): PacketParts {
    const prng = this.#prng;
    if (this.#version === 4 || prng.chance(0.5)) {
      return this.#parts(header, [0, 1], null, NOTHING, answer);
    }
    const properties = prng.chance(0.5) ? REASON_PROPERTIES : null;
    return this.#parts(header, [0, 1, prng.pick(codes)], properties, NOTHING, answer);
  }

  #suback(): PacketParts {
    const prng = this.#prng;
    const codes = SUBACK_CODES[this.#version];
    const tail = Uint8Array.from({ length: 1 + prng.below(2) }, () => prng.pick(codes));
    return this.#parts(0x90, [0, 1], REASON_PROPERTIES, tail, 'suback');
  }

  #unsuback(): PacketParts {
    const isPlain = this.#version === 4;
    const tail = isPlain ? NOTHING : Uint8Array.of(this.#prng.pick(UNSUBACK_CODES));
    return this.#parts(0xb0, [0, 1], REASON_PROPERTIES, tail, 'unsuback');
  }

  /** What ends a connection, or what only exists in MQTT 5. */
  #last(): PacketParts {
    const prng = this.#prng;
    if (this.#version === 4) return this.#parts(0xd0, [], null);
    if (prng.chance(0.5)) {
      if (prng.chance(0.3)) return this.#parts(0xe0, [], null);
      const properties = prng.chance(0.5) ? DISCONNECT_PROPERTIES : null;
      return this.#parts(0xe0, [prng.pick(DISCONNECT_CODES)], properties);
    }
    const { properties, ...rest } = this.#parts(0xf0, [prng.below(2) * 0x18], AUTH_PROPERTIES);
    return { ...rest, properties: [propertyOf('authenticationMethod', prng), ...properties!] };
  }

  #parts(
    header: number,
    head: Uint8Array | readonly number[],
    names: readonly PropertyName[] | null,
    tail: Uint8Array = NOTHING,
    answer: Answer | null = null,
  ): PacketParts {
    const properties = names === null || this.#version === 4 ? null : someOf(names, this.#prng);
    return { header, head: Uint8Array.from(head), properties, tail, answer };
  }
}
