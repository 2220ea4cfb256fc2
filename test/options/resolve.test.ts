import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { CONNECTING_OPTIONS } from '../../src/options/connecting-options.js';
import { OBSERVABILITY_OPTIONS } from '../../src/options/observability-options.js';
import { OPERATION_OPTIONS } from '../../src/options/operation-options.js';
import { resolveOptions } from '../../src/options/resolve.js';
import {
  type ClientOptions,
  type MainOptions,
  OPTIONS,
  type OptionName,
  type WorkerOptions,
} from '../../src/options/schema.js';
import { SESSION_OPTIONS } from '../../src/options/session-options.js';
import { THREAD_OPTIONS } from '../../src/options/thread-options.js';
import type { ServerUrls } from '../../src/options/url.js';

const URL_PLAIN = 'mqtt://h';
const NAMES = Object.keys(OPTIONS) as OptionName[];

type Values = MainOptions & WorkerOptions;

/** Values of options that have no default, where an empty list is none. */
const SAMPLES: ClientOptions = {
  authenticator: { method: 'm', begin: () => fail() },
  topicAliasResolver: 'file:///r.js',
  transport: 'file:///t.js',
  traceContext: () => undefined,
};

function fail(): never {
  throw new Error('never called');
}

/** Both sides in one object. */
function resolve(options?: unknown, url = URL_PLAIN): Values {
  const { main, worker } = resolveOptions(url, options);
  return { ...main, ...worker };
}

function refusal(options: unknown, url = URL_PLAIN): string {
  try {
    resolveOptions(url, options);
  } catch (error) {
    if (error instanceof MqttError) {
      expect(error.code).toBe('GNEISS_ERR_INVALID_OPTION');
      return error.message;
    }
    throw error;
  }
  return 'accepted';
}

describe('defaults', () => {
  test.each([undefined, {}, Object.create(null), { keepAlive: undefined }])(
    'nothing given → every default, case %#',
    (options) => {
      const values = resolve(options);
      const endpoint = { host: 'h', port: 1883, secure: false, resource: null };
      expect(values.servers).toEqual([{ endpoint, username: undefined, password: undefined }]);
      for (const name of NAMES) expect([name, values[name]]).toEqual([name, OPTIONS[name].default]);
    },
  );

  test('each side → gets its own options and no others', () => {
    const { main, worker } = resolveOptions(URL_PLAIN);
    const sides = (side: string): string[] =>
      NAMES.filter((name) => [side, 'both'].includes(OPTIONS[name].side)).sort();
    expect(Object.keys(main).sort()).toEqual(sides('main'));
    expect(Object.keys(worker).sort()).toEqual(
      [
        ...sides('worker'),
        'asksConnectOptions',
        'tapsPackets',
        'authenticationMethod',
        'servers',
      ].sort(),
    );
  });

  test('types → derive from the table', () => {
    expectTypeOf<ClientOptions['password']>().toEqualTypeOf<string | Uint8Array | undefined>();
    expectTypeOf<WorkerOptions['password']>().toEqualTypeOf<Uint8Array | undefined>();
    expectTypeOf<WorkerOptions['protocolVersion']>().toEqualTypeOf<4 | 5>();
    expectTypeOf<MainOptions['workerUrl']>().toEqualTypeOf<string | undefined>();
    expectTypeOf<ClientOptions['workerUrl']>().toEqualTypeOf<string | URL | undefined>();
    expectTypeOf<MainOptions['keepAlive' & keyof MainOptions]>().toEqualTypeOf<never>();
    expectTypeOf<WorkerOptions['keepAlive']>().toEqualTypeOf<number>();
    expectTypeOf<ClientOptions['offlineQueue']>().toEqualTypeOf<
      'all' | 'acknowledged' | 'qos1-plus' | 'nothing' | undefined
    >();
  });
});

describe('rows', () => {
  /** What other options make an extreme value legal. */
  const COMPANIONS: Readonly<Record<string, object>> = {
    maximumPacketSize: { inboundMemoryBytes: 2 ** 30 },
    reconnectDelayMinMs: { reconnectDelayMaxMs: 2 ** 31 - 1 },
    reconnectDelayMaxMs: { reconnectDelayMinMs: 1 },
    offlineQueueMaximumMessages: { maximumPendingOperations: 1_048_576 },
    offlineQueueMaximumBytes: { outboundMemoryBytes: 2 ** 30 },
  };
  const NOT_NUMBERS = ['1', true, null, {}, [], 1n, Number.NaN, Infinity, -Infinity];

  const ranges = NAMES.flatMap((name) => {
    const row = OPTIONS[name];
    return 'min' in row ? [{ name, min: row.min, max: row.max }] : [];
  });

  test.each(ranges)('$name → $min…$max, integers only', ({ name, min, max }) => {
    const companions = COMPANIONS[name];
    for (const value of [min, max]) {
      expect(resolve({ ...companions, [name]: value })[name]).toBe(value);
    }
    for (const value of [min - 1, max + 1, min + 0.5, ...NOT_NUMBERS]) {
      expect(refusal({ ...companions, [name]: value })).toContain(
        `: ${name} must be an integer from ${min} to ${max}`,
      );
    }
  });

  const fn = (): boolean => true;
  const { signal } = new AbortController();
  const choices: readonly (readonly [OptionName, unknown[], unknown[]])[] = [
    ['protocolVersion', [4, 5], [3, 311, '5', 6, null]],
    ['clientId', ['', 'é'.repeat(32_767)], ['é'.repeat(32_768), 'a\0', '\ud800', 1, null]],
    ['rejoinSession', ['post-success', 'always', 'never'], ['Always', true, '']],
    ['username', ['', 'u'], ['u\0', 1, new Uint8Array(1), 'u'.repeat(65_536)]],
    ['requestResponseInformation', [true, false], [0, 'true', null]],
    ['requestProblemInformation', [true, false], [1]],
    ['userProperties', [[], [['a', 'b']]], [{ a: 'b' }, [['a']], [['a', 'b\0']], 'a']],
    ['connectOptions', [fn], [true, {}, 'ask', null]],
    ['serverOrder', ['round-robin', 'random'], ['Random', true, null]],
    ['serverReference', ['ignore', 'follow', 'follow-with-credentials'], ['never', true, null]],
    ['shouldReconnect', [fn], [true, {}, 'always']],
    ['retryInitialConnect', [true, false], [1, null]],
    ['resubscribe', [true, false], [1, 'true', null]],
    ['offlineQueueFull', ['reject', 'wait', 'drop-oldest', 'drop-newest'], ['drop', true]],
    ['offlineQueue', ['all', 'acknowledged', 'qos1-plus', 'nothing'], ['none', true]],
    ['compliance', ['forgiving', 'strict'], ['lenient', true, null]],
    ['flowControl', ['specification', 'fifo'], ['gneiss', true]],
    ['slowStart', [true, false], [1, 'all']],
    ['topicAliasPolicy', ['none', 'manual', 'lru'], ['LRU', 'custom', 1, null]],
    [
      'topicAliasResolver',
      ['file:///r.js', 'data:text/javascript,'],
      ['', 'r.js', '/a/r.js', 1, {}, null, { resolve: () => 1 }],
    ],
    ['transport', ['file:///t.js', 'data:text/javascript,'], ['', 't.js', '/a/t.js', 1, {}, null]],
    ['thread', ['worker', 'inline'], ['main', false]],
    ['workerUrl', ['/a/worker.js', 'file:///a.js'], ['', 'worker.js', './worker.js', 1, {}]],
    ['ackMode', ['handled', 'manual'], ['received']],
    ['name', ['Kessel 7'], ['a\0', 1, null]],
    ['logger', [{ debug: fn, info: fn, warn: fn, error: fn }], [fn, { info: fn }, 'console', null]],
    ['packetTap', [fn], [true, {}, 'file', null]],
    ['traceContext', [fn], [true, {}, null]],
    ['signal', [signal], [{}, null, { aborted: true }]],
  ];

  test.each(choices)('%s → accepted as it is or refused by its name', (name, good, bad) => {
    for (const value of good) expect(resolve({ [name]: value })[name]).toEqual(value);
    for (const value of bad) expect(refusal({ [name]: value })).toContain(`: ${name}`);
  });

  test('every row → tested above', () => {
    const others: OptionName[] = ['password', 'will', 'authenticator', 'tls', 'webSocket', 'proxy'];
    const tested = [...ranges.map(({ name }) => name), ...choices.map(([name]) => name), ...others];
    expect(tested.toSorted()).toEqual(NAMES.toSorted());
  });

  test('the parts of the table → have no row in common', () => {
    const parts = [
      SESSION_OPTIONS,
      CONNECTING_OPTIONS,
      OPERATION_OPTIONS,
      THREAD_OPTIONS,
      OBSERVABILITY_OPTIONS,
    ];
    expect(parts.flatMap((part) => Object.keys(part))).toEqual(NAMES);
  });

  test('documentation of every row → begins with its sentence and names its default', () => {
    const folder = new URL('../../src/options/', import.meta.url);
    const source = readdirSync(folder)
      .filter((file) => file.endsWith('-options.ts'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8'))
      .join('\n');
    const comments = new Map<string, string>();
    for (const [, comment, name] of source.matchAll(
      /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n {2}(\w+): \{/g,
    )) {
      comments.set(name!, comment!.replaceAll(/\s*\n\s*\*?\s*/g, ' ').trim());
    }
    for (const name of NAMES) {
      const row = OPTIONS[name];
      const comment = comments.get(name) ?? '';
      expect(comment.startsWith(row.doc), `${name}: ${comment}`).toBe(true);
      const shown = typeof row.default === 'string' ? `'${row.default}'` : String(row.default);
      // Defaults that are objects are told in words.
      const isPlain = row.default !== undefined && typeof row.default !== 'object';
      expect(comment).toContain(isPlain ? `Default ${shown}` : 'Default:');
      if ('spec' in row) expect(comment).toContain(`(§${row.spec})`);
      if ('version5' in row) expect(comment).toContain('MQTT 5 only.');
    }
  });
});

describe('authenticator', () => {
  test('a method and begin(), with whatever else the object has → taken over, the method for the worker, too', () => {
    class Counting {
      readonly method = 'counting';
      #begun = 0;
      begin(): never {
        throw new Error(`${++this.#begun}`);
      }
    }
    const { main, worker } = resolveOptions(URL_PLAIN, { authenticator: new Counting() });
    expect(worker.authenticationMethod).toBe('counting');
    expect(main.authenticator?.method).toBe('counting');
    expect(() => main.authenticator?.begin()).toThrow('1');
    expect(() => main.authenticator?.begin()).toThrow('2');
    expect(structuredClone(worker)).toEqual(worker);
  });

  const begin = fail;
  test.each([
    [7, 'authenticator must be an object'],
    [{ begin }, 'authenticator.method must be a string'],
    [{ method: '', begin }, 'authenticator.method must not be empty'],
    [{ method: 'a\0', begin }, 'authenticator.method'],
    [{ method: 'a' }, 'authenticator.begin must be a function'],
    [{ method: 'a', begin: 'b' }, 'authenticator.begin must be a function'],
  ])('%j → refused by its name', (authenticator, problem) => {
    expect(refusal({ authenticator })).toContain(`: ${problem}`);
  });
});

describe('secrets and bytes', () => {
  test('password → bytes of its own, of a string or a view', () => {
    const view = Buffer.from('xpässx').subarray(1, 6);
    const password = resolve({ username: 'u', password: view }).password!;
    expect(password).toEqual(new TextEncoder().encode('päss'));
    expect(password.buffer.byteLength).toBe(5);
    view.fill(0);
    expect(password[0]).toBe(0x70);
    expect(resolve({ password: 'a\0' }).password).toEqual(Uint8Array.of(0x61, 0));
    expect(resolve({ password: new Uint8Array(65_535) }).password).toHaveLength(65_535);
    for (const bad of [new Uint8Array(65_536), 'é'.repeat(32_768), '\ud800', 1, [1], null]) {
      expect(refusal({ password: bad })).toContain(': password must');
    }
  });

  test('values → never in a message', () => {
    const secret = 'hunter2';
    const messages = [
      ...NAMES.map((name) => refusal({ [name]: { [secret]: secret, toString: () => secret } })),
      refusal({ username: `${secret}\0` }),
      refusal({ password: `${secret}\ud800` }),
      refusal({ password: [secret] }),
      refusal({ userProperties: [['token', `${secret}\0`]] }),
      refusal({ protocolVersion: 4, password: secret }),
      refusal({ will: { topicName: `${secret}#`, payload: secret } }),
      refusal({ will: { topicName: 'a', payload: { secret } } }),
      refusal({ offlineQueue: secret }),
      refusal({ keepAlive: -1 }, `mqtt://u:${secret}@h`),
      refusal({ protocolVersion: 4 }, `mqtt://:${secret}@h`),
    ];
    for (const message of messages) {
      if (!/"(will|tls|webSocket|proxy)\.hunter2" is not an option/.test(message))
        expect(message).not.toContain(secret);
      expect(message).not.toBe('accepted');
    }
  });
});

describe('input', () => {
  test.each([null, 1, 'a', true, [], () => 0])('%j → not options', (options) => {
    expect(refusal(options)).toContain(': options must be an object');
  });

  test.each(['keepalive', 'clean', 'toString', 'constructor', 'endpoint', 'hasOwnProperty'])(
    'unknown option %s → refused by its name',
    (name) => {
      expect(refusal({ [name]: undefined })).toContain(`"${name}" is not an option`);
    },
  );

  test.each([
    [{ keepalive: 5 }, '"keepalive" is not an option here, but keepAlive is'],
    [{ tls: { CA: 'x' } }, '"tls.CA" is not an option here, but tls.ca is'],
  ])('%j → the one of other letter case is named', (options, words) => {
    expect(refusal(options)).toContain(words);
  });

  test('an own __proto__ key → refused, and pollutes nothing', () => {
    expect(refusal(JSON.parse('{"__proto__":{"keepAlive":5}}'))).toContain('"__proto__" is not');
    expect(refusal({ will: JSON.parse('{"topicName":"a","__proto__":{}}') as unknown })).toContain(
      '"will.__proto__" is not',
    );
    expect(Reflect.get({}, 'keepAlive')).toBeUndefined();
  });

  test('inherited options → read; every option → read once', () => {
    expect(resolve(Object.create({ keepAlive: 5 })).keepAlive).toBe(5);
    let reads = 0;
    const options = {
      get keepAlive(): number {
        return ++reads;
      },
    };
    expect(resolve(options, 'mqtt://u:p@h').keepAlive).toBe(1);
    expect(reads).toBe(1);
  });

  test('the worker side → survives the structured clone; the caller can not change it later', () => {
    const pair: [string, string] = ['a', 'b'];
    const payload = new Uint8Array([1]);
    const { worker } = resolveOptions(URL_PLAIN, {
      ...{ clientId: 'c', username: 'u', password: 'p', userProperties: [pair] },
      ...{
        shouldReconnect: () => true,
        signal: AbortSignal.abort(),
        workerUrl: new URL('file:///w'),
      },
      will: { topicName: 'a', payload, correlationData: payload, userProperties: [pair] },
    });
    const before = structuredClone(worker);
    pair[1] = 'changed';
    payload[0] = 2;
    expect(worker).toEqual(before);
    expect(worker.will?.payload).toEqual(Uint8Array.of(1));
  });

  test('a resolver of topic aliases → a module, or inline an object; no policy beside it', () => {
    const resolver = { startConnection() {}, resolve: () => 0, sent() {} };
    const url = new URL('file:///r.js');
    expect(resolve({ topicAliasResolver: url }).topicAliasResolver).toBe('file:///r.js');
    const inline = { thread: 'inline', topicAliasResolver: resolver };
    expect(resolve(inline).topicAliasResolver).toBe(resolver);
    expect(refusal({ topicAliasResolver: resolver })).toContain('must be the URL of a module');
    expect(refusal({ ...inline, topicAliasPolicy: 'lru' })).toContain(
      ': topicAliasPolicy does not',
    );
    expect(refusal({ ...inline, topicAliasCacheSize: 9 })).toContain(': topicAliasCacheSize does');
  });

  test('a worker URL → its address as a string', () => {
    expect(resolve({ workerUrl: new URL('file:///w.js') }).workerUrl).toBe('file:///w.js');
  });
});

describe('credentials of the address', () => {
  const URLS = ['mqtt://u:p@h', 'mqtt://v@i', 'mqtt://j'];
  const credentialsOf = (urls: ServerUrls, options?: unknown): unknown[] =>
    resolveOptions(urls, options).worker.servers.map(({ username, password }) => [
      username,
      password,
    ]);

  test('none in the options → each Server has those of its address', () => {
    const password = Uint8Array.of(0x70);
    expect(credentialsOf('mqtt://u:p@h')).toEqual([['u', password]]);
    expect(credentialsOf(URLS)).toEqual([
      ['u', password],
      ['v', undefined],
      [undefined, undefined],
    ]);
  });

  test.each([
    [{ username: 'o' }, ['o', undefined]],
    [{ password: 'o' }, [undefined, Uint8Array.of(0x6f)]],
  ])('%j → replaces both, for all Servers', (options, expected) => {
    expect(credentialsOf(URLS, options)).toEqual([expected, expected, expected]);
  });

  test('too long → refused like options', () => {
    expect(refusal({}, `mqtt://${'u'.repeat(65_536)}@h`)).toContain(': username must not exceed');
  });
});

describe('relations', () => {
  test('[MQTT-3.1.1:3.1.2-22] password without username → refused in MQTT 3.1.1 only', () => {
    expect(refusal({ protocolVersion: 4, password: 'p' })).toContain(': password needs a username');
    expect(refusal({ protocolVersion: 5, password: 'p' })).toBe('accepted');
    expect(refusal({ protocolVersion: 4, username: '', password: 'p' })).toBe('accepted');
    expect(refusal({ protocolVersion: 4 }, 'mqtt://:p@h')).toContain(': password needs a username');
  });

  test('[MQTT-3.1.1:3.1.3-7] an empty client id → clean sessions only in MQTT 3.1.1', () => {
    expect(resolve({ protocolVersion: 4 }).rejoinSession).toBe('never');
    expect(resolve({ protocolVersion: 4, clientId: 'c' }).rejoinSession).toBe('post-success');
    expect(resolve({ protocolVersion: 5 }).rejoinSession).toBe('post-success');
    for (const rejoinSession of ['always', 'post-success']) {
      expect(refusal({ protocolVersion: 4, rejoinSession })).toContain(': rejoinSession must be');
      expect(refusal({ protocolVersion: 4, rejoinSession, clientId: 'c' })).toBe('accepted');
      expect(refusal({ protocolVersion: 5, rejoinSession })).toBe('accepted');
    }
    expect(refusal({ protocolVersion: 4, rejoinSession: 'never' })).toBe('accepted');
  });

  test('options of MQTT 5 → refused with MQTT 3.1.1, even at their defaults', () => {
    const version5 = NAMES.filter((name) => 'version5' in OPTIONS[name]);
    expect(version5).toHaveLength(13);
    for (const name of version5) {
      const value = OPTIONS[name].default ?? SAMPLES[name] ?? [];
      expect(refusal({ protocolVersion: 4, [name]: value })).toContain(`: ${name} needs MQTT 5`);
      expect(refusal({ [name]: value })).toBe('accepted');
    }
  });

  test('delays → the first not above the longest', () => {
    const limits = { reconnectDelayMinMs: 6, reconnectDelayMaxMs: 5 };
    expect(refusal(limits)).toContain(': reconnectDelayMinMs must not exceed');
    expect(refusal({ ...limits, reconnectDelayMinMs: 5 })).toBe('accepted');
    expect(refusal({ reconnectDelayMinMs: 120_001 })).toContain(': reconnectDelayMinMs');
  });

  test('maximum packet size → fits the inbound memory', () => {
    const inboundMemoryBytes = 2 ** 20;
    expect(resolve({ inboundMemoryBytes }).maximumPacketSize).toBe(2 ** 20);
    expect(resolve({ inboundMemoryBytes: 2 ** 25 }).maximumPacketSize).toBe(2 ** 24);
    expect(refusal({ inboundMemoryBytes, maximumPacketSize: 2 ** 20 })).toBe('accepted');
    expect(refusal({ inboundMemoryBytes, maximumPacketSize: 2 ** 20 + 1 })).toContain(
      ': maximumPacketSize must not exceed inboundMemoryBytes',
    );
  });

  test('offline queue → a part of all that may be pending', () => {
    const whole = { maximumPendingOperations: 1000, outboundMemoryBytes: 2 ** 20 };
    const bounds = (options: object): readonly number[] => {
      const { offlineQueueMaximumMessages, offlineQueueMaximumBytes } = resolve(options);
      return [offlineQueueMaximumMessages, offlineQueueMaximumBytes];
    };
    const large = { maximumPendingOperations: 2 ** 20, outboundMemoryBytes: 2 ** 30 };
    expect(bounds(large)).toEqual([2 ** 20, 2 ** 30]);
    for (const offlineQueueFull of ['reject', 'wait']) {
      expect(bounds({ ...whole, offlineQueueFull })).toEqual([1000, 2 ** 20]);
      expect(refusal({ ...whole, offlineQueueFull, offlineQueueMaximumMessages: 1001 })).toContain(
        ': offlineQueueMaximumMessages must not exceed maximumPendingOperations',
      );
    }
    for (const offlineQueueFull of ['drop-oldest', 'drop-newest']) {
      expect(bounds({ ...whole, offlineQueueFull })).toEqual([500, 2 ** 18]);
      const given = { offlineQueueMaximumMessages: 500, offlineQueueMaximumBytes: 2 ** 18 };
      expect(bounds({ ...whole, offlineQueueFull, ...given })).toEqual([500, 2 ** 18]);
      expect(
        refusal({ ...whole, offlineQueueFull, offlineQueueMaximumBytes: 2 ** 18 + 1 }),
      ).toContain(': offlineQueueMaximumBytes must not exceed a quarter of outboundMemoryBytes');
    }
  });

  test('memory → both together fit 31-bit positions', () => {
    const inboundMemoryBytes = 2 ** 30;
    const rest = 0x7000_0000 - inboundMemoryBytes;
    expect(refusal({ inboundMemoryBytes, outboundMemoryBytes: rest })).toBe('accepted');
    expect(refusal({ inboundMemoryBytes, outboundMemoryBytes: rest + 1 })).toContain(
      ': inboundMemoryBytes and outboundMemoryBytes must not exceed 1879048192 together',
    );
  });
});
