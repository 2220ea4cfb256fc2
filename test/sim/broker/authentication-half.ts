import type { Broker } from './broker.js';
import type { ClientPacket } from './client-packet.js';
import type { BrokerConnection } from './connection.js';
import { auth, type Property } from './server-packet.js';

/** What both sides say in an exchange of enhanced authentication. */
export const AUTHENTICATION = {
  METHOD: 'MODEL',
  FIRST: 'let me in',
  CHALLENGE: 'who are you?',
  ANSWER: 'the client',
  ACCEPTED: 'I know you',
} as const;

const METHOD_ID = 0x15;
const DATA_ID = 0x16;
const SUCCESS = 0x00;
const CONTINUE = 0x18;
const REAUTHENTICATE = 0x19;
const CHALLENGES_MAX = 2;

/** The Server's side of enhanced authentication (§4.12): a few challenges, which the client answers one by one. */
export class AuthenticationHalf {
  readonly #broker: Broker;
  readonly #connection: BrokerConnection;
  #challenges = 0;
  #isAnswerDue = false;
  #accept: (() => void) | null = null;

  constructor(broker: Broker, connection: BrokerConnection) {
    this.#broker = broker;
    this.#connection = connection;
  }

  /** Takes what a CONNECT brings. @param accept Goes on with it: at once when there is nothing to be proven. */
  connect(packet: ClientPacket, accept: () => void): void {
    if (packet.properties.has(METHOD_ID)) this.#begin(packet, accept);
    else accept();
  }

  /** What a good CONNACK has to say. */
  properties({ properties }: ClientPacket): Property[] {
    return properties.has(METHOD_ID) ? said(AUTHENTICATION.ACCEPTED) : [];
  }

  /** Takes an AUTH. */
  take(packet: ClientPacket): void {
    if (packet.reasonCode === REAUTHENTICATE && this.#accept === null) {
      this.#begin(packet, () => {
        this.#connection.send(auth(SUCCESS, said(AUTHENTICATION.ACCEPTED)));
      });
    } else if (packet.reasonCode === CONTINUE && this.#isAnswerDue) {
      this.#isAnswerDue = false;
      this.#expect(packet, AUTHENTICATION.ANSWER);
      this.#goOn();
    } else this.#complain(`AUTH ${packet.reasonCode} out of turn`);
  }

  #begin(packet: ClientPacket, accept: () => void): void {
    this.#expect(packet, AUTHENTICATION.FIRST);
    this.#accept = accept;
    this.#challenges = this.#broker.world.prng.below(CHALLENGES_MAX + 1);
    this.#goOn();
  }

  #goOn(): void {
    this.#connection.answer(() => {
      if (this.#challenges === 0) {
        const accept = this.#accept;
        this.#accept = null;
        accept?.();
        return;
      }
      this.#challenges--;
      this.#isAnswerDue = true;
      this.#connection.send(auth(CONTINUE, said(AUTHENTICATION.CHALLENGE)));
    });
  }

  #expect({ properties }: ClientPacket, text: string): void {
    const data = properties.get(DATA_ID);
    const isMethod = properties.get(METHOD_ID) === AUTHENTICATION.METHOD;
    if (!isMethod || !(data instanceof Uint8Array) || Buffer.from(data).toString() !== text)
      this.#complain(`the client does not say '${text}'`);
  }

  #complain(text: string): void {
    this.#broker.watcher.complains(this.#connection.link, text);
  }
}

function said(text: string): Property[] {
  return [
    [METHOD_ID, AUTHENTICATION.METHOD],
    [DATA_ID, text],
  ];
}
