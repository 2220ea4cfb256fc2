import { describe, expect, test } from 'vitest';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { bytes } from '../codec/support.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

type Row = readonly [
  title: string,
  listing: string,
  reasonCode: number,
  versions?: readonly ProtocolVersion[],
];

const V4 = [4] as const;
const V5 = [5] as const;
const MALFORMED = 0x81;
const PROTOCOL_ERROR = 0x82;
const PACKET_TOO_LARGE = 0x95;

/** What the Server must not send on an accepted connection; where no version is named, in neither. */
const PACKETS: readonly Row[] = [
  ['[MQTT-1.5.5-1] Remaining Length not minimal', 'd0 80 00', MALFORMED, V5],
  [
    '[MQTT-1.5.7-1] User Property name that is no UTF-8',
    publish('26 00 01 80 00 00'),
    MALFORMED,
    V5,
  ],
  ['[MQTT-1.5.7-1] User Property value with U+0000', publish('26 00 00 00 01 00'), MALFORMED, V5],
  ['[MQTT-2.2.2-1] PUBLISH without Property Length', `30 03 00 01 'a'`, MALFORMED, V5],
  ['[MQTT-2.2.2-1] SUBACK without Property Length', '90 02 00 01', MALFORMED, V5],
  ['[MQTT-2.2.2-1] UNSUBACK without Property Length', 'b0 02 00 01', MALFORMED, V5],
  ['[MQTT-5.0:2.2.2-a] property of another packet', publish('21 00 01'), MALFORMED, V5],
  ['[MQTT-5.0:2.2.2-b] Property Length beyond the packet', `30 05 00 01 'a' 02 01`, MALFORMED, V5],
  ['[MQTT-5.0:2.2.2-b] property beyond Property Length', publish('23 00'), MALFORMED, V5],
  ['[MQTT-5.0:2.2.2-c] property identifier of two bytes', publish('81 00'), MALFORMED, V5],

  ['[MQTT-3.3.2-1] [MQTT-3.1.1:3.3.2-1] topic that is no UTF-8', '30 04 00 01 ff 00', MALFORMED],
  ['[MQTT-3.3.2-13] Response Topic that is no UTF-8', publish('08 00 01 ff'), MALFORMED, V5],
  ['[MQTT-3.3.2-14] Response Topic with a wildcard', publish(`08 00 01 '#'`), PROTOCOL_ERROR, V5],
  ['[MQTT-3.3.2-19] Content Type that is no UTF-8', publish('03 00 01 ff'), MALFORMED, V5],
  ['[MQTT-5.0:3.3.2-b] Topic Alias twice', publish('23 00 01 23 00 01'), PROTOCOL_ERROR, V5],
  [
    '[MQTT-5.0:3.3.2-b] Response Topic twice',
    publish(`08 00 01 'a' 08 00 01 'a'`),
    PROTOCOL_ERROR,
    V5,
  ],
  ['[MQTT-5.0:3.3.2-b] Correlation Data twice', publish('09 00 00 09 00 00'), PROTOCOL_ERROR, V5],
  ['[MQTT-5.0:3.3.2-b] Content Type twice', publish('03 00 00 03 00 00'), PROTOCOL_ERROR, V5],
  ['[MQTT-5.0:3.3.2-b] Payload Format Indicator twice', publish('01 00 01 00'), PROTOCOL_ERROR, V5],
  [
    '[MQTT-5.0:3.3.2-b] Message Expiry Interval twice',
    publish('02 00 00 00 01 02 00 00 00 01'),
    PROTOCOL_ERROR,
    V5,
  ],
  ['[MQTT-5.0:3.3.2-c] Payload Format Indicator 2', publish('01 02'), PROTOCOL_ERROR, V5],
  ['[MQTT-5.0:3.3.2-e] Subscription Identifier 0', publish('0b 00'), PROTOCOL_ERROR, V5],

  ['[MQTT-3.4.2-1] PUBACK with a reason code not its own', '40 03 00 01 92', PROTOCOL_ERROR, V5],
  ['[MQTT-3.5.2-1] PUBREC with a reason code not its own', '50 03 00 01 92', PROTOCOL_ERROR, V5],
  ['[MQTT-3.6.1-1] [MQTT-3.1.1:3.6.1-1] PUBREL without its flag', '60 02 00 01', MALFORMED],
  ['[MQTT-3.6.2-1] PUBREL with a reason code not its own', '62 03 00 01 80', PROTOCOL_ERROR, V5],
  ['[MQTT-3.7.2-1] PUBCOMP with a reason code not its own', '70 03 00 01 10', PROTOCOL_ERROR, V5],
  [
    '[MQTT-5.0:3.4-b] Reason String of PUBACK twice',
    '40 0a 00 01 00 06 1f 00 00 1f 00 00',
    PROTOCOL_ERROR,
    V5,
  ],
  [
    '[MQTT-5.0:3.4-b] Reason String of PUBREC twice',
    '50 0a 00 01 00 06 1f 00 00 1f 00 00',
    PROTOCOL_ERROR,
    V5,
  ],
  [
    '[MQTT-5.0:3.4-b] Reason String of PUBREL twice',
    '62 0a 00 01 00 06 1f 00 00 1f 00 00',
    PROTOCOL_ERROR,
    V5,
  ],
  [
    '[MQTT-5.0:3.4-b] Reason String of PUBCOMP twice',
    '70 0a 00 01 00 06 1f 00 00 1f 00 00',
    PROTOCOL_ERROR,
    V5,
  ],

  ['[MQTT-3.9.3-2] SUBACK with a reason code not its own', '90 04 00 01 00 03', PROTOCOL_ERROR, V5],
  [
    '[MQTT-3.1.1:3.9.3-2] SUBACK with a return code not its own',
    '90 03 00 01 03',
    PROTOCOL_ERROR,
    V4,
  ],
  [
    '[MQTT-5.0:3.9-a] Reason String of SUBACK twice',
    '90 0a 00 01 06 1f 00 00 1f 00 00 00',
    PROTOCOL_ERROR,
    V5,
  ],
  ['[MQTT-5.0:3.9-a] SUBACK without a code', '90 03 00 01 00', PROTOCOL_ERROR, V5],
  ['[MQTT-3.1.1:3.8.4-5] SUBACK without a code', '90 02 00 01', PROTOCOL_ERROR, V4],
  [
    '[MQTT-3.11.3-2] UNSUBACK with a reason code not its own',
    'b0 04 00 01 00 01',
    PROTOCOL_ERROR,
    V5,
  ],
  [
    '[MQTT-5.0:3.11-a] Reason String of UNSUBACK twice',
    'b0 0a 00 01 06 1f 00 00 1f 00 00 00',
    PROTOCOL_ERROR,
    V5,
  ],
  ['[MQTT-5.0:3.11-a] UNSUBACK without a code', 'b0 03 00 01 00', PROTOCOL_ERROR, V5],

  ['[MQTT-3.14.1-1] DISCONNECT with flags', 'e1 00', MALFORMED, V5],
  ['[MQTT-3.14.2-1] DISCONNECT with a reason code of a Client', 'e0 01 04', PROTOCOL_ERROR, V5],
  [
    '[MQTT-5.0:3.14-d] Reason String of DISCONNECT twice',
    'e0 08 00 06 1f 00 00 1f 00 00',
    PROTOCOL_ERROR,
    V5,
  ],
  ['[MQTT-5.0:3.14-d] Server Reference twice', 'e0 08 9c 06 1c 00 00 1c 00 00', PROTOCOL_ERROR, V5],
  [
    '[MQTT-5.0:3.14-d] DISCONNECT with a Session Expiry Interval',
    'e0 07 00 05 11 00 00 00 00',
    PROTOCOL_ERROR,
    V5,
  ],
  ['[MQTT-3.15.1-1] AUTH with flags', 'f1 00', MALFORMED, V5],
];

/** What the Server must not send instead of a good CONNACK. */
const CONNACKS: readonly Row[] = [
  ['[MQTT-3.2.2-1] reserved flag', '20 03 02 00 00', MALFORMED, V5],
  ['[MQTT-3.2.2-6] Session Present with a refusal', '20 03 01 87 00', PROTOCOL_ERROR, V5],
  ['[MQTT-3.1.1:3.2.2-4] Session Present with a refusal', '20 02 01 05', PROTOCOL_ERROR, V4],
  ['[MQTT-3.2.2-8] a reason code not its own', '20 03 00 10 00', PROTOCOL_ERROR, V5],
  ['[MQTT-2.2.2-1] no Property Length', '20 02 00 00', MALFORMED, V5],
  ...[
    ['Session Expiry Interval', '11 00 00 00 01'],
    ['Receive Maximum', '21 00 01'],
    ['Maximum QoS', '24 01'],
    ['Retain Available', '25 01'],
    ['Maximum Packet Size', '27 00 00 00 ff'],
    ['Assigned Client Identifier', `12 00 01 'x'`],
    ['Topic Alias Maximum', '22 00 01'],
    ['Reason String', '1f 00 00'],
    ['Wildcard Subscription Available', '28 01'],
    ['Subscription Identifier Available', '29 01'],
    ['Shared Subscription Available', '2a 01'],
    ['Server Keep Alive', '13 00 05'],
    ['Response Information', '1a 00 00'],
    ['Server Reference', '1c 00 00'],
  ].map(
    ([name, property]) =>
      [
        `[MQTT-5.0:3.2.2-a] ${name} twice`,
        connack(`${property} ${property}`),
        PROTOCOL_ERROR,
        V5,
      ] as const,
  ),
  ...[
    ['Receive Maximum 0', '21 00 00'],
    ['Maximum Packet Size 0', '27 00 00 00 00'],
    ['Maximum QoS 2', '24 02'],
    ['Retain Available 2', '25 02'],
    ['Wildcard Subscription Available 2', '28 02'],
    ['Subscription Identifier Available 2', '29 02'],
    ['Shared Subscription Available 2', '2a 02'],
  ].map(
    ([name, property]) =>
      [`[MQTT-5.0:3.2.2-a] ${name}`, connack(property!), PROTOCOL_ERROR, V5] as const,
  ),
  [
    '[MQTT-5.0:3.2.2-f] Authentication Data without a method',
    connack('16 00 00'),
    PROTOCOL_ERROR,
    V5,
  ],
  ['[MQTT-3.14.0-1] DISCONNECT before CONNACK', 'e0 01 8b', PROTOCOL_ERROR, V5],
];

const LONG = { reasonString: 'x'.repeat(300) };
const WIDE = { userProperties: [['k', 'v'.repeat(300)]] } as const;

/** Packets that pass our Maximum Packet Size for what the Server adds to them. */
const LARGE: readonly (readonly [string, Packet])[] = [
  [
    '[MQTT-3.4.2-2] PUBACK, Reason String',
    { type: PacketType.PUBACK, packetId: 1, reasonCode: 0, properties: LONG },
  ],
  [
    '[MQTT-3.4.2-3] PUBACK, User Property',
    { type: PacketType.PUBACK, packetId: 1, reasonCode: 0, properties: WIDE },
  ],
  [
    '[MQTT-3.5.2-2] PUBREC, Reason String',
    { type: PacketType.PUBREC, packetId: 1, reasonCode: 0, properties: LONG },
  ],
  [
    '[MQTT-3.5.2-3] PUBREC, User Property',
    { type: PacketType.PUBREC, packetId: 1, reasonCode: 0, properties: WIDE },
  ],
  [
    '[MQTT-3.6.2-2] PUBREL, Reason String',
    { type: PacketType.PUBREL, packetId: 1, reasonCode: 0, properties: LONG },
  ],
  [
    '[MQTT-3.6.2-3] PUBREL, User Property',
    { type: PacketType.PUBREL, packetId: 1, reasonCode: 0, properties: WIDE },
  ],
  [
    '[MQTT-3.7.2-2] PUBCOMP, Reason String',
    { type: PacketType.PUBCOMP, packetId: 1, reasonCode: 0, properties: LONG },
  ],
  [
    '[MQTT-3.7.2-3] PUBCOMP, User Property',
    { type: PacketType.PUBCOMP, packetId: 1, reasonCode: 0, properties: WIDE },
  ],
  [
    '[MQTT-3.9.2-1] SUBACK, Reason String',
    { type: PacketType.SUBACK, packetId: 1, reasonCodes: [0], properties: LONG },
  ],
  [
    '[MQTT-3.9.2-2] SUBACK, User Property',
    { type: PacketType.SUBACK, packetId: 1, reasonCodes: [0], properties: WIDE },
  ],
  [
    '[MQTT-3.11.2-1] UNSUBACK, Reason String',
    { type: PacketType.UNSUBACK, packetId: 1, reasonCodes: [0], properties: LONG },
  ],
  [
    '[MQTT-3.11.2-2] UNSUBACK, User Property',
    { type: PacketType.UNSUBACK, packetId: 1, reasonCodes: [0], properties: WIDE },
  ],
  [
    '[MQTT-3.14.2-3] DISCONNECT, Reason String',
    { type: PacketType.DISCONNECT, reasonCode: 0, properties: LONG },
  ],
  [
    '[MQTT-3.14.2-4] DISCONNECT, User Property',
    { type: PacketType.DISCONNECT, reasonCode: 0, properties: WIDE },
  ],
  [
    '[MQTT-3.15.2-2] AUTH, Reason String',
    { type: PacketType.AUTH, reasonCode: 0x18, properties: { authenticationMethod: 'm', ...LONG } },
  ],
  [
    '[MQTT-3.15.2-3] AUTH, User Property',
    { type: PacketType.AUTH, reasonCode: 0x18, properties: { authenticationMethod: 'm', ...WIDE } },
  ],
];

/** A PUBLISH of QoS 0 to `a` with these properties, in MQTT 5. */
function publish(properties: string): string {
  const size = bytes(properties).length;
  return `30 ${byte(size + 4)} 00 01 'a' ${byte(size)} ${properties}`;
}

/** A CONNACK that accepts, with these properties. */
function connack(properties: string): string {
  const size = bytes(properties).length;
  return `20 ${byte(size + 3)} 00 00 ${byte(size)} ${properties}`;
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0');
}

/** The client has told why, as far as its version can, and closes. */
function expectRefused(s: SessionFixture, reasonCode: number): void {
  expect(s.closeReason.error).toMatchObject({ code: 'GNEISS_ERR_PEER_VIOLATION', reasonCode });
  expect(s.turn()).toEqual(s.version === 5 ? [`DISCONNECT 0x${byte(reasonCode)}`] : []);
  expect(s.session.isFinished).toBe(true);
  expect(s.sink.messages).toEqual([]);
}

function rowsOf(
  rows: readonly Row[],
  version: ProtocolVersion,
): (readonly [string, string, number])[] {
  const ofVersion = rows.filter(([, , , versions]) => versions?.includes(version) ?? true);
  return ofVersion.map(([title, listing, reasonCode]) => [title, listing, reasonCode]);
}

describe.each(VERSIONS)(
  '[MQTT-5.0:4.13-a] [MQTT-3.1.1:4.8.0-1] what the Server must not send → the connection is closed, in version %i',
  (version) => {
    test.each(rowsOf(PACKETS, version))('%s', (_, listing, reasonCode) => {
      const s = createSession(version);
      s.connect();
      s.receiveBytes(bytes(listing));
      expectRefused(s, reasonCode);
    });

    test.each(rowsOf(CONNACKS, version))('CONNACK: %s', (_, listing, reasonCode) => {
      const s = createSession(version);
      s.open();
      s.turn();
      s.receiveBytes(bytes(listing));
      expectRefused(s, reasonCode);
    });

    test('[MQTT-3.8.4-6] [MQTT-3.1.1:3.8.4-5] SUBACK with less or more codes than filters', () => {
      for (const codes of [[0], [0, 0, 0]]) {
        const s = createSession(version);
        s.connect();
        s.subscribe(['a', 'b']);
        s.turn();
        s.suback(1, ...codes);
        expectRefused(s, PROTOCOL_ERROR);
        s.dispose();
      }
    });
  },
);

describe('version 5', () => {
  test('[MQTT-3.11.3-1] UNSUBACK with less or more codes than filters → DISCONNECT 0x82', () => {
    for (const codes of [[0], [0, 0, 0]]) {
      const s = createSession(5);
      s.connect();
      s.unsubscribe(['a', 'b']);
      s.turn();
      s.unsuback(1, ...codes);
      expectRefused(s, PROTOCOL_ERROR);
      s.dispose();
    }
  });

  test.each(LARGE)(
    '[MQTT-3.1.2-24] [MQTT-5.0:3.1.2-c] %s beyond our Maximum Packet Size → DISCONNECT 0x95',
    (_, packet) => {
      const s = createSession(5, { maximumPacketSize: 256 });
      s.connect();
      s.receive(packet);
      expectRefused(s, PACKET_TOO_LARGE);
    },
  );

  test.each([
    ['[MQTT-3.2.2-19] Reason String', LONG],
    ['[MQTT-3.2.2-20] User Property', WIDE],
  ])('CONNACK, %s beyond our Maximum Packet Size → DISCONNECT 0x95', (_, properties) => {
    const s = createSession(5, { maximumPacketSize: 256 });
    s.open();
    s.turn();
    s.connack({ properties });
    expectRefused(s, PACKET_TOO_LARGE);
  });

  test('[MQTT-5.0:4.13-b] no packet instead of CONNACK → DISCONNECT before it', () => {
    const s = createSession(5);
    s.open();
    s.turn();
    s.receiveBytes(bytes('00 00'));
    expectRefused(s, MALFORMED);
  });

  test('[MQTT-5.0:4.13-b] two errors in one packet → DISCONNECT with the code of one', () => {
    const s = createSession(5);
    s.connect();
    // Payload Format Indicator 2, and a Content Type that is no UTF-8.
    s.receiveBytes(bytes(publish('01 02 03 00 01 ff')));
    expect([MALFORMED, PROTOCOL_ERROR]).toContain(s.closeReason.error.reasonCode);
  });
});
