import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  clientProof,
  deriveKeysSync,
  SCRAM_MECHANISMS,
  type ScramKeys,
  type ScramMechanism,
  serverSignature,
} from '../authentication/scram-keys.js';
import {
  CHANNEL_BINDING,
  escapeName,
  fromBase64,
  GS2_HEADER,
  textOf,
} from '../authentication/scram-messages.js';
import type { ConnectPacket } from '../codec/packets.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import { isRecord, parseInteger, parseOneOf, parseString, refuse } from '../validation/values.js';
import type {
  AuthenticationAnswer,
  AuthenticationExchange,
  AuthenticationStep,
} from './authentication.js';

const SALT_BYTES = 16;
const NONCE_BYTES = 18;
const ITERATIONS_MAX = 0x7fff_ffff;
const CLIENT_FIRST = /^n=([^,]*),r=([\x21-\x2b\x2d-\x7e]+)$/;

/** What {@link scramExchange} is told. */
export interface ScramExchangeOptions {
  /** User name → password, both taken as they are, without SASLprep: printable ASCII serves. Copied. */
  readonly users: Readonly<Record<string, string>>;
  /** Which mechanisms are known; others get 0x8C. Default: all three. */
  readonly mechanisms?: readonly ScramMechanism[] | undefined;
  /** Iterations that Clients have to compute, 1…2147483647; `scram` takes 4096 at least. Default 4096. */
  readonly iterations?: number | undefined;
}

/** What the broker knows of a user of one mechanism. */
interface Credential {
  readonly salt: Buffer;
  readonly keys: ScramKeys;
}

/** What it has said to a Client, and what the answer is to be checked by. */
interface Challenge {
  readonly credential: Credential;
  readonly messages: string;
  readonly nonce: string;
}

/**
 * The Server's side of SCRAM, for the broker's option `exchangeAuthentication`: CONNECT and re-authentication. A wrong user or password
 * gets 0x87.
 *
 * @param options  Read once.
 * @throws {MqttError} `GNEISS_ERR_INVALID_OPTION`.
 */
export function scramExchange(options: ScramExchangeOptions): AuthenticationExchange {
  if (!isRecord(options) || !isRecord(options.users)) return refuse('users', 'must be an object');
  const { mechanisms = SCRAM_MECHANISMS, iterations = 4096 } = options;
  if (!Array.isArray(mechanisms)) return refuse('mechanisms', 'must be an array');
  for (const mechanism of mechanisms) parseOneOf(mechanism, 'mechanisms', SCRAM_MECHANISMS);
  const users = Object.entries(options.users).map(
    ([name, password]) => [escapeName(name), parseString(password, 'users')] as const,
  );
  const server = new ScramServer(
    new Map(users),
    mechanisms,
    parseInteger(iterations, 'iterations', 1, ITERATIONS_MAX),
  );
  return (step) => server.answer(step);
}

class ScramServer {
  /** User name as it stands in a message → password. */
  readonly #users: ReadonlyMap<string, string>;
  readonly #mechanisms: readonly ScramMechanism[];
  readonly #iterations: number;
  /** Mechanism and user name → what is derived from the password. */
  readonly #credentials: Map<string, Credential> = new Map();
  readonly #challenges: WeakMap<ConnectPacket, Challenge> = new WeakMap();

  constructor(
    users: ReadonlyMap<string, string>,
    mechanisms: readonly ScramMechanism[],
    iterations: number,
  ) {
    this.#users = users;
    this.#mechanisms = mechanisms;
    this.#iterations = iterations;
  }

  answer(step: AuthenticationStep): AuthenticationAnswer {
    const mechanism = this.#mechanisms.find((name) => name === step.authenticationMethod);
    if (mechanism === undefined) return { reasonCode: REASON_CODES.badAuthenticationMethod.value };
    const { authenticationData, connect } = step;
    const message = authenticationData === undefined ? null : textOf(authenticationData);
    const answer =
      step.step === 0
        ? this.#challenge(mechanism, connect, message ?? '')
        : this.#accept(mechanism, connect, message ?? '');
    return answer ?? { reasonCode: REASON_CODES.notAuthorized.value };
  }

  #challenge(
    mechanism: ScramMechanism,
    connect: ConnectPacket,
    message: string,
  ): AuthenticationAnswer | null {
    const clientFirst = message.startsWith(GS2_HEADER) ? message.slice(GS2_HEADER.length) : '';
    const [, name = '', clientNonce] = CLIENT_FIRST.exec(clientFirst) ?? [];
    const credential = this.#credential(mechanism, name);
    if (credential === null || clientNonce === undefined) return null;
    const nonce = clientNonce + randomBytes(NONCE_BYTES).toString('base64');
    const salt = credential.salt.toString('base64');
    const serverFirst = `r=${nonce},s=${salt},i=${this.#iterations}`;
    const messages = `${clientFirst},${serverFirst}`;
    this.#challenges.set(connect, { credential, messages, nonce });
    return say(REASON_CODES.continueAuthentication.value, serverFirst);
  }

  #accept(
    mechanism: ScramMechanism,
    connect: ConnectPacket,
    message: string,
  ): AuthenticationAnswer | null {
    const challenge = this.#challenges.get(connect);
    if (challenge === undefined) return null;
    this.#challenges.delete(connect);
    const { keys } = challenge.credential;
    const clientFinal = `${CHANNEL_BINDING},r=${challenge.nonce}`;
    const authMessage = `${challenge.messages},${clientFinal}`;
    const prefix = `${clientFinal},p=`;
    const proof = message.startsWith(prefix) ? fromBase64(message.slice(prefix.length)) : null;
    const expected = clientProof(mechanism, keys, authMessage);
    if (proof?.length !== expected.length || !timingSafeEqual(proof, expected)) return null;
    const signature = serverSignature(mechanism, keys, authMessage);
    return say(REASON_CODES.success.value, `v=${signature.toString('base64')}`);
  }

  #credential(mechanism: ScramMechanism, name: string): Credential | null {
    const password = this.#users.get(name);
    if (password === undefined) return null;
    const id = `${mechanism} ${name}`;
    let credential = this.#credentials.get(id);
    if (credential === undefined) {
      const salt = randomBytes(SALT_BYTES);
      const keys = deriveKeysSync(mechanism, password, salt, this.#iterations);
      credential = { salt, keys };
      this.#credentials.set(id, credential);
    }
    return credential;
  }
}

function say(reasonCode: number, text: string): AuthenticationAnswer {
  return { reasonCode, authenticationData: new TextEncoder().encode(text) };
}
