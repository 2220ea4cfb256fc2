import { expect } from 'vitest';
import type { ProtocolVersion } from '../../src/codec/packet-types.js';
import { createSession, type SessionFixture } from '../support/session-fixture.js';
import { describeSection } from './section.js';

const INTERVAL_MS = 20_000;
const PING_TIMEOUT_MS = 10_000;
const ROUNDS = 5;

interface Delays {
  /** How late the session is serviced, in milliseconds. */
  readonly service?: number;
  /** How late PINGRESP comes, in milliseconds. */
  readonly answer?: number;
}

function idle(version: ProtocolVersion, { service = 0, answer = 0 }: Delays): void {
  const s = createSession(version, { keepAlive: INTERVAL_MS / 1000 });
  s.connect();
  let sentAt = s.now;
  for (let round = 0; round < ROUNDS; round++) {
    expect(s.session.nextDeadline()).toBe(sentAt + INTERVAL_MS);
    s.now = sentAt + INTERVAL_MS - 1;
    expect(s.turn()).toEqual([]);
    s.advance(1 + service);
    expect(s.turn()).toEqual(['PINGREQ']);
    sentAt = s.now;
    expect(s.session.nextDeadline()).toBe(sentAt + PING_TIMEOUT_MS);
    s.advance(answer);
    expect(s.turn()).toEqual([]);
    s.pingresp();
  }
  expect(s.session.nextDeadline()).toBe(sentAt + INTERVAL_MS);
  expect(s.sink.tolerated).toBe(0);
}

/** When the next PINGREQ is due after what `act` does, in milliseconds after CONNACK. */
function dueAfter(
  version: ProtocolVersion,
  act: (s: SessionFixture, at: (milliseconds: number) => void) => void,
): number {
  const s = createSession(version, { keepAlive: INTERVAL_MS / 1000 });
  s.connect();
  const start = s.now;
  act(s, (milliseconds) => {
    s.now = start + milliseconds;
  });
  return s.session.nextDeadline() - start;
}

describeSection('12.4', (scenario) => {
  scenario(27, (version) => idle(version, { answer: 2500 }));
  scenario(28, (version) => idle(version, { service: 1000 }));
  scenario(29, (version) => idle(version, { service: 1000, answer: 2500 }));

  scenario(30, (version) => {
    const due = dueAfter(version, (s, at) => {
      at(666);
      s.subscribe('a');
      s.turn();
      at(1337);
      s.suback(1, 1);
    });
    expect(due).toBe(666 + INTERVAL_MS);
  });

  scenario(31, (version) => {
    const due = dueAfter(version, (s, at) => {
      at(666);
      s.unsubscribe('a');
      s.turn();
      at(1337);
      s.unsuback(1, 0);
    });
    expect(due).toBe(666 + INTERVAL_MS);
  });

  scenario(32, (version) => {
    const due = dueAfter(version, (s, at) => {
      at(666);
      s.publish('a');
      s.turn();
      at(1337);
    });
    expect(due).toBe(INTERVAL_MS);
  });

  scenario(33, (version) => {
    const due = dueAfter(version, (s, at) => {
      at(333);
      s.publish('a', { qos: 1 });
      s.turn();
      at(777);
      s.puback(1);
    });
    expect(due).toBe(333 + INTERVAL_MS);
  });

  scenario(34, (version) => {
    const due = dueAfter(version, (s, at) => {
      at(444);
      s.publish('a', { qos: 2 });
      s.turn();
      at(888);
      s.pubrec(1);
      s.turn();
      at(1337);
      s.pubcomp(1);
    });
    expect(due).toBe(888 + INTERVAL_MS);
  });
});
