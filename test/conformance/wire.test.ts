import { describe, expect, test } from 'vitest';
import { bytes, concat } from '../codec/support.js';
import { connected } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

/** What the session writes next, which is one batch. */
function written(s: SessionFixture): Uint8Array {
  s.turn();
  return s.lastBytes;
}

/** Makes the client write one packet of each type, and tells its bytes. */
const PACKETS: readonly (readonly [string, number, (s: SessionFixture) => Uint8Array])[] = [
  ['CONNECT', 0x10, openBytes],
  ['PUBLISH of QoS 0', 0x30, accepted((s) => s.publish('a'))],
  ['retained PUBLISH of QoS 0', 0x31, accepted((s) => s.publish('a', { retain: true }))],
  ['PUBLISH of QoS 1', 0x32, accepted((s) => s.publish('a', { qos: 1 }))],
  ['PUBLISH of QoS 2', 0x34, accepted((s) => s.publish('a', { qos: 2 }))],
  [
    'PUBACK',
    0x40,
    accepted((s) => {
      s.deliver('a', { qos: 1, packetId: 7 });
      s.handle();
    }),
  ],
  [
    'PUBREC',
    0x50,
    accepted((s) => {
      s.deliver('a', { qos: 2, packetId: 7 });
      s.handle();
    }),
  ],
  [
    '[MQTT-3.6.1-1] [MQTT-3.1.1:3.6.1-1] PUBREL',
    0x62,
    accepted((s) => {
      s.publish('a', { qos: 2 });
      s.turn();
      s.pubrec(1);
    }),
  ],
  ['PUBCOMP', 0x70, accepted((s) => s.pubrel(7))],
  ['[MQTT-3.8.1-1] [MQTT-3.1.1:3.8.1-1] SUBSCRIBE', 0x82, accepted((s) => s.subscribe('a'))],
  ['[MQTT-3.10.1-1] [MQTT-3.1.1:3.10.1-1] UNSUBSCRIBE', 0xa2, accepted((s) => s.unsubscribe('a'))],
  ['PINGREQ', 0xc0, accepted((s) => s.advance(60_000))],
  [
    '[MQTT-3.1.1:3.14.1-1] DISCONNECT',
    0xe0,
    accepted((s) =>
      s.session.close({
        error: { code: 'GNEISS_ERR_STOPPED' },
        disconnect: { type: 14, reasonCode: 0, properties: {} },
      }),
    ),
  ],
];

function accepted(act: (s: SessionFixture) => unknown): (s: SessionFixture) => Uint8Array {
  return (s) => {
    s.connect();
    act(s);
    return written(s);
  };
}

function openBytes(s: SessionFixture): Uint8Array {
  s.open();
  return written(s);
}

describe.each(VERSIONS)('version %i', (version) => {
  describe('[MQTT-2.1.3-1] [MQTT-3.1.1:2.2.2-1] the flags of the fixed header', () => {
    test.each(PACKETS)('%s → the first byte is %i', (_, header, write) => {
      const s = createSession(version, { keepAlive: 60 });
      expect(write(s)[0]).toBe(header);
      s.dispose();
    });
  });

  test('[MQTT-2.2.1-2] [MQTT-3.3.1-2] [MQTT-2.2.2-1] [MQTT-3.1.1:2.3.1-5] [MQTT-3.1.1:3.3.1-2] PUBLISH of QoS 0 → no identifier, DUP 0, a Property Length of 0 in MQTT 5', () => {
    const s = createSession(version);
    s.connect();
    s.publish('é/b', { payload: 'xy' });
    expect(written(s)).toEqual(
      version === 5
        ? bytes(`30 09  00 04 c3 a9 '/b'  00  'xy'`)
        : bytes(`30 08  00 04 c3 a9 '/b'  'xy'`),
    );
  });

  test('[MQTT-3.3.2-1] [MQTT-2.2.2-1] [MQTT-3.1.1:3.3.2-1] PUBLISH of QoS 1 → topic first, in UTF-8, then identifier and properties', () => {
    const s = createSession(version);
    s.connect();
    s.publish('𝄞', { qos: 1, payload: '' });
    expect(written(s)).toEqual(
      version === 5
        ? bytes('32 09  00 04 f0 9d 84 9e  00 01  00')
        : bytes('32 08  00 04 f0 9d 84 9e  00 01'),
    );
    s.puback(1);
  });

  test('[MQTT-3.8.3-1] [MQTT-2.2.2-1] [MQTT-3.1.1:3.8.3-1] SUBSCRIBE → identifier, filters in UTF-8, each with its options', () => {
    const s = createSession(version);
    s.connect();
    s.subscribe(['é/#', { topicFilter: '+', qos: 2 }]);
    expect(written(s)).toEqual(
      version === 5
        ? bytes(`82 0e  00 01  00  00 04 c3 a9 '/#' 01  00 01 '+' 02`)
        : bytes(`82 0d  00 01  00 04 c3 a9 '/#' 01  00 01 '+' 02`),
    );
    s.suback(1, 0, 0);
  });

  test('[MQTT-3.10.3-1] [MQTT-2.2.2-1] [MQTT-3.1.1:3.10.3-1] UNSUBSCRIBE → identifier, filters in UTF-8', () => {
    const s = createSession(version);
    s.connect();
    s.unsubscribe(['é', 'b']);
    expect(written(s)).toEqual(
      version === 5
        ? bytes(`a2 0a  00 01  00  00 02 c3 a9  00 01 'b'`)
        : bytes(`a2 09  00 01  00 02 c3 a9  00 01 'b'`),
    );
    s.unsuback(1, 0, 0);
  });

  test.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2_097_151, 3],
  ])('[MQTT-1.5.5-1] Remaining Length %i → %i bytes', (remaining, size) => {
    const s = createSession(version, { keepAlive: 10 });
    s.connect();
    const overhead = version === 5 ? 4 : 3;
    if (remaining === 0) s.advance(10_000);
    else s.publish('a', { payload: 'x'.repeat(remaining - overhead) });
    const packet = written(s);
    expect(packet.length).toBe(1 + size + remaining);
    const length = packet.slice(1, 1 + size);
    expect(length.reduce((sum, byte, at) => sum + (byte & 0x7f) * 128 ** at, 0)).toBe(remaining);
    expect(length.findIndex((byte) => byte < 0x80)).toBe(size - 1);
    if (remaining === 0) s.pingresp();
  });

  test('[MQTT-2.2.1-5] [MQTT-3.1.1:2.3.1-6] answers → the identifier of what they answer', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 0x1234 });
    s.deliver('a', { qos: 2, packetId: 0xfffe });
    s.handle();
    expect(written(s)).toEqual(bytes('40 02 12 34  50 02 ff fe'));
    s.pubrel(0xfffe);
    expect(written(s)).toEqual(bytes('70 02 ff fe'));
    s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    expect(written(s)).toEqual(bytes('62 02 00 01'));
    s.pubcomp(1);
  });

  test('[MQTT-5.0:2.2.1-b] one number in use on both sides → two exchanges that do not meet', () => {
    const s = createSession(version);
    s.connect();
    const tokens = [s.publish('a', { qos: 1 }), s.publish('b', { qos: 2 })];
    s.deliver('c', { qos: 2, packetId: 1 });
    s.deliver('d', { qos: 1, packetId: 2 });
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #1', 'PUBACK #2', 'PUBLISH q1 #1 a', 'PUBLISH q2 #2 b']);
    s.puback(1);
    s.pubrel(1);
    s.pubrec(2);
    expect(s.turn()).toEqual(['PUBCOMP #1', 'PUBREL #2']);
    s.pubcomp(2);
    expect(s.outcomes(...tokens)).toEqual(['done 0x00', 'done 0x00']);
    expect(s.sink.tolerated).toBe(0);
  });

  test('[MQTT-2.2.1-3] [MQTT-5.0:2.2.1-a] [MQTT-3.1.1:2.3.1-1] [MQTT-3.1.1:2.3.1-2] [MQTT-3.1.1:2.3.1-3] identifiers → never 0, never one in use, free after the last acknowledgement only', () => {
    const s = createSession(version, { maximumOperations: 131_072 });
    s.connect();
    s.publish('a', { qos: 2 });
    for (let packetId = 2; packetId <= 65_535; packetId++) {
      s.subscribe('s');
      if (packetId % 1000 === 0) s.turn();
    }
    s.turn();
    const ids = s.written.slice(1).map((packet) => ('packetId' in packet ? packet.packetId : 0));
    expect(new Set(ids).size).toBe(65_535);
    expect(ids.includes(0)).toBe(false);

    const waiting = [s.publish('b', { qos: 1 }), s.unsubscribe('u'), s.subscribe('v')];
    expect(s.turn()).toEqual([]);
    s.pubrec(1);
    expect(s.turn()).toEqual(['PUBREL #1']);
    s.pubcomp(1);
    expect(s.turn()).toHaveLength(1);
    s.suback(2, 0);
    expect(s.turn()).toHaveLength(1);
    s.suback(3, 0);
    expect(s.turn()).toHaveLength(1);
    expect(s.outcomes(...waiting)).toEqual(['open', 'open', 'open']);
    s.dispose();
  });
});

test.each([
  [0, 4, `30 08  00 04 c3 a9 '/b'  'xy'`],
  [0, 5, `30 09  00 04 c3 a9 '/b'  00  'xy'`],
  [1, 4, `32 0a  00 04 c3 a9 '/b'  00 01  'xy'`],
  [1, 5, `32 0b  00 04 c3 a9 '/b'  00 01  00  'xy'`],
  [2, 4, `34 0a  00 04 c3 a9 '/b'  00 01  'xy'`],
  [2, 5, `34 0b  00 04 c3 a9 '/b'  00 01  00  'xy'`],
] as const)(
  '[MQTT-3.3.2-1] [MQTT-3.1.1:3.3.2-1] a publish of the application at QoS %i, version %i → these bytes in the socket',
  async (qos, version, listing) => {
    await using server = await ScriptedServer.start(version);
    const { client, peer } = await connected(server);
    const expected = bytes(listing);
    const received = new Promise<Uint8Array>((resolve) => {
      const chunks: Uint8Array[] = [];
      peer.socket.on('data', (chunk) => {
        chunks.push(chunk);
        const all = concat(...chunks);
        if (all.length >= expected.length) resolve(all);
      });
    });
    client.tryPublish('é/b', 'xy', { qos });
    expect(await received).toEqual(expected);
    client.destroy();
  },
);

test('[MQTT-3.8.3-5] every choice of a subscription → its bits, the reserved ones 0', () => {
  const s = createSession(5);
  s.connect();
  for (const qos of [0, 1, 2] as const) {
    for (const noLocal of [false, true]) {
      for (const retainAsPublished of [false, true]) {
        for (const retainHandling of [0, 1, 2] as const) {
          s.subscribe([{ topicFilter: 'a', qos, noLocal, retainAsPublished, retainHandling }]);
          const options =
            qos | (noLocal ? 0x04 : 0) | (retainAsPublished ? 0x08 : 0) | (retainHandling << 4);
          expect(written(s).at(-1)).toBe(options);
          s.suback(s.lastPacketId, 0);
        }
      }
    }
  }
});

test('[MQTT-3.1.1:3.8.3-4] every QoS of a subscription → that byte, the rest of it 0', () => {
  const s = createSession(4);
  s.connect();
  for (const qos of [0, 1, 2] as const) {
    s.subscribe([{ topicFilter: 'a', qos }]);
    expect(written(s).at(-1)).toBe(qos);
    s.suback(s.lastPacketId, 0);
  }
});

test('[MQTT-1.5.7-1] User Properties → both halves in UTF-8', () => {
  const s = createSession(5);
  s.connect();
  s.publish('a', { payload: '', properties: { userProperties: [['é', '𝄞']] } });
  expect(written(s)).toEqual(bytes(`30 0f  00 01 'a'  0b  26 00 02 c3 a9  00 04 f0 9d 84 9e`));
});
