import { describe, expect, test } from 'vitest';
import type { ErrorRecord } from '../../src/errors/mqtt-error.js';
import { ServerChoice, type Target } from '../../src/host/server-choice.js';
import { toServerInfo } from '../../src/host/server-info.js';
import { resolveOptions } from '../../src/options/resolve.js';
import type { ClientOptions } from '../../src/options/schema.js';
import { Prng } from '../support/prng.js';

const FAILED: ErrorRecord = { code: 'GNEISS_ERR_CONNECT_FAILED' };
const LIST = ['mqtt://a', 'mqtt://b', 'mqtt://c'];
const USE_ANOTHER = 0x9c;
const MOVED = 0x9d;

function choiceOf(
  urls: string | readonly string[],
  options: ClientOptions = {},
  random: () => number = () => 0,
): ServerChoice {
  return new ServerChoice(resolveOptions(urls, options).worker, random);
}

function textOf({ server: { endpoint } }: Target): string {
  const info = toServerInfo(endpoint);
  return info.path !== undefined ? info.path : `${info.scheme}://${info.host}:${info.port}`;
}

/** So many attempts, each of which fails; where they went, and with `+` where an untried Server followed. */
function failing(choice: ServerChoice, count: number, error: ErrorRecord = FAILED): string[] {
  return Array.from({ length: count }, () => {
    const target = textOf(choice.next());
    return `${target.slice(7, 8)}${choice.ended(error, false) ? '+' : ''}`;
  });
}

function refused(serverReference: string | undefined, reasonCode = USE_ANOTHER): ErrorRecord {
  const packet = { properties: { serverReference } };
  return { code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode, packet };
}

/** Where the first Server of the list sends the client; the list goes on with `mqtt://list`. */
function referred(url: string, reference: string, options: ClientOptions = {}): string[] {
  const choice = choiceOf([url, 'mqtt://list'], { serverReference: 'follow', ...options });
  choice.next();
  choice.ended(refused(reference), false);
  const targets: string[] = [];
  for (let target = ''; target !== 'mqtt://list:1883'; ) {
    target = textOf(choice.next());
    targets.push(target);
    choice.ended(FAILED, false);
  }
  return targets.slice(0, -1);
}

describe('the list', () => {
  test('round-robin → in order and from the beginning again; each untried Server once without a full delay', () => {
    expect(failing(choiceOf(LIST), 7)).toEqual(['a+', 'b+', 'c', 'a', 'b', 'c', 'a']);
  });

  test('one Server → it alone, tried as soon as it was', () => {
    expect(failing(choiceOf('mqtt://a'), 2)).toEqual(['a', 'a']);
  });

  test('a connection that lasted is lost → the next Server; all others are untried', () => {
    const choice = choiceOf(LIST);
    failing(choice, 4);
    choice.next();
    choice.accepted();
    expect(choice.ended(FAILED, true)).toBe(true);
    expect(failing(choice, 4)).toEqual(['c+', 'a', 'b', 'c']);
  });

  test('a connection that did not last → no Server is untried again', () => {
    const choice = choiceOf(LIST);
    failing(choice, 4);
    choice.next();
    choice.accepted();
    expect(choice.ended(FAILED, false)).toBe(false);
  });

  test('the user starts again → from the beginning', () => {
    const choice = choiceOf(LIST);
    failing(choice, 2);
    choice.restart();
    expect(failing(choice, 3)).toEqual(['a+', 'b+', 'c']);
  });

  test('random → each once a round, never one twice in a row, all orders', () => {
    const prng = new Prng(7);
    const choice = choiceOf(LIST, { serverOrder: 'random' }, () => prng.next() / 2 ** 32);
    const rounds = new Set<string>();
    let last = '';
    for (let round = 0; round < 300; round++) {
      const order = Array.from({ length: 3 }, () => {
        const target = textOf(choice.next());
        choice.ended(FAILED, false);
        return target;
      });
      expect(new Set(order).size).toBe(3);
      expect(order[0]).not.toBe(last);
      last = order[2]!;
      rounds.add(order.join());
    }
    expect(rounds.size).toBe(6);
  });
});

describe('Server Reference', () => {
  test.each([
    [
      'mqtt://a',
      'b:1884 c [2001:DB8::1]:1885 [::1] 10.0.0.1',
      [
        'mqtt://b:1884',
        'mqtt://c:1883',
        'mqtt://2001:db8::1:1885',
        'mqtt://::1:1883',
        'mqtt://10.0.0.1:1883',
      ],
    ],
    ['mqtts://a:9999', 'b', ['mqtts://b:8883']],
    ['ws://a/mqtt', 'b', ['ws://b:80']],
    ['wss://a/mqtt', 'B.Example:8443', ['wss://b.example:8443']],
  ])(
    'of %s: %s → spoken to as the Server that named them, the default port its scheme’s',
    (url, reference, targets) => {
      expect(referred(url, reference)).toEqual(targets);
    },
  );

  test.each([
    '',
    ' ',
    'b:0',
    'b:65536',
    'b:x',
    'b:',
    ':1883',
    'b:1:2',
    '::1',
    '[::1',
    '[b]:1883',
    '[:::]',
    'mqtt://b',
    'user@b',
    'b/path',
    'b?x',
    'b#x',
    'b%41',
    'bücher.example',
    'b,c',
    '300.1.1.1',
    'b\tc',
    `${'b'.repeat(254)}`,
  ])('%j → no reference at all', (reference) => {
    expect(referred('mqtt://a', reference)).toEqual([]);
  });

  test('bad ones among good → left out; more than 16 → not looked at', () => {
    expect(referred('mqtt://a', 'b: x@y c')).toEqual(['mqtt://c:1883']);
    const many = Array.from({ length: 20 }, (_, at) => `h${at}`).join(' ');
    expect(referred('mqtt://a', many)).toHaveLength(16);
  });

  test.each([
    ['ignored', { serverReference: 'ignore' }, refused('b')],
    ['none', { serverReference: 'follow' }, refused(undefined)],
    ['another reason code', { serverReference: 'follow' }, refused('b', 0x97)],
    [
      'an error of ours',
      { serverReference: 'follow' },
      { ...refused('b'), code: 'GNEISS_ERR_PEER_VIOLATION' },
    ],
  ] as const)('%s → the list goes on', (_, options, error) => {
    const choice = choiceOf('mqtt://a', options);
    choice.next();
    expect(choice.ended(error, false)).toBe(false);
    expect(textOf(choice.next())).toBe('mqtt://a:1883');
  });

  test('of a Server behind a Unix domain socket → ignored', () => {
    const choice = choiceOf('unix:///run/a', { serverReference: 'follow' });
    choice.next();
    choice.ended(refused('b'), false);
    expect(textOf(choice.next())).toBe('/run/a');
  });

  test('[MQTT-5.0:4.11-a] 0x9C → once, accepted or not; then the list', () => {
    const choice = choiceOf('mqtt://a', { serverReference: 'follow' });
    choice.next();
    expect(choice.ended(refused('b'), false)).toBe(true);
    expect(textOf(choice.next())).toBe('mqtt://b:1883');
    choice.accepted();
    expect(choice.ended(FAILED, false)).toBe(false);
    expect(textOf(choice.next())).toBe('mqtt://a:1883');
  });

  test('[MQTT-5.0:4.11-a] 0x9D → stays where the Server has moved, as long as one of the named accepts', () => {
    const choice = choiceOf('mqtt://a', { serverReference: 'follow' });
    choice.next();
    choice.ended({ ...refused('b c', MOVED), code: 'GNEISS_ERR_SERVER_DISCONNECT' }, true);
    for (const target of ['b', 'c', 'b']) {
      expect(textOf(choice.next())).toBe(`mqtt://${target}:1883`);
      choice.accepted();
      choice.ended(FAILED, true);
    }
    expect(failing(choice, 3)).toEqual(['c', 'b+', 'a']);
  });

  test('the user starts again → the list', () => {
    const choice = choiceOf('mqtt://a', { serverReference: 'follow' });
    choice.next();
    choice.ended(refused('b', MOVED), false);
    choice.restart();
    expect(textOf(choice.next())).toBe('mqtt://a:1883');
  });

  test('references in a circle → tried once each; those in a chain without end → four, and then with the full delay', () => {
    const circle = choiceOf('mqtt://a', { serverReference: 'follow' });
    circle.next();
    expect(circle.ended(refused('b'), false)).toBe(true);
    circle.next();
    expect(circle.ended(refused('a'), false)).toBe(false);

    const chain = choiceOf('mqtt://a', { serverReference: 'follow' });
    const untried = Array.from({ length: 8 }, (_, at) => {
      chain.next();
      return chain.ended(refused(`h${at}`), false);
    });
    expect(untried).toEqual([true, true, true, true, false, false, false, false]);
    chain.next();
    chain.accepted();
    expect(chain.ended(refused('h9'), true)).toBe(true);
  });
});

describe('credentials', () => {
  const URL_WITH = 'wss://u:p@a/mqtt?token=t';
  const OWN = { username: 'u', password: Uint8Array.of(0x70) };

  function targetOf(
    reference: string,
    serverReference: 'follow' | 'follow-with-credentials',
    urls: readonly string[] = [URL_WITH],
  ): Target {
    const choice = choiceOf(urls, { serverReference });
    choice.next();
    choice.ended(refused(reference), false);
    return choice.next();
  }

  test('another host → none, and no query', () => {
    const { isForeign, server } = targetOf('b', 'follow');
    expect(isForeign).toBe(true);
    expect(server).toEqual({
      endpoint: { host: 'b', port: 443, secure: true, resource: '/mqtt' },
      username: undefined,
      password: undefined,
    });
  });

  test.each([
    ['the same host, another port', 'a:8443', 'follow'],
    ['another host, as the option says', 'b', 'follow-with-credentials'],
  ] as const)('%s → all of them', (_, reference, serverReference) => {
    const { isForeign, server } = targetOf(reference, serverReference);
    expect(isForeign).toBe(false);
    expect(server).toMatchObject({ ...OWN, endpoint: { resource: '/mqtt?token=t' } });
  });

  test('a Server of the list → those of its own', () => {
    const { isForeign, server } = targetOf('b', 'follow', [URL_WITH, 'wss://v@b/other?x']);
    expect(isForeign).toBe(false);
    expect(server).toMatchObject({ username: 'v', endpoint: { resource: '/other?x' } });
    // Spoken to in another way it is another Server.
    expect(targetOf('b', 'follow', [URL_WITH, 'mqtts://v@b:443']).isForeign).toBe(true);
  });

  test('an address that the user has chosen for the attempt → what it names is spoken to as it was', () => {
    const choice = choiceOf(URL_WITH, { serverReference: 'follow' });
    choice.next();
    const [chosen] = resolveOptions('mqtts://v@c', {}).worker.servers;
    expect(choice.redirect(chosen!)).toEqual({ server: chosen, isForeign: false });
    choice.ended(refused('c:1 b'), false);
    const same = choice.next();
    expect([textOf(same), same.isForeign, same.server.username]).toEqual([
      'mqtts://c:1',
      false,
      'v',
    ]);
    choice.ended(FAILED, false);
    const other = choice.next();
    expect([textOf(other), other.isForeign]).toEqual(['mqtts://b:8883', true]);
  });

  test('what a foreign Server names → foreign, on its own host, too; but for the list', () => {
    const choice = choiceOf(URL_WITH, { serverReference: 'follow' });
    choice.next();
    choice.ended(refused('b'), false);
    choice.next();
    choice.ended(refused('b:1 a:2 a'), false);
    const targets = Array.from({ length: 3 }, () => {
      const target = choice.next();
      choice.ended(FAILED, false);
      return [textOf(target), target.isForeign];
    });
    expect(targets).toEqual([
      ['wss://b:1', true],
      ['wss://a:2', true],
      ['wss://a:443', false],
    ]);
  });
});
