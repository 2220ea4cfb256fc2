import { describe, expect, test } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';
import {
  assertPublishOptions,
  assertStopOptions,
  assertTopicName,
  normaliseSubscriptions,
  normaliseTopicFilters,
} from '../../src/validation/outbound.js';

const PARSED_PROTO: unknown = JSON.parse('{"__proto__":{"qos":1}}');

function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof MqttError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const refuseOption = (name: string): RegExp =>
  new RegExp(`^GNEISS_ERR_INVALID_OPTION .*: ${name.replaceAll(/[[\].]/g, '\\$&')} `);

describe('topic names', () => {
  test('a bad name → GNEISS_ERR_INVALID_TOPIC; a good one → passes', () => {
    expect(refusal(() => assertTopicName('a/#'))).toMatch(/^GNEISS_ERR_INVALID_TOPIC /);
    expect(refusal(() => assertTopicName(7))).toMatch(/^GNEISS_ERR_INVALID_TOPIC /);
    expect(refusal(() => assertTopicName('a/b'))).toBe('accepted');
  });
});

describe('publish options', () => {
  const publish = (options: unknown, version: 4 | 5 = 5): string =>
    refusal(() => assertPublishOptions(options, version));

  test('nothing, and an empty object → accepted', () => {
    expect(publish(undefined)).toBe('accepted');
    expect(publish({})).toBe('accepted');
    expect(publish(Object.create(null))).toBe('accepted');
    expect(publish({ qos: undefined, topicAlias: undefined }, 4)).toBe('accepted');
  });

  test.each([null, 1, 'qos', true, [], () => 0])('%j → not options', (options) => {
    expect(publish(options)).toMatch(refuseOption('options'));
  });

  test.each([
    ['qos', [0, 1, 2], [-1, 3, 1.5, '1', true, null, Number.NaN]],
    ['retain', [true, false], [0, 1, 'true', null]],
    ['messageExpiryInterval', [0, 0xffff_ffff], [-1, 2 ** 32, 0.5, '5', null, Infinity]],
    ['topicAlias', [1, 65_535], [0, 65_536, -1, 1.5, '1']],
    ['responseTopic', ['a/b'], ['', 'a/#', '+', 'a\0', '\ud800', 'é'.repeat(32_768), 1]],
    [
      'correlationData',
      [new Uint8Array(0), Buffer.alloc(65_535)],
      [new Uint8Array(65_536), 'abc', new ArrayBuffer(1), [1], new Uint16Array(1)],
    ],
    ['contentType', ['', 'é'.repeat(32_767)], ['é'.repeat(32_768), 'a\0', '\udc00', 1]],
    ['payloadFormatIndicator', [0, 1], [2, -1, true]],
    ['ackTimeoutMs', [0, 2 ** 31 - 1], [-1, 2 ** 31, 1.5, '1']],
    ['signal', [new AbortController().signal], [{}, true, { aborted: false }, null]],
    ['userProperties', [[], [['', '']], [['a', 'b']]], [{}, 'a', new Map()]],
  ])('%s → accepted within its range, refused by its name outside', (name, good, bad) => {
    for (const value of good) expect(publish({ [name]: value })).toBe('accepted');
    for (const value of bad) expect(publish({ [name]: value })).toMatch(refuseOption(name));
  });

  test.each([
    [[['a']], 'userProperties[0]'],
    [[['a', 'b', 'c']], 'userProperties[0]'],
    [['ab'], 'userProperties[0]'],
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested.
    [[['a', 'b'], , ['c', 'd']], 'userProperties[1]'],
    [[['a\0', 'b']], 'userProperties[0][0]'],
    [[['a', 'b\0']], 'userProperties[0][1]'],
    [[['a'.repeat(65_536), 'b']], 'userProperties[0][0]'],
    [
      [
        ['a', 'b'],
        ['a', 'b'.repeat(65_536)],
      ],
      'userProperties[1][1]',
    ],
    [[['a', 1]], 'userProperties[0][1]'],
  ])('user properties, name and value both → checked, case %#', (userProperties, place) => {
    expect(publish({ userProperties })).toMatch(refuseOption(place));
  });

  test.each(['dup', 'packetId', 'QoS', 'payload', 'subscriptionIdentifiers', 'constructor'])(
    'unknown option %s → refused, even when undefined',
    (name) => {
      expect(publish({ [name]: undefined })).toContain(`"${name}" is not an option`);
      expect(publish({ qos: 1, [name]: 1 })).toContain(`"${name}" is not an option`);
    },
  );

  test('an own __proto__ key → refused; it gives no qos', () => {
    expect(publish(PARSED_PROTO)).toContain('"__proto__" is not an option');
  });

  test('inherited options and accessors → checked like own ones', () => {
    expect(publish(Object.create({ qos: 3 }))).toMatch(refuseOption('qos'));
    expect(publish(Object.create({ dup: true }))).toContain('"dup" is not an option');
    class Options {
      get qos(): number {
        return 3;
      }
    }
    expect(publish(new Options())).toMatch(refuseOption('qos'));
  });

  test.each([
    ['messageExpiryInterval', 1],
    ['topicAlias', 1],
    ['responseTopic', 'a'],
    ['correlationData', new Uint8Array(1)],
    ['contentType', 'a'],
    ['payloadFormatIndicator', 1],
    ['userProperties', []],
  ])('%s with MQTT 3.1.1 → refused', (name, value) => {
    expect(publish({ [name]: value }, 4)).toMatch(
      refuseOption(`${name} needs MQTT 5`.slice(0, -2)),
    );
    expect(publish({ [name]: value }, 5)).toBe('accepted');
  });

  test('what is in a value → never in the message', () => {
    const secret = 'hunter2\0';
    expect(publish({ contentType: secret })).not.toContain('hunter2');
    expect(publish({ userProperties: [['token', secret]] })).not.toContain('hunter2');
    expect(publish({ ['k'.repeat(5000)]: 1 }).length).toBeLessThan(200);
  });
});

describe('subscriptions', () => {
  const DEFAULTS = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 };
  const subscribe = (input: unknown, options?: unknown, version: 4 | 5 = 5): string =>
    refusal(() => normaliseSubscriptions(input, options, version));

  test('a filter, a request, a mixed list → one shape with defaults filled in', () => {
    expect(normaliseSubscriptions('a', undefined, 4)).toEqual([{ topicFilter: 'a', ...DEFAULTS }]);
    const options = { qos: 1, retainHandling: 2, retainAsPublished: true } as const;
    expect(
      normaliseSubscriptions(['a/#', { topicFilter: 'b', qos: 2, noLocal: true }], options, 5),
    ).toEqual([
      { topicFilter: 'a/#', ...DEFAULTS, ...options },
      { topicFilter: 'b', ...DEFAULTS, ...options, qos: 2, noLocal: true },
    ]);
    expect(
      normaliseSubscriptions({ topicFilter: 'b', qos: 0, retainAsPublished: false }, options, 5),
    ).toEqual([{ topicFilter: 'b', ...DEFAULTS, retainHandling: 2 }]);
  });

  test('[MQTT-3.8.3-2] [MQTT-3.1.1:3.8.3-3] no filter at all → GNEISS_ERR_INVALID_FILTER', () => {
    expect(subscribe([])).toMatch(/^GNEISS_ERR_INVALID_FILTER /);
  });

  test('[MQTT-3.10.3-2] [MQTT-3.1.1:3.10.3-2] nothing to unsubscribe from → GNEISS_ERR_INVALID_FILTER', () => {
    expect(refusal(() => normaliseTopicFilters([], undefined, 5))).toMatch(/INVALID_FILTER/);
  });

  test('[MQTT-3.3.2-14] a response topic with wildcards → refused', () => {
    const call = (): void => assertPublishOptions({ responseTopic: 'a/+' }, 5);
    expect(refusal(call)).toMatch(refuseOption('responseTopic'));
  });

  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested.
  test.each(['', 'a#', undefined, null, 5, ['a', ''], [['a']], [,], [{}], {}, { topicFilter: 1 }])(
    'bad filter %j → GNEISS_ERR_INVALID_FILTER',
    (input) => {
      expect(subscribe(input)).toMatch(/^GNEISS_ERR_INVALID_FILTER /);
      if (typeof input === 'string') {
        expect(refusal(() => normaliseTopicFilters(input, undefined, 5))).toMatch(/INVALID_FILTER/);
      }
    },
  );

  test('[MQTT-3.8.3-4] No Local with a Shared Subscription → refused, wherever it comes from', () => {
    const shared = '$share/g/a';
    expect(subscribe(shared, { noLocal: true })).toMatch(refuseOption('noLocal'));
    expect(subscribe([{ topicFilter: shared, noLocal: true }])).toMatch(refuseOption('noLocal'));
    expect(subscribe([{ topicFilter: shared, noLocal: false }], { noLocal: true })).toBe(
      'accepted',
    );
    expect(subscribe(['$share', 'b'], { noLocal: true })).toBe('accepted');
  });

  test.each([
    ['qos', [0, 1, 2], [3, '1', null]],
    ['noLocal', [true, false], [1, null]],
    ['retainAsPublished', [true, false], ['yes']],
    ['retainHandling', [0, 1, 2], [3, -1, true]],
  ])('%s → checked in options and in requests', (name, good, bad) => {
    for (const value of good) {
      expect(subscribe('a', { [name]: value })).toBe('accepted');
      expect(subscribe({ topicFilter: 'a', [name]: value })).toBe('accepted');
    }
    for (const value of bad) {
      expect(subscribe('a', { [name]: value })).toMatch(refuseOption(name));
      const request = { topicFilter: 'a', [name]: value };
      expect(subscribe(request)).toMatch(refuseOption(`subscription.${name}`));
      expect(subscribe(['a', request])).toMatch(refuseOption(`subscriptions[1].${name}`));
    }
  });

  test.each([
    ['subscriptionIdentifier', [1, 268_435_455], [0, 268_435_456, '1']],
    ['ackMode', ['handled', 'manual'], ['received', true]],
    ['concurrency', [1, 65_535], [0, 65_536, Infinity]],
    ['ackTimeoutMs', [0], [-1]],
    ['signal', [AbortSignal.abort()], [{}]],
    ['userProperties', [[['a', 'b']]], [[['a']]]],
  ])('%s → checked in options, unknown in requests', (name, good, bad) => {
    for (const value of good) {
      expect(subscribe('a', { [name]: value })).toBe('accepted');
      expect(subscribe({ topicFilter: 'a', [name]: value })).toContain('is not an option here');
    }
    for (const value of bad) expect(subscribe('a', { [name]: value })).toMatch(/INVALID_OPTION/);
  });

  test.each([
    ...['noLocal', 'retainAsPublished', 'retainHandling', 'subscriptionIdentifier'],
    'userProperties',
  ])('%s with MQTT 3.1.1 → refused', (name) => {
    expect(subscribe('a', { [name]: name.startsWith('re') ? 0 : false }, 4)).toContain('MQTT 5');
  });

  test('unknown options and __proto__ → refused', () => {
    expect(subscribe('a', { nl: true })).toContain('"nl" is not an option');
    expect(subscribe('a', PARSED_PROTO)).toContain('"__proto__" is not an option');
    expect(subscribe('a', null)).toMatch(refuseOption('options'));
    expect(subscribe({ topicFilter: 'a', rh: 1 })).toContain('"rh" is not an option');
  });

  test('filters to unsubscribe → a list, with options checked', () => {
    expect(normaliseTopicFilters('$share/g/a', undefined, 5)).toEqual(['$share/g/a']);
    expect(normaliseTopicFilters(['a', 'b/#'], { ackTimeoutMs: 5 }, 4)).toEqual(['a', 'b/#']);
    expect(refusal(() => normaliseTopicFilters('a', { qos: 1 }, 5))).toContain('"qos" is not');
    expect(refusal(() => normaliseTopicFilters('a', { userProperties: [] }, 4))).toContain(
      'MQTT 5',
    );
  });
});

describe('stop options', () => {
  const stop = (options: unknown, version: 4 | 5 = 5, expiry = 10): string =>
    refusal(() => assertStopOptions(options, version, expiry));

  test('[MQTT-3.14.2-1] every reason code → those that a client may send, and no others', () => {
    const sendable = [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97];
    sendable.push(0x98, 0x99);
    for (let reasonCode = 0; reasonCode <= 0x100; reasonCode++) {
      const accepted = stop({ reasonCode }) === 'accepted';
      expect([reasonCode, accepted]).toEqual([reasonCode, sendable.includes(reasonCode)]);
    }
  });

  test.each([
    ['abrupt', [true, false], [1]],
    ['reasonString', ['', 'é'], ['a\0', 1, 'a'.repeat(65_536)]],
    ['sessionExpiryInterval', [0, 0xffff_ffff], [-1, 2 ** 32]],
    ['userProperties', [[]], [{}]],
    ['timeoutMs', [0, 2 ** 31 - 1], [-1, 2 ** 31]],
  ])('%s → accepted within its range only', (name, good, bad) => {
    for (const value of good) expect(stop({ [name]: value })).toBe('accepted');
    for (const value of bad) expect(stop({ [name]: value })).toMatch(refuseOption(name));
  });

  test('[MQTT-5.0:3.14-b] Session Expiry Interval after 0 in CONNECT → 0 only', () => {
    expect(stop({ sessionExpiryInterval: 1 }, 5, 0)).toMatch(refuseOption('sessionExpiryInterval'));
    expect(stop({ sessionExpiryInterval: 0 }, 5, 0)).toBe('accepted');
  });

  test('fields of a DISCONNECT → not with abrupt, not with MQTT 3.1.1', () => {
    for (const [name, value] of Object.entries({ reasonCode: 4, reasonString: 'a' })) {
      expect(stop({ abrupt: true, [name]: value })).toMatch(refuseOption(name));
      expect(stop({ [name]: value }, 4)).toContain('MQTT 5');
    }
    expect(stop({ abrupt: true, timeoutMs: 5 }, 4)).toBe('accepted');
  });

  test('unknown options → refused', () => {
    expect(stop(undefined)).toBe('accepted');
    expect(stop({ force: true })).toContain('"force" is not an option');
    expect(stop(PARSED_PROTO)).toContain('"__proto__"');
  });
});
