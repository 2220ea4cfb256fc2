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
  readonly cause?: unknown;
}

/**
 * The only error class of the library. `code` says what happened, `origin` whose fault it is.
 * `instanceof` also holds across several copies of the package in one process.
 */
export class MqttError extends Error {
  readonly code: ErrorCode;
  readonly origin: ErrorOrigin;
  readonly reasonCode: number | undefined;
  readonly reasonString: string | undefined;
  readonly packet: object | undefined;
  readonly statement: string | undefined;

  constructor(code: ErrorCode, details: MqttErrorDetails = {}) {
    const { message, origin } = ERRORS[code];
    super(
      details.detail === undefined ? message : `${message}: ${details.detail}`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.origin = origin;
    this.reasonCode = details.reasonCode;
    this.reasonString = details.reasonString;
    this.packet = details.packet;
    this.statement = details.statement;
  }

  override get name(): string {
    return 'MqttError';
  }

  get [BRAND](): true {
    return true;
  }

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
