import type { ClientOptions } from '../../../src/options/schema.js';
import type { Broker } from './broker.js';
import type { BrokerConnection } from './connection.js';
import { offence } from './server-packet.js';

const MALFORMED = 0x81;
const PROTOCOL_ERROR = 0x82;
const TOPIC_ALIAS_INVALID = 0x94;
const PACKET_TOO_LARGE = 0x95;

/** What no Server may send. */
export class Offences {
  readonly #broker: Broker;
  readonly #options: ClientOptions;

  constructor(broker: Broker, options: ClientOptions) {
    this.#broker = broker;
    this.#options = options;
  }

  /** The Server commits one of them on the current connection. */
  commit(): void {
    const { current, world, version } = this.#broker;
    if (current?.hasGreeted !== true) return;
    const isForStrict = this.#options.compliance === 'strict' && world.prng.chance(0.6);
    const others = version === 5 ? [...COMMON, ...this.#ofVersion5()] : COMMON;
    const all = isForStrict ? toStrict(current) : others;
    const [name, bytes, reasonCode] = world.prng.pick(all);
    world.trace(`offence: ${name}`, reasonCode, 0);
    world.saw(`offence: ${name}`);
    current.offend(offence(bytes, reasonCode));
  }

  #ofVersion5(): Offence[] {
    const alias = (this.#options.topicAliasMaximum ?? 0) + 1;
    return [
      [
        'alias above the maximum',
        [0x30, 8, 0, 1, 0x61, 3, 0x23, 0, alias, 0x78],
        TOPIC_ALIAS_INVALID,
      ],
      ['no topic and no alias', [0x30, 4, 0, 0, 0, 0x78], PROTOCOL_ERROR],
      ['CONNACK again', [0x20, 3, 0, 0, 0], PROTOCOL_ERROR],
      ['packet too large', [0x30, 0xff, 0xff, 0x03], PACKET_TOO_LARGE],
    ];
  }
}

type Offence = readonly [name: string, bytes: readonly number[], reasonCode: number];

const COMMON: readonly Offence[] = [
  ['QoS 3', [0x36, 6, 0, 1, 0x61, 0, 1, 0x78], MALFORMED],
  ['flags of PINGRESP', [0xd1, 0], MALFORMED],
  ['packet type 0', [0x00, 0], MALFORMED],
  ['Remaining Length of five bytes', [0x30, 0x80, 0x80, 0x80, 0x80], MALFORMED],
  ['SUBSCRIBE', [0x82, 6, 0, 1, 0, 1, 0x61, 0], PROTOCOL_ERROR],
];

/** What only a strict client takes offence at. */
function toStrict({ version, limits }: BrokerConnection): Offence[] {
  // One that never asks can not have asked.
  const asksNever = limits?.keepAlive === 0;
  return asksNever ? [PINGRESP_UNASKED] : [...STRICT, unsolicited(version)];
}

/** A message that nobody has subscribed to. */
function unsolicited(version: 4 | 5): Offence {
  const bytes = version === 5 ? [0x30, 5, 0, 1, 0x61, 0, 0x78] : [0x30, 4, 0, 1, 0x61, 0x78];
  return ['unsolicited message', bytes, PROTOCOL_ERROR];
}

const PINGRESP_UNASKED: Offence = ['PINGRESP unasked', [0xd0, 0], PROTOCOL_ERROR];

const STRICT: readonly Offence[] = [
  ['PUBACK of nothing', [0x40, 2, 0xff, 0xfe], PROTOCOL_ERROR],
  ['PUBREC of nothing', [0x50, 2, 0xff, 0xfe], PROTOCOL_ERROR],
];
