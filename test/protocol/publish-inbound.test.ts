import { describe, expect, test } from 'vitest';
import { createSession, VERSIONS } from '../support/session-fixture.js';

describe.each(VERSIONS)('version %i', (version) => {
  test('QoS 0 → delivered, nothing answered', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a/b', { payload: 'x', retain: true });
    expect(s.sink.messages).toMatchObject([
      { topicName: 'a/b', payload: 'x', qos: 0, retain: true, dup: false },
    ]);
    expect(s.turn()).toEqual([]);
    expect(s.session.idle).toBe(true);
  });

  test('[MQTT-4.3.2-4] [MQTT-3.1.1:4.3.2-2] QoS 1 → PUBACK once handled and not before', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 7, payload: 'x' });
    expect(s.turn()).toEqual([]);
    s.handle();
    expect(s.session.idle).toBe(false);
    expect(s.turn()).toEqual(['PUBACK #7']);
    expect(s.session.idle).toBe(true);
    s.handle();
    expect(s.turn()).toEqual([]);
  });

  test('[MQTT-4.3.3-8] [MQTT-3.1.1:4.3.3-2] QoS 2 → PUBREC once handled, PUBCOMP for PUBREL', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 7, payload: 'x' });
    expect(s.turn()).toEqual([]);
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #7']);
    s.pubrel(7);
    expect(s.turn()).toEqual(['PUBCOMP #7']);
    expect(s.sink.tolerated).toBe(0);
  });

  test('[MQTT-4.3.2-5] [MQTT-3.1.1:4.3.2-2] QoS 1 with the same identifier after PUBACK → a new message', () => {
    const s = createSession(version);
    s.connect();
    for (const payload of ['1', '2']) {
      s.deliver('a', { qos: 1, packetId: 7, payload, dup: payload === '2' });
      s.handle(payload);
      expect(s.turn()).toEqual(['PUBACK #7']);
    }
    expect(s.sink.messages.map(({ dup }) => dup)).toEqual([false, true]);
  });

  test('[MQTT-4.3.3-12] [MQTT-3.1.1:4.3.3-2] QoS 2 with the same identifier after PUBCOMP → a new message', () => {
    const s = createSession(version);
    s.connect();
    for (const payload of ['1', '2']) {
      s.deliver('a', { qos: 2, packetId: 7, payload });
      s.handle(payload);
      s.turn();
      s.pubrel(7);
      expect(s.turn()).toEqual(['PUBCOMP #7']);
    }
    expect(s.payloads).toEqual(['1', '2']);
  });

  test('[MQTT-4.6.0-2] [MQTT-4.6.0-3] [MQTT-3.1.1:4.6.0-2] [MQTT-3.1.1:4.6.0-3] handled in any order → acknowledged in order of arrival', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 1, payload: '1' });
    s.deliver('a', { qos: 2, packetId: 2, payload: '2' });
    s.deliver('a', { qos: 1, packetId: 3, payload: '3' });
    s.deliver('a', { qos: 2, packetId: 4, payload: '4' });
    s.handle('3');
    s.handle('4');
    expect(s.turn()).toEqual([]);
    s.handle('1');
    expect(s.turn()).toEqual(['PUBACK #1']);
    s.handle('2');
    expect(s.turn()).toEqual(['PUBREC #2', 'PUBACK #3', 'PUBREC #4']);
  });

  test('ever more of them open, of both QoS → none is mixed up, and order stays', () => {
    const s = createSession(version, { receiveMaximum: 1000 });
    s.connect();
    const name = (index: number) => `${index % 2 ? 'PUBACK' : 'PUBREC'} #${index}`;
    const deliver = (index: number) =>
      s.deliver('a', { qos: index % 2 ? 1 : 2, packetId: index, payload: `${index}` });
    let handled = 0;
    // Each round leaves more open than the one before, and begins elsewhere in the tables.
    for (let round = 1; round <= 12; round++) {
      for (let index = 45 * (round - 1) + 1; index <= 45 * round; index++) deliver(index);
      const expected: string[] = [];
      for (const end = handled + 20; handled < end; ) {
        handled += 1;
        s.handle(`${handled}`);
        expected.push(name(handled));
      }
      expect(s.turn()).toEqual(expected);
    }
  });

  test('PUBREL while an older message waits for its handler → PUBCOMP at once', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1, payload: '1' });
    s.handle('1');
    s.turn();
    s.deliver('a', { qos: 1, packetId: 2, payload: '2' });
    s.pubrel(1);
    expect(s.turn()).toEqual(['PUBCOMP #1']);
    s.handle('2');
    expect(s.turn()).toEqual(['PUBACK #2']);
  });

  test('[MQTT-4.3.3-11] PUBREL of an unknown identifier → PUBCOMP 0x92, tolerated', () => {
    const s = createSession(version);
    s.connect();
    s.pubrel(99);
    expect(s.turn()).toEqual([version === 5 ? 'PUBCOMP #99 0x92' : 'PUBCOMP #99']);
    expect(s.sink.tolerated).toBe(1);
  });

  test('PUBREL for a message that is not handled yet → PUBCOMP, no PUBREC after it', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1, payload: '1' });
    s.pubrel(1);
    s.handle();
    expect(s.turn()).toEqual(['PUBCOMP #1']);
    s.deliver('a', { qos: 2, packetId: 1, payload: '2' });
    s.handle('2');
    expect(s.turn()).toEqual(['PUBREC #1']);
    expect(s.payloads).toEqual(['1', '2']);
  });

  test('[MQTT-4.6.0-3] [MQTT-3.1.1:4.6.0-3] resumed: the older one handled before, the younger one running → PUBRECs in the order of arrival', () => {
    const s = createSession(version);
    s.connect();
    for (const packetId of [1, 2, 3]) s.deliver('a', { qos: 2, packetId, payload: `${packetId}` });
    s.handle('1');
    s.turn();
    s.handle('3');
    s.drop();
    s.connect({}, { sessionPresent: true });
    for (const packetId of [1, 2, 3]) s.deliver('a', { qos: 2, packetId, dup: true });
    expect(s.turn()).toEqual(['PUBREC #1']);
    s.handle('2');
    expect(s.turn()).toEqual(['PUBREC #2', 'PUBREC #3']);
    expect(s.payloads).toEqual(['1', '2', '3']);
  });

  test('interrupted and never repeated by the Server → what comes after it is acknowledged all the same', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1, payload: 'running' });
    s.reconnect(true);
    s.deliver('a', { qos: 1, packetId: 2, payload: 'new' });
    s.handle('new');
    expect(s.turn()).toEqual(['PUBACK #2']);
    s.handle('running');
    expect(s.turn()).toEqual([]);
  });

  test('PUBREL for a message interrupted and still running → PUBCOMP; its place is given back', () => {
    const s = createSession(version, { receiveMaximum: 1 });
    s.connect();
    for (let round = 0; round < 10; round++) {
      s.deliver('a', { qos: 2, packetId: 1, payload: `${round}` });
      s.reconnect(true);
      s.pubrel(1);
      expect(s.turn()).toEqual(['PUBCOMP #1']);
      if (version === 5) expect(s.session.receivable > 0).toBe(true);
      s.handle(`${round}`);
      expect(s.turn()).toEqual([]);
      s.reconnect(true);
    }
    expect(s.payloads.join('')).toBe('0123456789');
    expect(s.sink.tolerations).toEqual(Array(10).fill('earlyPubrel'));
  });

  describe('[MQTT-4.3.3-10] [MQTT-3.1.1:4.3.3-2] QoS 2 duplicates', () => {
    test('while the handler runs → not delivered again, one PUBREC', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.deliver('a', { qos: 2, packetId: 1, dup: true });
      s.handle();
      expect(s.turn()).toEqual(['PUBREC #1']);
      expect(s.sink.messages).toHaveLength(1);
    });

    test('after PUBREC → not delivered again, PUBREC again', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.handle();
      s.turn();
      s.deliver('a', { qos: 2, packetId: 1, dup: true });
      expect(s.turn()).toEqual(['PUBREC #1']);
      s.pubrel(1);
      expect(s.turn()).toEqual(['PUBCOMP #1']);
      expect(s.sink.messages).toHaveLength(1);
    });

    test('resumed while the handler runs → suppressed; PUBREC when it has run', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.reconnect(true);
      s.deliver('a', { qos: 2, packetId: 1, dup: true });
      expect(s.turn()).toEqual([]);
      s.handle();
      expect(s.turn()).toEqual(['PUBREC #1']);
      s.pubrel(1);
      expect(s.turn()).toEqual(['PUBCOMP #1']);
      expect(s.sink.messages).toHaveLength(1);
    });

    test('handled between two connections → suppressed, PUBREC at once', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.drop();
      s.handle();
      s.connect({}, { sessionPresent: true });
      expect(s.turn()).toEqual([]);
      s.deliver('a', { qos: 2, packetId: 1, dup: true });
      expect(s.turn()).toEqual(['PUBREC #1']);
      expect(s.sink.messages).toHaveLength(1);
    });

    test('handled after the resumption, before the duplicate → suppressed, PUBREC then', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.reconnect(true);
      s.handle();
      expect(s.turn()).toEqual([]);
      s.deliver('a', { qos: 2, packetId: 1, dup: true });
      expect(s.turn()).toEqual(['PUBREC #1']);
      expect(s.sink.messages).toHaveLength(1);
    });

    test('PUBREC ready and not written when the connection broke → suppressed', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.handle();
      s.reconnect(true);
      s.deliver('a', { qos: 2, packetId: 1, dup: true });
      expect(s.turn()).toEqual(['PUBREC #1']);
      expect(s.sink.messages).toHaveLength(1);
    });

    test('PUBREC written when the connection broke → suppressed; PUBREL without it → PUBCOMP', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.deliver('a', { qos: 2, packetId: 2 });
      s.handle();
      expect(s.turn()).toEqual(['PUBREC #1', 'PUBREC #2']);
      expect(s.reconnect(true)).toEqual([]);
      s.deliver('a', { qos: 2, packetId: 1, dup: true });
      s.pubrel(2);
      expect(s.turn()).toEqual(['PUBREC #1', 'PUBCOMP #2']);
      expect(s.sink.messages).toHaveLength(2);
      expect(s.sink.tolerated).toBe(0);
    });

    test('two interruptions in a row while the handler runs → delivered once', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      for (let round = 0; round < 2; round++) {
        s.reconnect(true);
        s.deliver('a', { qos: 2, packetId: 1, dup: true });
      }
      s.handle();
      expect(s.turn()).toEqual(['PUBREC #1']);
      expect(s.sink.messages).toHaveLength(1);
    });

    test('PUBCOMP lost → PUBREL again is answered, with the identifier unknown', () => {
      const s = createSession(version);
      s.connect();
      s.deliver('a', { qos: 2, packetId: 1 });
      s.handle();
      s.turn();
      s.pubrel(1);
      expect(s.reconnect(true)).toEqual([]);
      s.pubrel(1);
      expect(s.turn()).toEqual([version === 5 ? 'PUBCOMP #1 0x92' : 'PUBCOMP #1']);
    });
  });

  test('QoS 1 unhandled when the connection broke → delivered again, acknowledged once', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 1, payload: 'first' });
    s.reconnect(true);
    s.deliver('a', { qos: 1, packetId: 1, payload: 'again', dup: true });
    s.handle('first');
    expect(s.turn()).toEqual([]);
    s.handle('again');
    expect(s.turn()).toEqual(['PUBACK #1']);
  });

  test('session lost → receipts of the old one are ignored', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 1, payload: 'old' });
    s.deliver('a', { qos: 2, packetId: 2, payload: 'old' });
    s.reconnect(false);
    s.deliver('a', { qos: 2, packetId: 2, payload: 'new' });
    s.handle('old');
    expect(s.turn()).toEqual([]);
    s.handle('new');
    expect(s.turn()).toEqual(['PUBREC #2']);
    expect(s.payloads).toEqual(['old', 'old', 'new']);
  });

  test('receipts that do not exist → ignored', () => {
    const s = createSession(version);
    s.connect();
    for (const receipt of [0, 1, -1, 1000, 0x7fffffff, -0x80000000]) {
      s.session.acknowledge(receipt, 0);
    }
    expect(s.turn()).toEqual([]);
  });

  test('acknowledged while a batch is with the transport → in the next one', () => {
    const s = createSession(version);
    s.connect();
    s.publish('a');
    s.write();
    s.deliver('a', { qos: 1, packetId: 5 });
    s.handle();
    s.flush();
    expect(s.turn()).toEqual(['PUBACK #5']);
  });

  test('a mix of QoS 0, 1 and 2 → messages and acknowledgements in order', () => {
    const s = createSession(version);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 1, payload: '1' });
    s.deliver('b', { qos: 1, packetId: 2, payload: '2' });
    s.deliver('c', { payload: '3' });
    s.deliver('d', { qos: 2, packetId: 3, payload: '4' });
    s.handle();
    s.deliver('e', { qos: 1, packetId: 4, payload: '5' });
    s.handle();
    s.turn();
    s.pubrel(1);
    s.deliver('f', { qos: 1, packetId: 5, payload: '6' });
    s.handle();
    s.turn();
    expect(s.payloads.join('')).toBe('123456');
    expect(s.written.slice(1).map(({ type }) => type)).toEqual([5, 4, 5, 4, 4, 7]);
  });

  test('topics of every length and a thousand others between → each as it came', () => {
    const s = createSession(version);
    s.connect();
    const topics = Array.from({ length: 3000 }, (_, index) => `t/${(index * 7) % 1999}`);
    topics.push('x'.repeat(255), 'x'.repeat(256), 'x'.repeat(257), 'x'.repeat(5000), 'ä/✓/🙂');
    for (const topic of topics) s.deliver(topic);
    expect(s.topics).toEqual(topics);
  });
});

describe('version 5', () => {
  test('handled with a failing code → PUBACK with it; PUBREC with it ends the exchange', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 1, payload: '1' });
    s.deliver('a', { qos: 2, packetId: 2, payload: '2' });
    s.handle(undefined, 0x83);
    expect(s.turn()).toEqual(['PUBACK #1 0x83', 'PUBREC #2 0x83']);
    s.deliver('a', { qos: 2, packetId: 2, payload: '3' });
    expect(s.payloads).toEqual(['1', '2', '3']);
    s.handle('3');
    expect(s.turn()).toEqual(['PUBREC #2']);
  });

  test('[MQTT-4.3.3-9] refused between two connections → delivered again', () => {
    const s = createSession(5);
    s.connect();
    s.deliver('a', { qos: 2, packetId: 2, payload: '1' });
    s.drop();
    s.handle('1', 0x83);
    s.connect({}, { sessionPresent: true });
    s.deliver('a', { qos: 2, packetId: 2, payload: '2', dup: true });
    expect(s.payloads).toEqual(['1', '2']);
    s.handle('2');
    expect(s.turn()).toEqual(['PUBREC #2']);
  });

  test('properties → handed on', () => {
    const s = createSession(5);
    s.connect();
    const properties = {
      messageExpiryInterval: 9,
      contentType: 'c',
      subscriptionIdentifiers: [1, 300],
      userProperties: [['k', 'v'] as const],
    };
    s.deliver('a', { properties });
    expect(s.sink.messages[0]?.properties).toEqual(properties);
  });
});

test('a place of the order taken twice → order of arrival all the same', () => {
  // Four places: the fifth receipt stands where the first one did, whose arrival has not been passed yet.
  const s = createSession(5, { receiveMaximum: 2 });
  s.connect();
  s.deliver('a', { qos: 2, packetId: 1, payload: 'released' });
  s.deliver('a', { qos: 1, packetId: 9, payload: 'lost' });
  s.reconnect(true);
  s.deliver('a', { qos: 1, packetId: 5, payload: 'oldest' });
  s.deliver('a', { qos: 2, packetId: 1, dup: true });
  s.pubrel(1);
  expect(s.turn()).toEqual(['PUBCOMP #1']);
  s.deliver('a', { qos: 1, packetId: 6, payload: 'older' });
  s.deliver('a', { qos: 1, packetId: 6, payload: 'newest' });
  expect(s.session.receivable > 0).toBe(false);
  s.handle('newest');
  s.handle('oldest');
  expect(s.turn()).toEqual(['PUBACK #5']);
  expect(s.session.receivable > 0).toBe(true);
  s.handle('older');
  expect(s.turn()).toEqual(['PUBACK #6', 'PUBACK #6']);
});

describe('version 4', () => {
  test('handled with a failing code → acknowledged all the same: there is no other answer', () => {
    const s = createSession(4);
    s.connect();
    s.deliver('a', { qos: 1, packetId: 1 });
    s.deliver('a', { qos: 2, packetId: 2 });
    s.handle(undefined, 0x83);
    expect(s.turn()).toEqual(['PUBACK #1', 'PUBREC #2']);
    s.pubrel(2);
    expect(s.turn()).toEqual(['PUBCOMP #2']);
  });
});
