import { describe, expect, test } from 'vitest';
import { decodePacket } from '../../src/codec/decode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PacketType, type ProtocolVersion, type Sender } from '../../src/codec/packet-types.js';
import { HOST_RULES, type PropertyHost } from '../../src/codec/property-table.js';
import { bytes, concat, frame, violationOf } from './support.js';

/** Where a string stands in a packet: what comes before it and after it. */
interface Field {
  readonly title: string;
  readonly header: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly sender: Sender;
  readonly version: ProtocolVersion;
}

const ILL_FORMED = ['ff', 'c0 80', 'ed a0 80', 'f4 90 80 80', '61 c3', 'e2 82', '80'].map(bytes);
/** U+FEFF, which is kept; a non-character, a control character, four bytes. */
const WELL_FORMED = ['', '\ufeffa', 'a\uffff', '\u0001\u009f', '😀'];

const CONNECT = `00 04 'MQTT'`;
const { CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK } = PacketType;

/** Packets in which the properties of a host stand, all else as short as it can be. */
const HOSTS: Readonly<Record<PropertyHost, readonly [number, string, string, Sender]>> = {
  connect: [0x10, `${CONNECT} 05 02 00 00`, '00 00', 'client'],
  will: [0x10, `${CONNECT} 05 06 00 00 00 00 00`, `00 01 'a' 00 00`, 'client'],
  connack: [CONNACK << 4, '00 00', '', 'server'],
  publish: [PUBLISH << 4, `00 01 'a'`, '', 'server'],
  puback: [PUBACK << 4, '00 01 00', '', 'server'],
  pubrec: [PUBREC << 4, '00 01 00', '', 'server'],
  pubrel: [(PUBREL << 4) | 2, '00 01 00', '', 'server'],
  pubcomp: [PUBCOMP << 4, '00 01 00', '', 'server'],
  subscribe: [0x82, '00 01', `00 01 'a' 00`, 'client'],
  suback: [SUBACK << 4, '00 01', '00', 'server'],
  unsubscribe: [0xa2, '00 01', `00 01 'a'`, 'client'],
  unsuback: [UNSUBACK << 4, '00 01', '00', 'server'],
  disconnect: [PacketType.DISCONNECT << 4, '00', '', 'server'],
  auth: [PacketType.AUTH << 4, '18', '', 'server'],
};

/** The strings that are no properties. */
const FIELDS: readonly Field[] = [
  field('PUBLISH: topic', 0x30, '', '00', 'server', 5),
  field('PUBLISH: topic', 0x30, '', '', 'server', 4),
  field('CONNECT: client id', 0x10, `${CONNECT} 05 02 00 00 00`, '', 'client', 5),
  field('CONNECT: client id', 0x10, `${CONNECT} 04 02 00 00`, '', 'client', 4),
  field('CONNECT: Will Topic', 0x10, `${CONNECT} 05 06 00 00 00 00 00 00`, '00 00', 'client', 5),
  field('CONNECT: Will Topic', 0x10, `${CONNECT} 04 06 00 00 00 00`, '00 00', 'client', 4),
  field('CONNECT: user name', 0x10, `${CONNECT} 05 82 00 00 00 00 00`, '', 'client', 5),
  field('CONNECT: user name', 0x10, `${CONNECT} 04 82 00 00 00 00`, '', 'client', 4),
  field('SUBSCRIBE: filter', 0x82, '00 01 00', '00', 'client', 5),
  field('SUBSCRIBE: filter', 0x82, '00 01', '00', 'client', 4),
  field('UNSUBSCRIBE: filter', 0xa2, '00 01 00', '', 'client', 5),
  field('UNSUBSCRIBE: filter', 0xa2, '00 01', '', 'client', 4),
];

function field(
  title: string,
  header: number,
  before: string,
  after: string,
  sender: Sender,
  version: ProtocolVersion,
): Field {
  return { title, header, before: bytes(before), after: bytes(after), sender, version };
}

function withField({ header, before, after }: Field, content: Uint8Array): Uint8Array {
  return frame(header, concat(before, prefixed(content), after));
}

/** A string as it stands on the wire. */
function prefixed(content: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(content.length >>> 8, content.length & 0xff), content);
}

/** The packet of a host with one property; an AUTH also has its method, unless that is the property. */
function withProperty(host: PropertyHost, id: number, value: Uint8Array): Uint8Array {
  const [header, before, after] = HOSTS[host];
  const method = host === 'auth' && id !== 0x15 ? bytes(`15 00 01 'm'`) : new Uint8Array(0);
  const section = concat(method, Uint8Array.of(id), value);
  return frame(header, concat(bytes(before), Uint8Array.of(section.length), section, bytes(after)));
}

/** Each place of a string among the properties: host, name, and the value around the string. */
const PLACES = (Object.keys(HOST_RULES) as PropertyHost[]).flatMap((host) =>
  HOST_RULES[host].properties.flatMap(({ id, wire, key }) => {
    const none = prefixed(new Uint8Array(0));
    const whole = (content: Uint8Array): Uint8Array => prefixed(content);
    const name = (content: Uint8Array): Uint8Array => concat(prefixed(content), none);
    const value = (content: Uint8Array): Uint8Array => concat(none, prefixed(content));
    if (wire === 'utf8') return [[`${host}: ${key}`, host, id, whole] as const];
    if (wire !== 'pair') return [];
    return [
      [`${host}: name in ${key}`, host, id, name] as const,
      [`${host}: value in ${key}`, host, id, value] as const,
    ];
  }),
);

describe('[MQTT-1.5.4-1] ill-formed UTF-8, [MQTT-1.5.4-2] U+0000', () => {
  test.each(PLACES)('%s → refused as such', (_title, host, id, wrap) => {
    const [, , , sender] = HOSTS[host];
    for (const content of ILL_FORMED) {
      expect(violationOf(withProperty(host, id, wrap(content)), 5, sender)).toBe('utf8');
    }
    for (const content of ['00', '61 00', '00 61'].map(bytes)) {
      expect(violationOf(withProperty(host, id, wrap(content)), 5, sender)).toBe('utf8Null');
    }
  });

  test.each(FIELDS)('$title, version $version → refused as such', (it) => {
    for (const content of ILL_FORMED) {
      expect(violationOf(withField(it, content), it.version, it.sender)).toBe('utf8');
    }
    for (const content of ['00', '61 00', '00 61'].map(bytes)) {
      expect(violationOf(withField(it, content), it.version, it.sender)).toBe('utf8Null');
    }
  });

  test('the places → all strings of the table', () => {
    expect(PLACES.length).toBe(2 * 14 + 20);
  });
});

describe('[MQTT-1.5.4-3] well-formed strings, U+FEFF, control characters and non-characters', () => {
  test.each(PLACES)('%s → read as they are', (title, host, id, wrap) => {
    const [, , , sender] = HOSTS[host];
    for (const text of WELL_FORMED) {
      if (text === '' && title.endsWith('responseTopic')) continue;
      const packet = withProperty(host, id, wrap(new TextEncoder().encode(text)));
      expect(stringsIn(packet, 5, sender)).toContain(text);
    }
  });

  test.each(FIELDS)('$title, version $version → read as they are', (it) => {
    for (const text of WELL_FORMED) {
      if (text === '' && /topic|filter/i.test(it.title)) continue;
      const packet = withField(it, new TextEncoder().encode(text));
      expect(stringsIn(packet, it.version, it.sender)).toContain(text);
    }
  });
});

/** All strings of a packet, once it is decoded. */
function stringsIn(wire: Uint8Array, version: ProtocolVersion, sender: Sender): string[] {
  const framer = new Framer(wire.length, version);
  expect(framer.scan(wire, 0, wire.length)).toBe(FrameStatus.COMPLETE);
  const { header, bodyStart, end } = framer;
  const { packet, violation } = decodePacket(wire, header, bodyStart, end, version, sender);
  if (packet === null) throw new Error(violation.text);
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value === 'string') found.push(value);
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      for (const item of Object.values(value)) visit(item);
    }
  };
  visit(packet);
  return found;
}
