import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { createScram, type ScramOptions, scram } from '../../src/authentication/scram.js';
import type { ScramMechanism } from '../../src/authentication/scram-keys.js';
import type { MqttError } from '../../src/errors/mqtt-error.js';
import type { AuthenticatorExchange } from '../../src/options/authenticator.js';
import { errorOf } from '../support/inline-client.js';
import { ScramServer } from '../support/scram-server.js';

const USER = { username: 'user', password: 'pencil' };
const SHA_1: ScramOptions = { mechanism: 'SCRAM-SHA-1', ...USER };
const NONCE = 'fyko+d2lbbFgONRv9qkxdawL';
const SERVER_NONCE = `${NONCE}3rfcNHYJY1ZVvWVs7j`;
const CHALLENGE = `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=4096`;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** An exchange whose nonce is known. */
function begin(options: Partial<ScramOptions> = {}, nonce = NONCE): AuthenticatorExchange {
  return createScram({ ...SHA_1, ...options }, () => nonce).begin();
}

/** An exchange that has sent its first message. */
async function begun(options: Partial<ScramOptions> = {}): Promise<AuthenticatorExchange> {
  const exchange = begin(options);
  await exchange.first();
  return exchange;
}

/** What the exchange makes of a challenge that it must not take. */
async function refusal(
  challenge: Uint8Array | undefined,
  options?: Partial<ScramOptions>,
): Promise<MqttError> {
  const exchange = await begun(options);
  const error = await errorOf(async () => exchange.respond(challenge));
  expect(error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
  return error;
}

describe('the examples of the RFCs', () => {
  test.each<[string, ScramMechanism, string, string, string, string, string]>([
    [
      'RFC 5802, 5',
      'SCRAM-SHA-1',
      NONCE,
      'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL',
      CHALLENGE,
      'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
      'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
    ],
    [
      'RFC 7677, 3',
      'SCRAM-SHA-256',
      'rOprNGfwEbeRWgbNEkqO',
      'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
      'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    ],
  ])('%s', async (_, mechanism, nonce, first, challenge, response, final) => {
    const exchange = begin({ mechanism }, nonce);
    expect(await exchange.first()).toBe(first);
    expect(await exchange.respond(bytes(challenge))).toBe(response);
    expect(() => exchange.finish(bytes(final))).not.toThrow();
  });
});

describe('a Server written from the RFC', () => {
  const DIGESTS = { 'SCRAM-SHA-1': 'sha1', 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' };
  const mechanisms = Object.entries(DIGESTS) as [ScramMechanism, string][];

  test.each(mechanisms)('%s → each accepts the other', async (mechanism, digest) => {
    const server = new ScramServer({ digest, ...USER, iterations: 5000 });
    const exchange = scram({ mechanism, ...USER }).begin();
    const challenge = server.challenge(String(await exchange.first()));
    const final = server.verify(String(await exchange.respond(bytes(challenge))));
    expect(final).toMatch(/^v=/);
    exchange.finish(bytes(final));
  });

  test.each(mechanisms)('%s, another password → the proof fails', async (mechanism, digest) => {
    const server = new ScramServer({ digest, ...USER, password: 'pen' });
    const exchange = scram({ mechanism, ...USER }).begin();
    const challenge = server.challenge(String(await exchange.first()));
    const final = server.verify(String(await exchange.respond(bytes(challenge))));
    expect(final).toBe('e=invalid-proof');
    const error = await errorOf(() => exchange.finish(bytes(final)));
    expect(error.message).toContain('the Server names the error invalid-proof');
  });

  test.each([
    ['equals sign and comma', 'a=b,c', 'a=b,c', 'x=y,z', 'x=y,z'],
    ['what is mapped to nothing', 'I\u00adX', 'IX', 'p\u00ad\u200dq', 'pq'],
    ['compatibility characters', '\u00aa\u2168', 'aIX', '\ufb01\u2460', 'fi1'],
    ['spaces that are not ASCII', 'a\u00a0b', 'a b', 'c\u3000d', 'c d'],
    ['accents, composed or not', 'e\u0301', '\u00e9', 'u\u0308', '\u00fc'],
  ])(
    '%s → prepared as RFC 4013 says',
    async (_, username, prepared, password, preparedPassword) => {
      const server = new ScramServer({
        digest: 'sha1',
        username: prepared,
        password: preparedPassword,
      });
      const exchange = scram({ mechanism: 'SCRAM-SHA-1', username, password }).begin();
      const challenge = server.challenge(String(await exchange.first()));
      const final = server.verify(String(await exchange.respond(bytes(challenge))));
      exchange.finish(bytes(final));
    },
  );

  test('the same salt and iterations again → the same keys; another salt → others', async () => {
    const authenticator = scram(SHA_1);
    for (const salt of ['11', '11', '22', '11']) {
      const server = new ScramServer({ digest: 'sha1', ...USER, salt: Buffer.from(salt, 'hex') });
      const exchange = authenticator.begin();
      const challenge = server.challenge(String(await exchange.first()));
      const final = server.verify(String(await exchange.respond(bytes(challenge))));
      exchange.finish(bytes(final));
    }
  });

  test('exchanges at once → each with a nonce and a state of its own', async () => {
    const authenticator = scram(SHA_1);
    const server = [1, 2].map(() => new ScramServer({ digest: 'sha1', ...USER }));
    const exchanges = server.map(() => authenticator.begin());
    const firsts = await Promise.all(exchanges.map(async (exchange) => exchange.first()));
    expect(new Set(firsts).size).toBe(2);
    const responses = await Promise.all(
      exchanges.map(async (exchange, at) =>
        exchange.respond(bytes(server[at]!.challenge(String(firsts[at])))),
      ),
    );
    exchanges.forEach((exchange, at) => {
      exchange.finish(bytes(server[at]!.verify(String(responses[at]))));
    });
  });
});

describe('a hostile Server', () => {
  test.each([
    ['another nonce', 'r=abc,s=QSXCR+Q6sek8bf92,i=4096', 'does not extend'],
    ['our nonce only', `r=${NONCE},s=QSXCR+Q6sek8bf92,i=4096`, 'does not extend'],
    ['the end of our nonce', `r=x${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=4096`, 'does not extend'],
    ['4095 iterations', `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=4095`, '4095 iterations'],
    ['1 iteration', `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=1`, '1 iterations'],
    // To compute so many would take longer than any test may.
    [
      'more than anyone computes',
      `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=2147483647`,
      'iterations',
    ],
    ['more than we take', `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=600001`, '600001 iterations'],
    [
      'more than there are',
      `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=${'9'.repeat(400)}`,
      'iterations',
    ],
    ['iterations that are none', `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=04096`, 'no challenge'],
    ['no iterations', `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92`, 'no challenge'],
    ['no salt', `r=${SERVER_NONCE},s=,i=4096`, 'no challenge'],
    ['a salt that is not base64', `r=${SERVER_NONCE},s=QSXCR+Q6sek8bf9,i=4096`, 'no challenge'],
    ['another order', `s=QSXCR+Q6sek8bf92,r=${SERVER_NONCE},i=4096`, 'no challenge'],
    ['an extension that must be understood', `m=x,${CHALLENGE}`, 'no challenge'],
    ['nothing', '', 'no challenge'],
    ['the end at once', 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=', 'no challenge'],
  ])('the challenge has %s → refused', async (_, challenge, words) => {
    expect((await refusal(bytes(challenge))).message).toContain(words);
  });

  test('the challenge is no UTF-8, or there is none → refused', async () => {
    expect((await refusal(Uint8Array.of(0xff))).message).toContain('no challenge');
    expect((await refusal(undefined)).message).toContain('no challenge');
  });

  test('maximumIterations → its own bound', async () => {
    const challenge = bytes(`r=${SERVER_NONCE},s=QSXCR+Q6sek8bf92,i=4097`);
    const error = await refusal(challenge, { maximumIterations: 4096 });
    expect(error.message).toContain('4097 iterations');
  });

  test('an optional extension → ignored, but part of what is proven', async () => {
    const exchange = await begun();
    const plain = await begun();
    const response = await exchange.respond(bytes(`${CHALLENGE},x=y`));
    expect(response).not.toBe(await plain.respond(bytes(CHALLENGE)));
  });

  test.each([
    ['another signature', 'v=AmF9pqV8S7suAoZWja4dJRkFsKQ=', 'did not prove'],
    ['a short signature', 'v=rmF9pqV8S7suAoZWja4dJRkF', 'did not prove'],
    ['a signature that is not base64', 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ', 'did not prove'],
    ['no signature', 'v=', 'did not prove'],
    ['something else', 'x', 'did not prove'],
    ['an error', 'e=other-error', 'the error other-error'],
    ['an error with secrets to be printed', 'e=\u001b[31m', 'did not prove'],
  ])('success with %s → refused', async (_, final, words) => {
    const exchange = await begun();
    await exchange.respond(bytes(CHALLENGE));
    const error = await errorOf(() => exchange.finish(bytes(final)));
    expect(error).toMatchObject({ code: 'GNEISS_ERR_AUTHENTICATION_FAILED' });
    expect(error.message).toContain(words);
  });

  test('success without a signature, or without a challenge → refused', async () => {
    const proved = await begun();
    await proved.respond(bytes(CHALLENGE));
    expect((await errorOf(() => proved.finish(undefined))).message).toContain('did not prove');
    const challenged = await begun();
    const final = bytes('v=rmF9pqV8S7suAoZWja4dJRkFsKQ=');
    expect((await errorOf(() => challenged.finish(final))).message).toContain('the order');
    expect((await errorOf(() => challenged.finish(undefined))).message).toContain('the order');
  });

  test('the signature in an AUTH of its own, then success without data → accepted; with data → refused', async () => {
    const final = bytes('v=rmF9pqV8S7suAoZWja4dJRkFsKQ=');
    const exchange = await begun();
    await exchange.respond(bytes(CHALLENGE));
    expect(await exchange.respond(final)).toBeUndefined();
    expect(() => exchange.finish(undefined)).not.toThrow();
    expect((await errorOf(() => exchange.finish(final))).message).toContain('the order');
    expect((await errorOf(async () => exchange.respond(final))).message).toContain('the order');
  });
});

describe('options', () => {
  test.each([
    [undefined, 'options must be an object'],
    [{ ...USER }, 'mechanism must be one of'],
    [{ ...SHA_1, mechanism: 'SCRAM-MD5' }, 'mechanism must be one of'],
    [{ ...SHA_1, username: '' }, 'username must not be empty'],
    [{ ...SHA_1, username: 7 }, 'username must be a string'],
    [{ ...SHA_1, password: '' }, 'password must not be empty'],
    [{ ...SHA_1, password: '\ud800' }, 'password must not contain'],
    [{ ...SHA_1, maximumIterations: 4095 }, 'maximumIterations must be an integer'],
    [{ ...SHA_1, maximumIterations: '5000' }, 'maximumIterations must be an integer'],
    [{ ...SHA_1, iterations: 4096 }, '"iterations" is not an option here'],
  ])('%j → refused', async (options, words) => {
    const error = await errorOf(() => scram(options as never));
    expect(error.code).toBe('GNEISS_ERR_INVALID_OPTION');
    expect(error.message).toContain(words);
  });

  test.each([
    ['username', 'a control character', { username: 'a\u0007' }],
    ['username', 'directions mixed', { username: '\u0627a\u0627b' }],
    ['username', 'nothing left of it', { username: '\u00ad' }],
  ])('the %s has %s → GNEISS_ERR_AUTHENTICATION_FAILED', async (name, _, options) => {
    const error = await errorOf(async () => begin(options).first());
    expect(error.code).toBe('GNEISS_ERR_AUTHENTICATION_FAILED');
    expect(error.message).toContain(`SASLprep does not allow the ${name}`);
  });

  test('a character that Unicode 3.2 did not have → allowed in the username, not in the password', async () => {
    expect(await begin({ username: 'a\u{1f511}' }).first()).toContain('n=a\u{1f511},');
    const error = await refusal(bytes(CHALLENGE), { password: 'a\u{1f511}' });
    expect(error.message).toContain('SASLprep does not allow the password');
  });

  test('the password → in nothing that is inspected, and in no error', async () => {
    const password = 'canary-4711';
    const authenticator = createScram({ ...SHA_1, password }, () => NONCE);
    const exchange = authenticator.begin();
    await exchange.first();
    await exchange.respond(bytes(CHALLENGE));
    const errors = [
      await errorOf(() => exchange.finish(bytes('v=AAAA'))),
      await errorOf(() => scram({ ...SHA_1, password: `${password}\0` })),
      await refusal(bytes(CHALLENGE), { password: `${password}\u0007` }),
    ];
    const shown = inspect([authenticator, exchange, errors], { depth: 20, showHidden: true });
    expect(shown + JSON.stringify([authenticator, exchange])).not.toContain('canary');
  });
});
