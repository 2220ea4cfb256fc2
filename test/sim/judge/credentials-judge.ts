import type { Route } from '../../../src/transport/route.js';
import type { Question } from '../application/asker.js';
import type { ClientPacket } from '../broker/client-packet.js';
import type { World } from '../world/world.js';

/** Whom the client may tell who it is. */
export interface CredentialsFacts {
  /** The hosts of the list. */
  readonly hosts: readonly string[];
  /** Whether those that another one names are told as well. */
  readonly tellsAnyone: boolean;
}

/** The addresses of a client that has a list of Servers: each has credentials of its own. */
export function toAddress(host: string): string {
  return `mqtt://user-${host}:secret-${host}@${host}`;
}

/** Judges what a Server is told that proves who the client is: its own credentials, the latest ones, and no other's. */
export class CredentialsJudge {
  readonly #world: World;
  readonly #facts: CredentialsFacts;
  readonly #question: () => Question | null;

  /** @param question What `connectOptions` was asked last; null: nothing. */
  constructor(world: World, facts: CredentialsFacts, question: () => Question | null) {
    this.#world = world;
    this.#facts = facts;
    this.#question = question;
  }

  /** A transport is opened. */
  opens({ endpoint, webSocket }: Route): void {
    const host = 'path' in endpoint ? '' : endpoint.host;
    const isKnown = this.#facts.tellsAnyone || this.#facts.hosts.includes(host);
    const question = this.#question();
    const isAnswered = question === null || (question.answeredAt > 0 && !question.hasFailed);
    this.#check(isAnswered, `an attempt without the answer of connectOptions to ${host}`);
    const headers = Object.values(webSocket.headers);
    const isFresh = headers.every((value) => value === `${question?.number}`);
    this.#check(isKnown ? isFresh : headers.length === 0, `headers for ${host}`);
  }

  connects({ endpoint }: Route, { username, password }: ClientPacket): void {
    if ('path' in endpoint) return;
    const { host, port } = endpoint;
    const told = username === null ? 'nothing' : `${username}:${password}`;
    const { hosts, tellsAnyone } = this.#facts;
    const settings = this.#question()?.settings;
    const isListed = hosts.includes(host) && port === 1883;
    const toOwn = (name: string): string =>
      settings === undefined
        ? `user-${name}:secret-${name}`
        : `rotating:${String(settings.password)}`;
    if (!isListed) this.#world.saw(`credentials for a Server that was named: ${username !== null}`);
    // At another port of a host of the list it depends on who has named it.
    const may = isListed
      ? [toOwn(host)]
      : tellsAnyone
        ? hosts.map(toOwn)
        : hosts.includes(host)
          ? ['nothing', toOwn(host)]
          : ['nothing'];
    this.#check(may.includes(told), `${host}:${port} is told ${told}`);
  }

  #check(condition: boolean, text: string): void {
    this.#world.check(condition, 'credentials', () => text);
  }
}
