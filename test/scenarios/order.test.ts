import { expect } from 'vitest';
import type { ProtocolVersion } from '../../src/codec/packet-types.js';
import { disconnectPacket } from '../../src/protocol/close-reason.js';
import type { OfflineQueue } from '../../src/protocol/offline-policy.js';
import { answer, answerAll } from '../support/answer-all.js';
import { createSession, type SessionFixture } from '../support/session-fixture.js';
import { describeSection } from './section.js';

const LOST = 'GNEISS_ERR_CONNECTION_LOST';
const SESSION_LOST = 'GNEISS_ERR_SESSION_LOST';
const NEVER = Number.POSITIVE_INFINITY;

type Kind = 'q0' | 'q1' | 'q2' | 'SUBSCRIBE' | 'UNSUBSCRIBE';

/** Twelve operations in the order of their submission: six that were written, six that were not. */
const TWELVE: readonly Kind[] = [
  // Its PUBREC has come.
  'q2',
  'q1',
  'SUBSCRIBE',
  'q2',
  'UNSUBSCRIBE',
  // Not flushed.
  'q0',
  'q1',
  'SUBSCRIBE',
  'q0',
  'q2',
  'UNSUBSCRIBE',
  'q1',
];
const WRITTEN = 6;
const PLACES = TWELVE.map((_, index) => index);

const KEPT: Readonly<Record<OfflineQueue, readonly Kind[]>> = {
  all: ['q0', 'q1', 'q2', 'SUBSCRIBE', 'UNSUBSCRIBE'],
  acknowledged: ['q1', 'q2', 'SUBSCRIBE', 'UNSUBSCRIBE'],
  'qos1-plus': ['q1', 'q2'],
  nothing: [],
};

function submit(s: SessionFixture, kind: Kind, index: number): number {
  const name = `op/${index}`;
  switch (kind) {
    case 'SUBSCRIBE':
      return s.subscribe(name);
    case 'UNSUBSCRIBE':
      return s.unsubscribe(name);
    case 'q0':
      return s.publish(name);
    default:
      return s.publish(name, { qos: kind === 'q1' ? 1 : 2 });
  }
}

/** The twelve, where the comments above say; the batch with the QoS 0 publish is with the transport. */
function submitTwelve(s: SessionFixture): readonly number[] {
  const tokens = TWELVE.slice(0, WRITTEN - 1).map((kind, index) => submit(s, kind, index));
  s.turn();
  s.pubrec(1);
  s.turn();
  tokens.push(submit(s, 'q0', WRITTEN - 1));
  s.write();
  for (let index = WRITTEN; index < TWELVE.length; index++) {
    tokens.push(submit(s, TWELVE[index]!, index));
  }
  return tokens;
}

/** What is written of these, by their places in the list, when identifiers begin at `packetId`. */
function textsOf(places: readonly number[], firstPacketId: number): readonly string[] {
  let packetId = firstPacketId;
  return places.map((index) => {
    const kind = TWELVE[index]!;
    if (kind === 'q0') return `PUBLISH q0 op/${index}`;
    if (kind === 'SUBSCRIBE' || kind === 'UNSUBSCRIBE') return `${kind} #${packetId++}`;
    return `PUBLISH ${kind} #${packetId++} op/${index}`;
  });
}

function isPublish(kind: Kind): boolean {
  return kind === 'q1' || kind === 'q2';
}

function interruptTwelve(
  version: ProtocolVersion,
  offlineQueue: OfflineQueue,
  sessionPresent: boolean,
): void {
  const s = createSession(version, { offlineQueue });
  s.connect();
  const tokens = submitTwelve(s);
  const isSent = (index: number): boolean => index < WRITTEN && isPublish(TWELVE[index]!);
  const passes = (index: number): boolean => KEPT[offlineQueue].includes(TWELVE[index]!);

  s.drop();
  const afterLoss = PLACES.map((index) => (isSent(index) || passes(index) ? 'open' : LOST));
  expect(s.outcomes(...tokens)).toEqual(afterLoss);

  s.connect({}, { sessionPresent });
  expect(s.sink.connections[1]?.settings.sessionPresent).toBe(sessionPresent);
  const survives = (index: number): boolean => passes(index) || (sessionPresent && isSent(index));
  const afterConnack = afterLoss.map((outcome, index) =>
    outcome === 'open' && !survives(index) ? SESSION_LOST : outcome,
  );
  expect(s.outcomes(...tokens)).toEqual(afterConnack);

  const survivors = PLACES.filter(survives);
  const texts = s.turn();
  if (sessionPresent) {
    expect(texts).toEqual([
      'PUBREL #1',
      'PUBLISH q1 #2 op/1 dup',
      'PUBLISH q2 #4 op/3 dup',
      ...textsOf(
        survivors.filter((index) => !isSent(index)),
        6,
      ),
    ]);
  } else {
    expect(texts).toEqual(textsOf(survivors, 6));
  }

  answer(s, texts);
  answerAll(s);
  const success = (kind: Kind): string => (kind.startsWith('q') ? 'done 0x00' : '0x00');
  expect(s.outcomes(...tokens)).toEqual(
    afterConnack.map((outcome, index) => (outcome === 'open' ? success(TWELVE[index]!) : outcome)),
  );
}

describeSection('12.12', (scenario) => {
  scenario(98, (version) => {
    const s = createSession(version);
    s.connect();
    const tokens = [
      s.publish('releasing', { qos: 2 }),
      s.publish('half', { qos: 1, payload: new Uint8Array(300_000) }),
      s.publish('resubmit', { qos: 1 }),
    ];
    s.turn();
    s.drop();
    s.connect({}, { sessionPresent: true });
    expect(s.write()).toEqual(['PUBLISH q2 #1 releasing dup', 'PUBLISH q1 #2 half dup']);
    s.pubrec(1);
    s.drop();
    s.connect({}, { sessionPresent: true });
    // The PUBREL is first now, and the batch is full before the last one.
    expect(s.write()).toEqual(['PUBREL #1', 'PUBLISH q1 #2 half dup']);
    s.session.close({
      error: { code: 'GNEISS_ERR_STOPPED' },
      disconnect: disconnectPacket(0),
    });
    s.flush();
    expect(s.turn()).toEqual(['DISCONNECT']);
    expect(s.session.isFinished).toBe(true);
    s.drop();
    tokens.push(s.publish('queued', { qos: 1 }));
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'open'));
    s.connect({}, { sessionPresent: true });
    expect(s.turn()).toEqual([
      'PUBREL #1',
      'PUBLISH q1 #2 half dup',
      'PUBLISH q1 #3 resubmit dup',
      'PUBLISH q1 #4 queued',
    ]);
    s.pubcomp(1);
    for (const packetId of [2, 3, 4]) s.puback(packetId);
  });
});

describeSection('12.13', (scenario) => {
  scenario(104, (version) => {
    const s = createSession(version);
    s.connect({ receiveMaximum: 1 });
    const tokens = [
      s.publish('a', { qos: 2 }),
      s.publish('b', { qos: 1 }),
      s.publish('c', { qos: 1 }),
    ];
    const nothingDue = (): void => {
      expect(s.turn()).toEqual([]);
      expect(s.session.nextDeadline()).toBe(NEVER);
    };
    expect(s.turn()).toEqual(['PUBLISH q2 #1 a']);
    nothingDue();
    s.pubrec(1);
    expect(s.turn()).toEqual(['PUBREL #1']);
    nothingDue();
    s.pubcomp(1);
    expect(s.turn()).toEqual(['PUBLISH q1 #2 b']);
    nothingDue();
    s.puback(2);
    expect(s.turn()).toEqual(['PUBLISH q1 #3 c']);
    nothingDue();
    s.puback(3);
    expect(s.outcomes(...tokens)).toEqual(tokens.map(() => 'done 0x00'));
  });

  scenario(105, (version) => {
    const s = createSession(version);
    s.connect();
    const binds = { topicName: 'a', properties: { topicAlias: 1 } };
    const resolves = version === 5 ? { ...binds, topicName: '' } : binds;
    s.deliver(binds.topicName, { ...binds, qos: 2, packetId: 1, payload: '1' });
    s.deliver(resolves.topicName, { ...resolves, qos: 1, packetId: 2, payload: '2' });
    s.deliver('b', { payload: '3' });
    s.deliver(resolves.topicName, { ...resolves, qos: 2, packetId: 3, payload: '4' });
    s.deliver('b', { qos: 1, packetId: 4, payload: '5' });
    s.handle();
    expect(s.turn()).toEqual(['PUBREC #1', 'PUBACK #2', 'PUBREC #3', 'PUBACK #4']);
    s.pubrel(1);
    s.deliver('b', { qos: 1, packetId: 5, payload: '6' });
    expect(s.turn()).toEqual(['PUBCOMP #1']);
    s.handle();
    expect(s.turn()).toEqual(['PUBACK #5']);
    expect(s.payloads.join('')).toBe('123456');
    expect(s.topics.join('')).toBe('aababb');
  });

  scenario(106, (version) => {
    const s = createSession(version);
    s.connect();
    const tokens = TWELVE.map((kind, index) => submit(s, kind, index));
    const texts = s.turn();
    expect(texts).toEqual(textsOf(PLACES, 1));
    answer(s, texts);
    answerAll(s);
    for (const token of tokens) expect(s.outcome(token)).toMatch(/^(done )?0x00$/);
  });

  const policies: readonly OfflineQueue[] = ['nothing', 'all', 'acknowledged', 'qos1-plus'];
  for (const [row, offlineQueue] of policies.entries()) {
    scenario(107 + 2 * row, (version) => interruptTwelve(version, offlineQueue, false));
    scenario(108 + 2 * row, (version) => interruptTwelve(version, offlineQueue, true));
  }

  scenario(119, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.unsubscribe('a');
    s.turn();
    s.session.abort(token);
    s.unsuback(1, 0);
    expect(s.outcome(token)).toBe('GNEISS_ERR_ABORTED');
    expect(s.sink.tolerated).toBe(0);
  });

  scenario(120, (version) => {
    const s = createSession(version, { topicAliasPolicy: 'lru', topicAliasCacheSize: 2 });
    s.connect({ topicAliasMaximum: 2 });
    for (let round = 0; round < 3; round++) s.publish('a', { qos: 1 });
    const texts = s.turn();
    expect(texts).toEqual([
      'PUBLISH q1 #1 a alias 1',
      'PUBLISH q1 #2 - alias 1',
      'PUBLISH q1 #3 - alias 1',
    ]);
    answer(s, texts);
  });

  scenario(122, (version) => {
    const s = createSession(version);
    s.connect();
    const token = s.publish('a', { qos: 2 });
    s.turn();
    s.pubrec(1);
    expect(s.reconnect(false)).toEqual(['PUBLISH q2 #2 a']);
    s.pubrec(2);
    expect(s.turn()).toEqual(['PUBREL #2']);
    s.pubcomp(2);
    expect(s.outcome(token)).toBe('done 0x00');
  });
});
