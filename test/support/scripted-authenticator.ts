import { PacketType } from '../../src/codec/packet-types.js';
import type { AuthPacket, ConnackPacket } from '../../src/codec/packets.js';
import type { AuthenticationData, Authenticator } from '../../src/options/authenticator.js';

/** The Authentication Method of a {@link ScriptedAuthenticator}. */
export const METHOD = 'echo';

type Step = 'first' | 'respond' | 'finish';

/** An authenticator that says what it heard, and can be told to do something else. */
export class ScriptedAuthenticator implements Authenticator {
  readonly method = METHOD;
  /** What was called, by exchange: `1 first`, `1 respond challenge`, `1 finish`. */
  readonly calls: string[] = [];
  /** What a step does instead of answering. */
  readonly instead: Partial<Record<Step, () => AuthenticationData | Promise<AuthenticationData>>> =
    {};
  #exchanges = 0;

  begin(): ReturnType<Authenticator['begin']> {
    const exchange = ++this.#exchanges;
    const step = (
      name: Step,
      data?: Uint8Array,
    ): AuthenticationData | Promise<AuthenticationData> => {
      const heard = data === undefined ? '' : ` ${textOf(data)}`;
      this.calls.push(`${exchange} ${name}${heard}`);
      const { [name]: other } = this.instead;
      return other === undefined ? `${exchange} ${name}${heard}` : other();
    };
    return {
      first: () => step('first'),
      respond: (data) => step('respond', data),
      finish: (data) => step('finish', data),
    };
  }
}

export function textOf(data: Uint8Array | undefined): string | undefined {
  return data === undefined ? undefined : new TextDecoder().decode(data);
}

/** An AUTH of the Server's. */
export function auth(reasonCode: number, text?: string, authenticationMethod = METHOD): AuthPacket {
  const authenticationData = text === undefined ? undefined : new TextEncoder().encode(text);
  const properties = { authenticationMethod, authenticationData };
  return { type: PacketType.AUTH, reasonCode, properties };
}

/** A CONNACK that accepts the Client. */
export function accepted(text?: string): ConnackPacket {
  const { properties } = auth(0, text);
  return { type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0, properties };
}
