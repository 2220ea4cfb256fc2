import type { ControlEvent, ControlRequest } from '../channel/control-messages.js';
import type { AuthPacket, ConnackPacket } from '../codec/packets.js';
import { REASON_CODES } from '../codec/reason-codes.js';
import { type ErrorRecord, fromErrorRecord, MqttError } from '../errors/mqtt-error.js';
import type {
  AuthenticationData,
  Authenticator,
  AuthenticatorExchange,
} from '../options/authenticator.js';
import { parseBytes } from '../options/kinds.js';
import { parseSignal } from '../validation/values.js';
import { aborted } from './abortable.js';
import type { Settlement } from './pending-operations.js';

const CONTINUE = REASON_CODES.continueAuthentication.value;

/**
 * The main-thread side of enhanced authentication: the session asks for one step of an exchange after the other, the authenticator
 * of the user computes them. What it answers to an exchange that is over is ignored by the session.
 */
export class ClientAuthentication {
  readonly #authenticator: Authenticator | undefined;
  readonly #post: (request: ControlRequest) => void;
  /** The last exchange, and its number. */
  #exchange: AuthenticatorExchange | null = null;
  #number = 0;
  /** What the authenticator has failed with: the worker only knows that it has. */
  #failure: MqttError | null = null;
  /** The worker has not told yet how the last re-authentication ended. */
  #reauthenticates = false;
  #settlement: Settlement<void> | null = null;

  constructor(authenticator: Authenticator | undefined, post: (request: ControlRequest) => void) {
    this.#authenticator = authenticator;
    this.#post = post;
  }

  /** The next step of an exchange is asked for. */
  async answer({
    exchange,
    packet,
  }: Extract<ControlEvent, { kind: 'authenticationAsked' }>): Promise<void> {
    try {
      if (packet === null) this.#begin(exchange);
      const data = await compute(this.#exchange!, packet);
      this.#post({ kind: 'authenticate', exchange, data });
    } catch (cause) {
      if (exchange !== this.#number) return;
      this.#failure = toFailure(cause);
      this.#post({ kind: 'refuseAuthentication', exchange });
    }
  }

  /** Settles when the worker has told the end of it, or earlier when `signal` aborts. */
  async reauthenticate(signal: AbortSignal | undefined, isConnected: boolean): Promise<void> {
    if (signal !== undefined && parseSignal(signal, 'signal').aborted) throw aborted(signal);
    if (this.#authenticator === undefined) throw wrongState('there is no authenticator');
    if (!isConnected) throw wrongState('there is no connection');
    if (this.#reauthenticates) throw wrongState('another re-authentication goes on');
    this.#reauthenticates = true;
    let onAbort = (): void => {};
    try {
      await new Promise<void>((resolve, reject) => {
        const settlement = { resolve, reject };
        this.#settlement = settlement;
        onAbort = () => {
          if (this.#settlement !== settlement) return;
          this.#settlement = null;
          reject(aborted(signal!));
          this.#post({ kind: 'abortReauthentication' });
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        this.#post({ kind: 'reauthenticate' });
      });
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** The worker tells how a re-authentication ended. */
  reauthenticated(error: ErrorRecord | null): void {
    this.#reauthenticates = false;
    if (error === null) this.#take()?.resolve();
    else this.#take()?.reject(this.toError(error));
  }

  /** An error of the worker's; the failure of the authenticator is the one that it threw here. */
  toError(record: ErrorRecord): MqttError {
    const isFailure = record.code === 'GNEISS_ERR_AUTHENTICATION_FAILED';
    return (isFailure ? this.#failure : null) ?? fromErrorRecord(record);
  }

  /** The client is closed. */
  close(toError: () => MqttError): void {
    this.#take()?.reject(toError());
  }

  #begin(exchange: number): void {
    this.#number = exchange;
    this.#failure = null;
    this.#exchange = this.#authenticator!.begin();
  }

  #take(): Settlement<void> | null {
    const settlement = this.#settlement;
    this.#settlement = null;
    return settlement;
  }
}

async function compute(
  exchange: AuthenticatorExchange,
  packet: AuthPacket | ConnackPacket | null,
): Promise<Uint8Array | undefined> {
  if (packet === null) return toBytes(await exchange.first());
  const { authenticationData } = packet.properties;
  if (packet.reasonCode === CONTINUE) return toBytes(await exchange.respond(authenticationData));
  await exchange.finish(authenticationData);
  return undefined;
}

function toBytes(data: AuthenticationData): Uint8Array | undefined {
  return data === undefined ? undefined : parseBytes(data, 'Authentication Data');
}

function wrongState(detail: string): MqttError {
  return new MqttError('GNEISS_ERR_INVALID_STATE', { detail });
}

function toFailure(cause: unknown): MqttError {
  const code = 'GNEISS_ERR_AUTHENTICATION_FAILED';
  return cause instanceof MqttError && cause.code === code ? cause : new MqttError(code, { cause });
}
