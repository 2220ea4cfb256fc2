import { describe, expect, test } from 'vitest';
import { type ScramOptions, scram } from '../../src/authentication/scram.js';
import type { ConnectPacket } from '../../src/codec/packets.js';
import type {
  AuthenticationAnswer,
  AuthenticationExchange,
} from '../../src/testing/authentication.js';
import { scramExchange } from '../../src/testing/scram.js';
import { errorOf } from '../support/inline-client.js';
import { textOf } from '../support/scripted-authenticator.js';

const USERS = { user: 'pencil', 'a=b,c': 'x' };
const CONNECT = { type: 1 } as unknown as ConnectPacket;

/** One step of a Client on a connection. */
function say(
  exchange: AuthenticationExchange,
  step: number,
  text: string | undefined,
  authenticationMethod = 'SCRAM-SHA-256',
  connect = CONNECT,
): AuthenticationAnswer {
  const authenticationData = text === undefined ? undefined : new TextEncoder().encode(text);
  return exchange({
    authenticationMethod,
    authenticationData,
    step,
    reauthentication: false,
    connect,
  });
}

/** The whole exchange of a Client. @returns The reason code that it ends with, and whether the Client is content. */
async function run(
  exchange: AuthenticationExchange,
  options: Partial<ScramOptions> = {},
): Promise<readonly [number, boolean]> {
  const { mechanism = 'SCRAM-SHA-256', username = 'user', password = 'pencil' } = options;
  const client = scram({ mechanism, username, password }).begin();
  const connect = { ...CONNECT };
  const challenge = say(exchange, 0, String(await client.first()), mechanism, connect);
  if (challenge.reasonCode !== 0x18) return [challenge.reasonCode, false];
  const response = await client.respond(challenge.authenticationData);
  const answer = say(exchange, 1, String(response), mechanism, connect);
  if (answer.reasonCode !== 0) return [answer.reasonCode, false];
  client.finish(answer.authenticationData);
  return [0, true];
}

describe('scramExchange', () => {
  test.each(['SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
    '%s → accepted with the password, 0x87 with another',
    async (mechanism) => {
      const exchange = scramExchange({ users: USERS, iterations: 4100 });
      expect(await run(exchange, { mechanism })).toEqual([0, true]);
      expect(await run(exchange, { mechanism, password: 'pen' })).toEqual([0x87, false]);
      expect(await run(exchange, { mechanism, username: 'nobody' })).toEqual([0x87, false]);
      expect(await run(exchange, { mechanism, username: 'a=b,c', password: 'x' })).toEqual([
        0,
        true,
      ]);
    },
  );

  test('a mechanism that is not offered, or none → 0x8c', async () => {
    const exchange = scramExchange({ users: USERS, mechanisms: ['SCRAM-SHA-512'] });
    expect(await run(exchange)).toEqual([0x8c, false]);
    expect(say(exchange, 0, 'n,,n=user,r=abc', 'PLAIN').reasonCode).toBe(0x8c);
  });

  test('each challenge → a nonce of its own, and good for one answer', () => {
    const exchange = scramExchange({ users: USERS });
    const nonces = [1, 2].map(() => {
      const { authenticationData } = say(exchange, 0, 'n,,n=user,r=abc');
      const [, nonce] = /^r=(abc[^,]+),/.exec(textOf(authenticationData) ?? '') ?? [];
      return nonce;
    });
    expect(nonces[0]).toBeDefined();
    expect(nonces[0]).not.toBe(nonces[1]);
    for (const attempt of ['c=biws,r=abc,p=AAAA', `c=biws,r=${nonces[1]},p=AAAA`])
      expect(say(exchange, 1, attempt).reasonCode).toBe(0x87);
  });

  test.each([
    undefined,
    '',
    'n=user,r=abc',
    'y,,n=user,r=abc',
    'n,,n=user',
    'n,,r=abc',
    'n,,m=x,n=user,r=abc',
  ])('the first message is %s → 0x87', (text) => {
    expect(say(scramExchange({ users: USERS }), 0, text).reasonCode).toBe(0x87);
  });

  test.each([
    [{}, 'users'],
    [{ users: { a: 7 } }, 'users'],
    [{ users: USERS, mechanisms: ['PLAIN'] }, 'mechanisms'],
    [{ users: USERS, mechanisms: 'SCRAM-SHA-1' }, 'mechanisms'],
    [{ users: USERS, iterations: 0 }, 'iterations'],
  ])('%j → refused', async (options, name) => {
    const error = await errorOf(() => scramExchange(options as never));
    expect(error.code).toBe('GNEISS_ERR_INVALID_OPTION');
    expect(error.message).toContain(name);
  });
});
