import { describe, expect, test } from 'vitest';
import { bytes } from '../codec/support.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

/** What the session writes next, which is one batch. */
function written(s: SessionFixture): Uint8Array {
  s.turn();
  return s.lastBytes;
}

describe.each(VERSIONS)('version %i', (version) => {
  describe('delivery', () => {
    test('[MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-3] [MQTT-3.1.1:4.3.2-1] QoS 1 sender → a fresh identifier, DUP 0, open until its own PUBACK', () => {
      const s = createSession(version);
      s.connect();
      const tokens = [s.publish('a', { qos: 1 }), s.publish('a', { qos: 1 })];
      expect(s.turn()).toEqual(['PUBLISH q1 #1 a', 'PUBLISH q1 #2 a']);
      s.advance(3_600_000);
      expect(s.turn()).toEqual([]);
      expect(s.outcomes(...tokens)).toEqual(['open', 'open']);
      s.puback(2);
      expect(s.outcomes(...tokens)).toEqual(['open', 'done 0x00']);
      expect(s.reconnect(true)).toEqual(['PUBLISH q1 #1 a dup']);
      s.puback(1);
      expect(s.outcomes(...tokens)).toEqual(['done 0x00', 'done 0x00']);
    });

    test('[MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-3] [MQTT-3.1.1:4.3.3-1] QoS 2 sender → a fresh identifier, DUP 0, PUBLISH open until its own PUBREC', () => {
      const s = createSession(version);
      s.connect();
      s.publish('a', { qos: 2 });
      s.publish('a', { qos: 2 });
      expect(s.turn()).toEqual(['PUBLISH q2 #1 a', 'PUBLISH q2 #2 a']);
      s.pubrec(2);
      expect(s.turn()).toEqual(['PUBREL #2']);
      expect(s.reconnect(true)).toEqual(['PUBLISH q2 #1 a dup', 'PUBREL #2']);
      s.pubrec(1);
      expect(s.turn()).toEqual(['PUBREL #1']);
      s.pubcomp(1);
      s.pubcomp(2);
    });

    test('[MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-3.1.1:4.3.3-1] QoS 2 sender → PUBREL with the same identifier, open until its own PUBCOMP', () => {
      const s = createSession(version);
      s.connect();
      const tokens = [s.publish('a', { qos: 2 }), s.publish('a', { qos: 2 })];
      s.turn();
      s.pubrec(1);
      s.pubrec(2);
      expect(s.turn()).toEqual(['PUBREL #1', 'PUBREL #2']);
      s.advance(3_600_000);
      s.pubcomp(2);
      expect(s.outcomes(...tokens)).toEqual(['open', 'done 0x00']);
      expect(s.reconnect(true)).toEqual(['PUBREL #1']);
      s.pubcomp(1);
      expect(s.outcomes(...tokens)).toEqual(['done 0x00', 'done 0x00']);
    });

    test('[MQTT-3.3.4-1] [MQTT-4.5.0-2] [MQTT-3.1.1:3.3.4-1] [MQTT-3.1.1:4.5.0-2] a message, asked for or not → answered as its QoS demands', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('never/subscribed', { qos: 0 });
      s.handle();
      expect(s.turn()).toEqual([]);
      s.deliver('never/subscribed', { qos: 1, packetId: 3 });
      s.handle();
      expect(s.turn()).toEqual(['PUBACK #3']);
      s.deliver('never/subscribed', { qos: 2, packetId: 4 });
      s.handle();
      expect(s.turn()).toEqual(['PUBREC #4']);
      s.pubrel(4);
      expect(s.turn()).toEqual(['PUBCOMP #4']);
    });

    test('[MQTT-4.3.3-11] [MQTT-3.1.1:4.3.3-2] QoS 2 receiver → PUBREL is answered by PUBCOMP with the same identifier', () => {
      const s = createSession(version);
      s.connect();
      for (const packetId of [5, 0xffff]) s.deliver('a', { qos: 2, packetId });
      s.handle();
      s.turn();
      s.pubrel(0xffff);
      s.pubrel(5);
      expect(written(s)).toEqual(bytes('70 02 ff ff  70 02 00 05'));
    });
  });

  describe('sending again', () => {
    test('[MQTT-3.3.1-1] [MQTT-3.1.1:3.3.1-1] [MQTT-3.1.1:2.3.1-3] a PUBLISH sent again → the same bytes, but DUP 1', () => {
      const s = createSession(version);
      s.connect();
      s.publish('a', { qos: 1, payload: 'x', retain: true });
      s.publish('b', { qos: 2, payload: 'y' });
      const first = written(s).slice();
      const again = first.slice();
      again[0]! |= 0x08;
      again[first.length / 2]! |= 0x08;
      s.reconnect(true);
      expect(s.lastBytes).toEqual(again);
      s.reconnect(true);
      expect(s.lastBytes).toEqual(again);
      s.puback(1);
      s.pubrec(2);
      s.turn();
      s.pubcomp(2);
    });

    test('[MQTT-3.3.1-2] [MQTT-3.1.1:3.3.1-2] a QoS 0 PUBLISH written twice → DUP 0 both times', () => {
      const s = createSession(version, { offlineQueue: 'all' });
      s.connect();
      s.publish('a');
      s.write();
      expect(s.lastBytes[0]).toBe(0x30);
      s.reconnect(true);
      expect(s.lastBytes[0]).toBe(0x30);
    });

    test('[MQTT-4.1.0-1] [MQTT-5.0:4.1-a] [MQTT-3.1.1:4.1.0-1] the Session → publishes and what was received of QoS 2, until they are acknowledged, and nothing else', () => {
      const s = createSession(version, { offlineQueue: 'nothing' });
      s.connect();
      const subscribe = s.subscribe('s');
      const [qos0, qos1, qos2] = ([0, 1, 2] as const).map((qos) => s.publish('a', { qos }));
      s.write();
      s.deliver('b', { qos: 1, packetId: 8, payload: 'first' });
      s.deliver('b', { qos: 2, packetId: 9, payload: 'once' });
      s.handle();
      s.reconnect(true);
      expect(s.outcomes(subscribe, qos0!)).toEqual([
        'GNEISS_ERR_CONNECTION_LOST',
        'GNEISS_ERR_CONNECTION_LOST',
      ]);
      s.deliver('b', { qos: 1, packetId: 8, payload: 'again', dup: true });
      s.deliver('b', { qos: 2, packetId: 9, payload: 'twice', dup: true });
      expect(s.payloads).toEqual(['first', 'once', 'again']);
      s.puback(2);
      s.pubrec(3);
      s.turn();
      s.pubcomp(3);
      expect(s.outcomes(qos1!, qos2!)).toEqual(['done 0x00', 'done 0x00']);
      s.handle();
      expect(s.turn()).toEqual(['PUBACK #8', 'PUBREC #9']);
      expect(s.reconnect(true)).toEqual([]);
    });

    test('[MQTT-4.4.0-2] an acknowledged PUBLISH → is not sent again', () => {
      const s = createSession(version);
      s.connect();
      for (const topic of ['a', 'b', 'c']) s.publish(topic, { qos: 1 });
      s.turn();
      s.puback(1);
      s.puback(3, version === 5 ? 0x97 : 0);
      expect(s.reconnect(true)).toEqual(['PUBLISH q1 #2 b dup']);
      s.puback(2);
    });
  });
});

describe('version 5', () => {
  test('[MQTT-4.4.0-2] PUBREC with a failing code → PUBLISH and PUBREL are not sent again', () => {
    const s = createSession(5);
    s.connect();
    s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1, 0x80);
    expect(s.reconnect(true)).toEqual([]);
  });

  test('[MQTT-4.3.3-13] a message expires on its way to the handler → the exchange goes on', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 7, properties: { messageExpiryInterval: 1 } });
    s.advance(5000);
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #7']);
    s.advance(5000);
    s.pubrel(7);
    expect(s.turn()).toEqual(['PUBCOMP #7']);
  });

  test('[MQTT-4.3.3-9] PUBREC with a failing code → the same identifier is a new message', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 7, payload: '1' });
    s.handle('1', 0x83);
    expect(s.turn()).toEqual(['PUBREC #7 0x83']);
    s.deliver('a', { qos: 2, packetId: 7, payload: '2' });
    expect(s.payloads).toEqual(['1', '2']);
    s.handle('2');
    expect(s.turn()).toEqual(['PUBREC #7']);
  });

  test.each([
    [undefined, 65_535],
    [1, 1],
    [5, 5],
  ])(
    '[MQTT-4.9.0-1] [MQTT-4.9.0-2] Receive Maximum %s → %i may be sent',
    (receiveMaximum, quota) => {
      const s = createSession(5, { maximumOperations: 131_072 });
      s.connect(receiveMaximum === undefined ? {} : { receiveMaximum });
      const wanted = Math.min(quota, 2000) + 1;
      for (let count = 0; count < wanted; count++) s.publish('a', { qos: 1, payload: '' });
      expect(s.turn()).toHaveLength(Math.min(quota, wanted));
      s.dispose();
    },
  );

  test('[MQTT-5.0:4.9-a] the quota → comes back with PUBACK, PUBCOMP and a failing PUBREC, and never exceeds its start', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 2 });
    for (const qos of [1, 2, 2, 1, 1] as const) s.publish('a', { qos });
    expect(s.turn()).toHaveLength(2);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q2 #3 a']);
    s.pubrec(2);
    expect(s.turn()).toEqual(['PUBREL #2']);
    s.pubrec(3, 0x97);
    expect(s.turn()).toEqual(['PUBLISH q1 #4 a']);
    s.pubcomp(2);
    expect(s.turn()).toEqual(['PUBLISH q1 #5 a']);
    s.puback(4);
    s.puback(5);
    // Acknowledgements of nothing give nothing.
    for (const packetId of [4, 5, 6]) s.puback(packetId);
    for (let count = 0; count < 3; count++) s.publish('b', { qos: 1 });
    expect(s.turn()).toHaveLength(2);
    s.dispose();
  });

  test('[MQTT-5.0:4.6-a] Receive Maximum 1 → a PUBLISH waits for the acknowledgement of the one before, also when sent again', () => {
    const s = createSession(5);
    s.connect({ receiveMaximum: 1 });
    s.publish('a', { qos: 1 });
    s.publish('b', { qos: 1 });
    expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
    expect(s.reconnect(true, { receiveMaximum: 1 })).toEqual(['PUBLISH q1 #1 a dup']);
    s.puback(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b']);
    s.puback(2);
  });

  test.each([
    ['PUBACK', '40 02 00 01', '40 03 00 01 10', '40 04 00 01 10 00'],
    ['PUBREC', '50 02 00 01', '50 03 00 01 10', '50 04 00 01 10 00'],
    ['PUBCOMP', '70 02 00 01', '70 03 00 01 92', '70 04 00 01 92 00'],
  ])('[MQTT-5.0:3.4-a] %s of every length → understood', (name, ...listings) => {
    for (const listing of listings) {
      const s = createSession(5);
      s.connect();
      const token = s.publish('a', { qos: name === 'PUBACK' ? 1 : 2 });
      s.turn();
      if (name === 'PUBCOMP') s.pubrec(1);
      s.turn();
      s.receiveBytes(bytes(listing));
      if (name === 'PUBREC') {
        expect(s.turn()).toEqual(['PUBREL #1']);
        s.pubcomp(1);
      }
      const expected = { PUBACK: '0x10', PUBREC: '0x00', PUBCOMP: '0x92' }[name];
      expect(s.outcome(token)).toBe(listing.startsWith('02', 3) ? 'done 0x00' : `done ${expected}`);
    }
  });

  test.each(['62 02 00 07', '62 03 00 07 92', '62 04 00 07 92 00'])(
    '[MQTT-5.0:3.4-a] [MQTT-5.0:3.4-c] PUBREL %s → answered',
    (listing) => {
      const s = createSession(5);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 7 });
      s.handle();
      s.turn();
      s.receiveBytes(bytes(listing));
      expect(s.turn()).toEqual(['PUBCOMP #7']);
    },
  );

  test('[MQTT-5.0:3.4-c] PUBCOMP 0x92 for a PUBREL sent again → the publish is complete', () => {
    const s = createSession(5);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    s.turn();
    expect(s.reconnect(true)).toEqual(['PUBREL #1']);
    s.pubcomp(1, 0x92);
    expect(s.outcome(token)).toBe('done 0x92');
    expect(s.state).toBe('connected');
  });

  test('[MQTT-3.4.2-1] [MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-1] [MQTT-3.5.2-2] [MQTT-3.5.2-3] our PUBACK and PUBREC → a reason code of theirs, no Reason String, no User Property', () => {
    const s = createSession(5);
    s.connect();
    for (const code of [0x00, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]) {
      s.deliver('a', { qos: 1, packetId: 1, payload: `1/${code}` });
      s.handle(`1/${code}`, code);
      expect([...written(s)]).toEqual(code === 0 ? [0x40, 2, 0, 1] : [0x40, 3, 0, 1, code]);
      s.deliver('a', { qos: 2, packetId: 2, payload: `2/${code}` });
      s.handle(`2/${code}`, code);
      expect([...written(s)]).toEqual(code === 0 ? [0x50, 2, 0, 2] : [0x50, 3, 0, 2, code]);
      if (code === 0) s.pubrel(2);
      s.turn();
    }
  });

  test('[MQTT-3.6.2-1] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-1] [MQTT-3.7.2-2] [MQTT-3.7.2-3] our PUBREL and PUBCOMP → 0x00 or 0x92, no Reason String, no User Property', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 7 });
    s.handle();
    s.turn();
    s.pubrel(7);
    expect(written(s)).toEqual(bytes('70 02 00 07'));
    s.pubrel(7);
    expect(written(s)).toEqual(bytes('70 03 00 07 92'));
    s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    expect(written(s)).toEqual(bytes('62 02 00 01'));
    s.pubcomp(1);
    s.pubrec(1);
    expect(written(s)).toEqual(bytes('62 03 00 01 92'));
  });
});
