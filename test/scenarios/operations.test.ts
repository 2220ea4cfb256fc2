import { expect } from 'vitest';
import type { OfflineQueue } from '../../src/protocol/offline-policy.js';
import { createSession, type SessionFixture } from '../support/session-fixture.js';
import { OPERATIONS } from './operations.js';
import { describeSection } from './section.js';

const TOO_LARGE = 'GNEISS_ERR_PACKET_TOO_LARGE';
const LOST = 'GNEISS_ERR_CONNECTION_LOST';
const SESSION_LOST = 'GNEISS_ERR_SESSION_LOST';
/** Fits, but for what does not fit in there. */
const MAXIMUM_PACKET_SIZE = 10;

const [SUBSCRIBE, UNSUBSCRIBE, QOS_0, QOS_1, QOS_2] = OPERATIONS;

describeSection('12.6', (scenario) => {
  for (const [index, operation] of [SUBSCRIBE, UNSUBSCRIBE, QOS_0].entries()) {
    scenario(48 + index, (version) => {
      for (const sessionPresent of [false, true]) {
        const s = createSession(version, { offlineQueue: 'all' });
        s.connect();
        const token = operation.submit(s);
        s.write();
        expect(s.isWriting).toBe(true);
        expect(s.reconnect(sessionPresent)).toEqual([operation.written(2)]);
        operation.answer(s, 2);
        expect(s.outcome(token)).toBe(operation.outcome);
      }
    });
  }

  for (const [index, operation] of [QOS_1, QOS_2].entries()) {
    scenario(51 + index, (version) => {
      for (const sessionPresent of [false, true]) {
        const s = createSession(version, { offlineQueue: 'qos1-plus' });
        s.connect();
        const token = operation.submit(s);
        s.write();
        expect(s.isWriting).toBe(true);
        const packetId = sessionPresent ? 1 : 2;
        const again = operation.written(packetId) + (sessionPresent ? ' dup' : '');
        expect(s.reconnect(sessionPresent)).toEqual([again]);
        operation.answer(s, packetId);
        expect(s.outcome(token)).toBe(operation.outcome);
      }
    });
  }
});

describeSection('12.7', (scenario) => {
  scenario(58, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.subscribe('a');
    s.turn();
    s.suback(1, 0x80);
    expect(s.outcome(token)).toBe('0x80');
    expect(s.state).toBe('connected');
  });

  scenario(59, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.unsubscribe('a');
    s.turn();
    s.unsuback(1, 0x83);
    expect(s.outcome(token)).toBe('0x83');
  });

  scenario(60, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1 });
    s.turn();
    s.puback(1, 0x97);
    expect(s.outcome(token)).toBe('done 0x97');
  });

  scenario(61, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1, 0x97);
    expect(s.turn()).toEqual([]);
    expect(s.outcome(token)).toBe('done 0x97');
  });

  scenario(62, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    s.turn();
    s.pubcomp(1, 0x92);
    expect(s.outcome(token)).toBe('done 0x92');
  });
});

describeSection('12.8', (scenario) => {
  for (const [index, operation] of OPERATIONS.entries()) {
    scenario(63 + index, (version) => {
      const s = createSession(version);
      s.connect({ maximumPacketSize: MAXIMUM_PACKET_SIZE });
      const token = operation.submit(s);
      const fitting = s.publish('a', { qos: 1, payload: '' });
      expect(s.turn()).toEqual(['PUBLISH q1 #1 a']);
      s.puback(1);
      expect(s.outcomes(token, fitting)).toEqual([TOO_LARGE, 'done 0x00']);
      expect(s.state).toBe('connected');
    });
  }
});

describeSection('12.10', (scenario) => {
  const failing: readonly (readonly [typeof SUBSCRIBE, OfflineQueue])[] = [
    [SUBSCRIBE, 'qos1-plus'],
    [UNSUBSCRIBE, 'qos1-plus'],
    [QOS_0, 'acknowledged'],
  ];
  for (const [index, [operation, offlineQueue]] of failing.entries()) {
    scenario(83 + index, (version) => {
      const s = createSession(version, { offlineQueue });
      s.connect();
      const token = operation.submit(s);
      s.write();
      expect(s.isWriting).toBe(true);
      s.drop();
      expect(s.outcome(token)).toBe(LOST);
      expect(s.session.operations).toBe(0);
    });
  }

  for (const [index, operation] of [QOS_1, QOS_2].entries()) {
    scenario(86 + index, (version) => {
      for (const sessionPresent of [false, true]) {
        const s = createSession(version, { offlineQueue: 'nothing' });
        s.connect();
        const token = operation.submit(s);
        s.write();
        expect(s.isWriting).toBe(true);
        s.drop();
        expect(s.outcome(token)).toBe('open');
        s.connect({}, { sessionPresent });
        expect(s.turn()).toEqual(sessionPresent ? [`${operation.written(1)} dup`] : []);
        if (sessionPresent) operation.answer(s, 1);
        expect(s.outcome(token)).toBe(sessionPresent ? operation.outcome : SESSION_LOST);
      }
    });
  }
});

describeSection('12.15', (scenario) => {
  const answers = {
    puback: (s: SessionFixture) => s.puback(1),
    pubrec: (s: SessionFixture) => s.pubrec(1),
    pubcomp: (s: SessionFixture) => s.pubcomp(1),
    suback: (s: SessionFixture) => s.suback(1, 0),
    subackOfTwo: (s: SessionFixture) => s.suback(1, 0, 0),
    unsuback: (s: SessionFixture) => s.unsuback(1, 0),
    unsubackOfTwo: (s: SessionFixture) => s.unsuback(1, 0, 0),
  };
  const mismatches: readonly (readonly [number, typeof SUBSCRIBE, keyof typeof answers])[] = [
    [131, SUBSCRIBE, 'puback'],
    [132, SUBSCRIBE, 'pubrec'],
    [133, SUBSCRIBE, 'pubcomp'],
    [134, SUBSCRIBE, 'unsuback'],
    [135, SUBSCRIBE, 'unsuback'],
    [136, SUBSCRIBE, 'subackOfTwo'],
    [137, UNSUBSCRIBE, 'puback'],
    [138, UNSUBSCRIBE, 'pubrec'],
    [139, UNSUBSCRIBE, 'pubcomp'],
    [140, UNSUBSCRIBE, 'suback'],
    [141, UNSUBSCRIBE, 'unsubackOfTwo'],
    [142, QOS_1, 'unsuback'],
    [143, QOS_1, 'unsuback'],
    [144, QOS_1, 'pubrec'],
    [145, QOS_1, 'pubcomp'],
    [146, QOS_1, 'suback'],
    [147, QOS_2, 'unsuback'],
    [148, QOS_2, 'unsuback'],
    [149, QOS_2, 'puback'],
    [150, QOS_2, 'pubcomp'],
    [151, QOS_2, 'suback'],
  ];
  for (const [number, operation, answer] of mismatches) {
    scenario(number, (version) => {
      const s = createSession(version);
      s.connect();
      const token = operation.submit(s);
      s.turn();
      answers[answer](s);
      expect(s.closeReason.error).toMatchObject({
        code: 'GNEISS_ERR_PEER_VIOLATION',
        reasonCode: 0x82,
      });
      expect(s.turn()).toEqual(version === 5 ? ['DISCONNECT 0x82'] : []);
      expect(s.session.isFinished).toBe(true);
      expect(s.outcome(token)).toBe('open');
      s.dispose();
    });
  }
});
