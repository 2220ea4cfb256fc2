import { expect } from 'vitest';
import { disconnectPacket } from '../../src/protocol/close-reason.js';
import { createSession, type SessionFixture } from '../support/session-fixture.js';
import { describeSection } from './section.js';

function stop(s: SessionFixture): void {
  s.session.close({ error: { code: 'GNEISS_ERR_STOPPED' }, disconnect: disconnectPacket(0) });
}

function expectRefused(s: SessionFixture): void {
  const { state } = s.session;
  expect(() => s.open()).toThrow('one transport at a time');
  expect(s.session.state).toBe(state);
}

describeSection('12.1', (scenario) => {
  scenario(1, (version) => {
    const s = createSession(version);
    s.session.transportClosed();
    s.session.flushed();
    s.deliver('a', { qos: 1, packetId: 1 });
    s.connack();
    expect(s.state).toBe('offline');
    expect(s.sink.events).toEqual([]);
  });

  scenario(3, (version) => {
    const s = createSession(version);
    const token = s.publish('a', { qos: 1 });
    s.advance(3_600_000);
    expect(s.turn()).toEqual([]);
    expect(s.outcome(token)).toBe('open');
    expect(s.session.operations).toBe(1);
    expect(s.sink.events).toEqual([]);
    s.dispose();
  });

  scenario(4, (version) => {
    const s = createSession(version);
    s.connect();
    stop(s);
    s.turn();
    expectRefused(s);
    s.session.flushed();
    s.deliver('a', { qos: 1, packetId: 1 });
    expect(s.state).toBe('closing');
    expect(s.sink.events).toEqual(['connected']);
  });

  scenario(6, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 1 });
    stop(s);
    expect(s.turn()).toEqual(['DISCONNECT']);
    expect(s.turn()).toEqual([]);
    expect(s.outcome(token)).toBe('open');
    expect(s.sink.events).toEqual(['connected']);
    s.dispose();
  });

  scenario(7, (version) => {
    const s = createSession(version);
    s.connect();
    stop(s);
    s.turn();
    s.drop();
    expect(s.state).toBe('offline');
  });
});

describeSection('12.2', (scenario) => {
  scenario(8, (version) => {
    const s = createSession(version);
    s.open();
    expectRefused(s);
    expect(s.turn()).toEqual(['CONNECT']);
    expectRefused(s);
    expect(s.sink.events).toEqual([]);
  });

  scenario(9, (version) => {
    const s = createSession(version);
    s.open();
    s.session.flushed();
    expect(s.state).toBe('connecting');
    expect(s.turn()).toEqual(['CONNECT']);
    expect(s.sink.events).toEqual([]);
  });
});

describeSection('12.3', (scenario) => {
  scenario(18, (version) => {
    const s = createSession(version);
    s.connect();
    expectRefused(s);
    expect(s.sink.events).toEqual(['connected']);
  });

  scenario(19, (version) => {
    const s = createSession(version);
    s.connect();
    s.session.flushed();
    expect(s.state).toBe('connected');
    expect(s.sink.events).toEqual(['connected']);
  });

  scenario(20, (version) => {
    const s = createSession(version);
    s.connect();
    s.drop();
    expect(s.state).toBe('offline');
    expect(s.session.operations).toBe(0);
    expect(s.session.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });
});
