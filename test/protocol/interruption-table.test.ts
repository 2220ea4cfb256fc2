import { describe, expect, test } from 'vitest';
import type { OfflineQueue } from '../../src/protocol/offline-policy.js';
import { createSession, type SessionFixture, VERSIONS } from '../support/session-fixture.js';

/*
 * What becomes of an operation when the connection breaks: every kind of operation, at every moment, under every policy, with
 * the Session kept by the Server and lost. The table is the specification of it; the tests play each of its cells.
 */

const POLICIES: readonly OfflineQueue[] = ['all', 'acknowledged', 'qos1-plus', 'nothing'];

const KINDS = ['QoS 0', 'QoS 1', 'QoS 2', 'subscribe', 'unsubscribe'] as const;
type Kind = (typeof KINDS)[number];

const MOMENTS = [
  'submitted offline',
  'submitted before CONNACK',
  'queued',
  'in a batch',
  'sent',
  'PUBREC came',
  'PUBREL sent',
  'waits to be sent again',
  'sent again',
  'PUBREL waits to be sent again',
  'PUBREL sent again',
] as const;
type Moment = (typeof MOMENTS)[number];

/**
 * How it ends. For the application: `offline` and `lost` are failures at once, `session` is one at CONNACK, `kept` is none. On the
 * next connection: `new` is a first transmission under a fresh identifier, `dup` one marked DUP under the old identifier, `rel` a
 * PUBREL under the old identifier.
 */
type Fate = 'kept' | 'offline' | 'lost' | 'session' | 'new' | 'dup' | 'rel' | '-';

const CODES: Partial<Record<Fate, string>> = {
  offline: 'GNEISS_ERR_OFFLINE',
  lost: 'GNEISS_ERR_CONNECTION_LOST',
  session: 'GNEISS_ERR_SESSION_LOST',
};

/** Kind, and for each policy in the order of {@link POLICIES}: the fate at once, with the Session, without it. */
type Row = readonly [Kind, at: string, present: string, lost: string];

const TABLE: Readonly<Record<Moment, readonly Row[]>> = {
  // The policy decides at submission.
  'submitted offline': [
    ['QoS 0', 'kept offline offline offline', 'new - - -', 'new - - -'],
    ['QoS 1', 'kept kept kept offline', 'new new new -', 'new new new -'],
    ['QoS 2', 'kept kept kept offline', 'new new new -', 'new new new -'],
    ['subscribe', 'kept kept offline offline', 'new new - -', 'new new - -'],
    ['unsubscribe', 'kept kept offline offline', 'new new - -', 'new new - -'],
  ],
  'submitted before CONNACK': [
    ['QoS 0', 'kept offline offline offline', 'new - - -', 'new - - -'],
    ['QoS 1', 'kept kept kept offline', 'new new new -', 'new new new -'],
    ['QoS 2', 'kept kept kept offline', 'new new new -', 'new new new -'],
    ['subscribe', 'kept kept offline offline', 'new new - -', 'new new - -'],
    ['unsubscribe', 'kept kept offline offline', 'new new - -', 'new new - -'],
  ],
  // The policy decides at the interruption.
  queued: [
    ['QoS 0', 'kept lost lost lost', 'new - - -', 'new - - -'],
    ['QoS 1', 'kept kept kept lost', 'new new new -', 'new new new -'],
    ['QoS 2', 'kept kept kept lost', 'new new new -', 'new new new -'],
    ['subscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
    ['unsubscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
  ],
  // A batch goes to the transport whole, and any part of it may have arrived: what is in it counts as sent. Only QoS 0 is
  // still ours until it is flushed; kept, it may arrive twice.
  'in a batch': [
    ['QoS 0', 'kept lost lost lost', 'new - - -', 'new - - -'],
    ['QoS 1', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['QoS 2', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['subscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
    ['unsubscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
  ],
  // Publishes belong to the Session, whatever the policy. It decides about them when the Server has lost the Session.
  sent: [
    ['QoS 1', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['QoS 2', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['subscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
    ['unsubscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
  ],
  'PUBREC came': [['QoS 2', 'kept kept kept kept', 'rel rel rel rel', 'new new new session']],
  'PUBREL sent': [['QoS 2', 'kept kept kept kept', 'rel rel rel rel', 'new new new session']],
  // A second interruption changes nothing.
  'waits to be sent again': [
    ['QoS 1', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['QoS 2', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['subscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
    ['unsubscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
  ],
  'sent again': [
    ['QoS 1', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['QoS 2', 'kept kept kept kept', 'dup dup dup dup', 'new new new session'],
    ['subscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
    ['unsubscribe', 'kept kept lost lost', 'new new - -', 'new new - -'],
  ],
  'PUBREL waits to be sent again': [
    ['QoS 2', 'kept kept kept kept', 'rel rel rel rel', 'new new new session'],
  ],
  'PUBREL sent again': [['QoS 2', 'kept kept kept kept', 'rel rel rel rel', 'new new new session']],
};

/** Moments that a kind has not: flushed, QoS 0 is complete; only QoS 2 has a PUBREL. */
const IMPOSSIBLE: Readonly<Partial<Record<Moment, readonly Kind[]>>> = {
  sent: ['QoS 0'],
  'PUBREC came': ['QoS 0', 'QoS 1', 'subscribe', 'unsubscribe'],
  'PUBREL sent': ['QoS 0', 'QoS 1', 'subscribe', 'unsubscribe'],
  'waits to be sent again': ['QoS 0'],
  'sent again': ['QoS 0'],
  'PUBREL waits to be sent again': ['QoS 0', 'QoS 1', 'subscribe', 'unsubscribe'],
  'PUBREL sent again': ['QoS 0', 'QoS 1', 'subscribe', 'unsubscribe'],
};

function submit(s: SessionFixture, kind: Kind): number {
  switch (kind) {
    case 'subscribe':
      return s.subscribe('it');
    case 'unsubscribe':
      return s.unsubscribe('it');
    case 'QoS 0':
      return s.publish('it');
    case 'QoS 1':
      return s.publish('it', { qos: 1 });
    case 'QoS 2':
      return s.publish('it', { qos: 2 });
  }
}

/** Brings an operation to the moment and breaks the connection there. @returns Its token. */
function interrupt(s: SessionFixture, kind: Kind, moment: Moment): number {
  s.connect();
  if (moment === 'submitted offline' || moment === 'submitted before CONNACK') {
    s.drop();
    if (moment === 'submitted before CONNACK') {
      s.open();
      s.turn();
    }
    return submit(s, kind);
  }
  const token = submit(s, kind);
  if (moment === 'queued') {
    s.drop();
    return token;
  }
  s.write();
  if (moment === 'in a batch') {
    s.drop();
    return token;
  }
  s.flush();
  if (moment.startsWith('PUBRE')) s.pubrec(s.lastPacketId);
  if (moment.startsWith('PUBREL')) s.turn();
  s.drop();
  if (!moment.includes('again')) return token;
  s.connect({}, { sessionPresent: true });
  if (moment.includes('sent again') && !moment.includes('waits')) s.turn();
  s.drop();
  return token;
}

/** What the session would write for the operation. */
function wireText(kind: Kind, fate: Fate, packetId: number): readonly string[] {
  switch (fate) {
    case 'rel':
      return [`PUBREL #${packetId}`];
    case 'dup':
      return [`PUBLISH ${kind === 'QoS 1' ? 'q1' : 'q2'} #${packetId} it dup`];
    case 'new':
      switch (kind) {
        case 'QoS 0':
          return ['PUBLISH q0 it'];
        case 'QoS 1':
          return [`PUBLISH q1 #${packetId + 1} it`];
        case 'QoS 2':
          return [`PUBLISH q2 #${packetId + 1} it`];
        default:
          return [`${kind.toUpperCase()} #${packetId + 1}`];
      }
    default:
      return [];
  }
}

/** The Server ends whatever exchange there is. */
function answer(s: SessionFixture, kind: Kind, fate: Fate): void {
  const packetId = s.lastPacketId;
  if (kind === 'QoS 1') s.puback(packetId);
  else if (kind === 'subscribe') s.suback(packetId, 0);
  else if (kind === 'unsubscribe') s.unsuback(packetId, 0);
  else if (kind === 'QoS 2') {
    if (fate !== 'rel') s.pubrec(packetId);
    s.turn();
    s.pubcomp(packetId);
  }
}

interface Case {
  readonly moment: Moment;
  readonly kind: Kind;
  readonly offlineQueue: OfflineQueue;
  readonly sessionPresent: boolean;
  readonly atOnce: Fate;
  readonly next: Fate;
}

const CASES: readonly Case[] = MOMENTS.flatMap((moment) =>
  TABLE[moment].flatMap(([kind, at, present, lost]) =>
    POLICIES.flatMap((offlineQueue, column) =>
      [true, false].map((sessionPresent) => ({
        moment,
        kind,
        offlineQueue,
        sessionPresent,
        atOnce: fateIn(at, column),
        next: fateIn(sessionPresent ? present : lost, column),
      })),
    ),
  ),
);

function fateIn(cells: string, column: number): Fate {
  return cells.split(' ')[column] as Fate;
}

test('the table → has a row for every kind at every moment that it has', () => {
  for (const moment of MOMENTS) {
    const rows = [...TABLE[moment].map(([kind]) => kind), ...(IMPOSSIBLE[moment] ?? [])];
    expect(rows.toSorted(), moment).toEqual(KINDS.toSorted());
  }
});

describe.each(VERSIONS)('version %i', (version) => {
  test.each(CASES)(
    '$kind, $moment, policy $offlineQueue → $atOnce; Session present $sessionPresent → $next',
    ({ moment, kind, offlineQueue, sessionPresent, atOnce, next }) => {
      const s = createSession(version, { offlineQueue });
      const token = interrupt(s, kind, moment);
      const code = CODES[atOnce];
      expect(s.outcome(token)).toBe(code ?? 'open');

      // Attempts that fail change nothing.
      s.drop();
      s.open();
      s.turn();
      s.connack({ reasonCode: version === 5 ? 0x88 : 0x03 });
      s.drop();
      expect(s.outcome(token)).toBe(code ?? 'open');

      const packetId = s.lastPacketId;
      s.connect({}, { sessionPresent });
      expect(s.outcome(token)).toBe(code ?? CODES[next] ?? 'open');
      expect(s.turn()).toEqual(wireText(kind, next, packetId));
      if (code !== undefined || CODES[next] !== undefined) return;
      answer(s, kind, next);
      const isSubscription = kind === 'subscribe' || kind === 'unsubscribe';
      expect(s.outcome(token)).toBe(isSubscription ? '0x00' : 'done 0x00');
      expect(s.sink.tolerated).toBe(0);
    },
  );
});

// Settled early, by an abort or an acknowledgement timeout: the exchange of a publish still belongs to the Session, and ends with it.
describe.each(VERSIONS)('given up by its caller, version %i', (version) => {
  const exchanges = (['sent', 'PUBREC came', 'PUBREL sent'] as const).flatMap((moment) =>
    TABLE[moment].flatMap(([kind]) =>
      POLICIES.map((offlineQueue) => ({ moment, kind, offlineQueue })),
    ),
  );

  test.each(exchanges)(
    '$kind, $moment, policy $offlineQueue → goes on in silence with the Session, is gone without it',
    ({ moment, kind, offlineQueue }) => {
      for (const sessionPresent of [true, false]) {
        const s = createSession(version, { offlineQueue });
        s.connect();
        const token = submit(s, kind);
        s.turn();
        if (moment !== 'sent') s.pubrec(1);
        if (moment === 'PUBREL sent') s.turn();
        s.session.abort(token);
        s.drop();
        const isPublish = kind === 'QoS 1' || kind === 'QoS 2';
        expect(s.session.operations).toBe(isPublish ? 1 : 0);
        s.connect({}, { sessionPresent });
        const fate: Fate = !isPublish || !sessionPresent ? '-' : moment === 'sent' ? 'dup' : 'rel';
        expect(s.turn()).toEqual(wireText(kind, fate, 1));
        if (fate !== '-') answer(s, kind, fate);
        expect(s.outcome(token)).toBe('GNEISS_ERR_ABORTED');
        expect(s.sink.failed).toBe(1);
        expect(s.sink.tolerated).toBe(0);
      }
    },
  );
});
