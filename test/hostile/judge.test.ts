import { describe, expect, test } from 'vitest';
import { sameContents } from '../../fuzz/contents.js';
import { CODEC, SESSION } from '../../fuzz/differences.js';
import { Judge, judgeFarewell, judgeOutput, type Outcome } from '../../fuzz/judge.js';
import type { ErrorRecord } from '../../src/errors/mqtt-error.js';
import { VIOLATIONS, type Violation } from '../../src/errors/violations.js';
import { violationReason } from '../../src/protocol/close-reason.js';
import { bytes, decoded } from '../codec/support.js';
import { decodeOne } from '../support/strict/decode.js';
import { RULES } from '../support/strict/rules.js';

const CONNACK = bytes('20 03 00 00 00');
const PUBLISH = bytes(`30 04 00 01 'a' 00`);
const WILDCARD = bytes(`30 04 00 01 '#' 00`);
const ALIAS = bytes('30 06 00 00 03 23 00 01');

describe('a machine that', () => {
  test.each<readonly [string, Uint8Array, Outcome]>([
    ['accepts what breaks a rule', WILDCARD, took(2)],
    ['refuses a good packet', PUBLISH, took(2, VIOLATIONS.topicWildcard)],
    ['refuses for another reason', WILDCARD, took(2, VIOLATIONS.utf8)],
    ['accepts an alias that stands for nothing', ALIAS, took(2)],
    ['sees a second CONNACK where there is none', PUBLISH, took(2, VIOLATIONS.connackRepeated)],
    ['leaves a packet lie', PUBLISH, took(1)],
    ['takes half a packet', PUBLISH.subarray(0, 4), took(2)],
    ['closes without a reason', PUBLISH, closing({ code: 'GNEISS_ERR_CONNECTION_LOST' })],
    [
      'takes a PUBLISH for a DISCONNECT',
      PUBLISH,
      closing({ code: 'GNEISS_ERR_SERVER_DISCONNECT' }),
    ],
    ['gives another reason code', WILDCARD, changed({ reasonCode: 0x81 })],
    ['gives another statement', WILDCARD, changed({ statement: 'MQTT-1.5.4-1' })],
  ])('%s → is found out', (_title, packet, outcome) => {
    const judge = new Judge(5, true, 'forgiving');
    expect(() => {
      judge.judge(Uint8Array.from([...CONNACK, ...packet]), outcome);
    }).toThrow(expect.objectContaining({ name: 'Disagreement' }));
  });

  test('does the right thing → is not', () => {
    const judge = new Judge(5, true, 'forgiving');
    judge.judge(Uint8Array.from([...CONNACK, ...PUBLISH]), took(2));
    judge.begin();
    judge.judge(Uint8Array.from([...CONNACK, ...WILDCARD]), took(2, VIOLATIONS.topicWildcard));
    expect(Object.fromEntries(judge.agreements)).toStrictEqual({ accepted: 3, refused: 1 });
  });

  test('sends what a Client may not → is found out', () => {
    expect(() => judgeOutput(CONNACK, 5)).toThrow('wrongSender');
    expect(() => judgeOutput(PUBLISH.subarray(0, 3), 5)).toThrow('half a packet');
  });

  test('takes leave in another way than it should → is found out', () => {
    const { error } = violationReason(VIOLATIONS.topicWildcard, 5);
    const [disconnect] = judgeOutput(bytes('e0 01 82'), 5);
    judgeFarewell(disconnect!, error, 5);
    expect(() => {
      judgeFarewell(null, error, 5);
    }).toThrow('took leave');
    expect(() => {
      judgeFarewell(disconnect!, error, 4);
    }).toThrow('took leave');
  });
});

test.each([
  ['another topic', `30 04 00 01 'b' 00`],
  ['another payload', `30 05 00 01 'a' 00 00`],
  ['another flag', `31 04 00 01 'a' 00`],
  ['a property more', `30 06 00 01 'a' 02 01 01`],
])('%s → not the same contents', (_title, listing) => {
  const strict = decodeOne(PUBLISH, 0, { version: 5, sender: 'server' });
  if (strict.kind !== 'packet') throw new Error('refused');
  expect(sameContents(decoded(PUBLISH, 5, 'server'), strict.packet)).toBe(true);
  expect(sameContents(decoded(bytes(listing), 5, 'server'), strict.packet)).toBe(false);
});

test('every violation → stands in one of the two tables: what bytes break, and what their order breaks', () => {
  const names = [...Object.keys(CODEC), ...Object.keys(SESSION)];
  expect(names.toSorted()).toStrictEqual(Object.keys(VIOLATIONS).toSorted());
});

test('every violation of the codec → the reason code of the rules that it stands for', () => {
  const differing = Object.entries(CODEC).flatMap(([name, rules]) => {
    const { reasonCode } = VIOLATIONS[name as keyof typeof CODEC];
    return rules.every((rule) => RULES[rule].reasonCode === reasonCode) ? [] : [name];
  });
  // A value that is none of its list: Malformed Packet by §1.2, Protocol Error by the tables' wording. Either may be given.
  expect(differing.toSorted()).toStrictEqual(
    Object.keys(CODEC)
      .filter((name) => name.endsWith('ReasonCode'))
      .toSorted(),
  );
});

function took(packets: number, violation?: Violation): Outcome {
  const failure = violation === undefined ? null : violationReason(violation, 5).error;
  return { packets, failure };
}

function closing(failure: ErrorRecord): Outcome {
  return { packets: 2, failure };
}

function changed(change: Partial<ErrorRecord>): Outcome {
  return closing({ ...violationReason(VIOLATIONS.topicWildcard, 5).error, ...change });
}
