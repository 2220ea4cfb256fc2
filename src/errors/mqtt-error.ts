import { ERRORS, type ErrorCode, type ErrorOrigin } from './codes.js';

const BRAND = Symbol.for('gneiss-mqtt.MqttError');

/** What an {@link MqttError} knows besides its code. */
export interface MqttErrorDetails {
  /** What exactly was wrong; appended to the message of the code. Never holds secrets or payloads. */
  readonly detail?: string | undefined;
  /** The reason code that the Server sent, or that this client sent when it closed the connection. */
  readonly reasonCode?: number | undefined;
  /** The Reason String that came with the reason code. */
  readonly reasonString?: string | undefined;
  /** The packet that carried the reason code: its properties and, for SUBACK and UNSUBACK, its reason codes. */
  readonly packet?: object | undefined;
  /** The normative statement that the Server violated, such as `MQTT-3.3.1-4`. */
  readonly statement?: string | undefined;
  /** What it goes back to: the error of the platform, what code of the user has thrown, or the reason of a signal. */
  readonly cause?: unknown;
}

/**
 * The only error class of the library. `code` says what happened, `origin` whose fault it is; `cause` is what it goes back to, where
 * something else failed first. The message is for people and may change; it never holds secrets or payloads.
 */
export class MqttError extends Error {
  /** What happened. */
  readonly code: ErrorCode;
  /** Whose fault it is; follows from `code`. */
  readonly origin: ErrorOrigin;
  /**
   * The reason code that the Server sent, or that this client sent when it closed the connection: 0x80 and above, and 0x00 in a DISCONNECT of the
   * Server. Undefined where there is none. With MQTT 3.1.1 a return code stands here as the reason code of the same meaning.
   *
   * @see MQTT 5.0 §2.4
   */
  declare readonly reasonCode: number | undefined;
  /** The Reason String that came with the reason code: words of the Server, for people to read. */
  declare readonly reasonString: string | undefined;
  /**
   * The packet that carried the reason code: a {@link ConnackPacket}, {@link DisconnectPacket}, {@link SubackPacket} or {@link UnsubackPacket}; of a
   * PUBACK, PUBREC or PUBCOMP its `reasonCode` and `properties`. Undefined where no packet says why.
   */
  declare readonly packet: object | undefined;
  /** The normative statement that the Server violated, such as `MQTT-3.3.1-4`; with `GNEISS_ERR_PEER_VIOLATION` alone. */
  declare readonly statement: string | undefined;

  /**
   * For errors of your own, as `destroy` takes one, and for tests.
   *
   * @param code     What happened; it decides on `message` and `origin`.
   * @param details  What else there is to tell. Default: nothing.
   */
  constructor(code: ErrorCode, details: MqttErrorDetails = {}) {
    const { message, origin } = ERRORS[code];
    super(
      details.detail === undefined ? message : `${message}: ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.origin = origin;
    // What there is not is left out: an error that is printed would have a line for each.
    const { reasonCode, reasonString, packet, statement } = details;
    if (reasonCode !== undefined) this.reasonCode = reasonCode;
    if (reasonString !== undefined) this.reasonString = reasonString;
    if (packet !== undefined) this.packet = packet;
    if (statement !== undefined) this.statement = statement;
  }

  /** `'MqttError'`. */
  override get name(): string {
    return 'MqttError';
  }

  /** @internal What `instanceof` goes by. */
  get [BRAND](): true {
    return true;
  }

  /**
   * Whether a value is such an error, also one of another copy of the package in this process: `error instanceof MqttError`.
   *
   * @param value  Anything.
   */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}

/** An error in a shape that survives the structured clone between threads. */
export interface ErrorRecord extends Omit<MqttErrorDetails, 'cause'> {
  readonly code: ErrorCode;
  /** The `code` and message of the system error behind it, such as `ECONNREFUSED`. */
  readonly cause?: { readonly message: string; readonly code?: string | undefined } | undefined;
}

/** Rebuilds on the main thread an error that the worker reported. */
export function fromErrorRecord(record: ErrorRecord): MqttError {
  const { code, cause, ...details } = record;
  if (cause === undefined) return new MqttError(code, details);
  const error = new Error(cause.message);
  return new MqttError(code, {
    ...details,
    detail: details.detail ?? cause.message,
    cause: cause.code === undefined ? error : Object.assign(error, { code: cause.code }),
  });
}
