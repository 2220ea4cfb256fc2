import type { AuthPacket, ConnectPacket } from '../codec/packets.js';
import { REASON_CODES } from '../codec/reason-codes.js';

/** What a Client says in one step of enhanced authentication (§4.12). */
export interface AuthenticationStep {
  /** That of the CONNECT: it does not change on a connection. */
  readonly authenticationMethod: string;
  /** Undefined: the packet had none. */
  readonly authenticationData: Uint8Array | undefined;
  /** 0 for the CONNECT or the re-authenticating AUTH, then counted up. */
  readonly step: number;
  /** Has the connection been accepted already? */
  readonly reauthentication: boolean;
  /** What the connection began with. */
  readonly connect: ConnectPacket;
}

/** What the broker answers to it. */
export interface AuthenticationAnswer {
  /** 0x00 to accept, 0x18 to go on, from 0x80 to refuse. */
  readonly reasonCode: number;
  /** At most 65535 bytes. Default: none. */
  readonly authenticationData?: Uint8Array | undefined;
}

/** Answers one step after the other. @param step  What the Client says. */
export type AuthenticationExchange = (step: AuthenticationStep) => AuthenticationAnswer;

/** The enhanced authentication of one connection: keeps the method and counts the steps. */
export class Authentication {
  readonly #exchange: AuthenticationExchange | null;
  readonly connect: ConnectPacket;
  readonly method: string;
  #step = 0;
  #running = true;
  #accepted = false;

  constructor(connect: ConnectPacket, method: string, exchange: AuthenticationExchange | null) {
    this.connect = connect;
    this.#exchange = exchange;
    this.method = method;
  }

  /** Answers the CONNECT. */
  begin(): AuthenticationAnswer {
    return this.#answer(this.connect.properties.authenticationData);
  }

  /** Answers an AUTH. */
  continue({ reasonCode, properties }: AuthPacket): AuthenticationAnswer {
    const restarts = reasonCode === REASON_CODES.reAuthenticate.value;
    const inTurn = restarts ? this.#accepted && !this.#running : this.#running;
    if (!inTurn || properties.authenticationMethod !== this.method) {
      return { reasonCode: REASON_CODES.protocolError.value };
    }
    if (restarts) {
      this.#running = true;
      this.#step = 0;
    }
    return this.#answer(properties.authenticationData);
  }

  #answer(authenticationData: Uint8Array | undefined): AuthenticationAnswer {
    if (this.#exchange === null) return { reasonCode: REASON_CODES.badAuthenticationMethod.value };
    const answer = this.#exchange({
      authenticationMethod: this.method,
      authenticationData,
      step: this.#step++,
      reauthentication: this.#accepted,
      connect: this.connect,
    });
    if (answer.reasonCode === REASON_CODES.success.value) {
      this.#running = false;
      this.#accepted = true;
    }
    return answer;
  }
}
