import { isWellFormedText } from '../codec/utf8.js';
import { MqttError } from '../errors/mqtt-error.js';

/** From here on a native encoder is faster than a loop. */
const ENCODE_NATIVELY_FROM = 48;

const encoder = new TextEncoder();

/** What can be published: text (sent as UTF-8; no lone surrogates), or bytes in any view or buffer. Borrowed until the call returns. */
export type Payload = string | ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/**
 * How many bytes a text payload has.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_PAYLOAD` for lone surrogates.
 */
export function textLength(text: string): number {
  const length = Buffer.byteLength(text);
  // As many bytes as code units: all of it is ASCII.
  if (length !== text.length && !isWellFormedText(text)) {
    throw new MqttError('GNEISS_ERR_INVALID_PAYLOAD', {
      detail: 'the text must not contain lone surrogates',
    });
  }
  return length;
}

/**
 * The bytes of a payload that is no string, without a copy.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_PAYLOAD`.
 */
export function toBytes(payload: unknown): Uint8Array {
  return payload instanceof Uint8Array ? payload : viewBytes(payload);
}

function viewBytes(payload: unknown): Uint8Array {
  if (ArrayBuffer.isView(payload))
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload instanceof ArrayBuffer || payload instanceof SharedArrayBuffer)
    return new Uint8Array(payload);
  throw new MqttError('GNEISS_ERR_INVALID_PAYLOAD', {
    detail: payload === null ? 'null' : typeof payload,
  });
}

/** Writes a text payload whose `textLength` is known. */
export function writeText(text: string, target: Uint8Array, start: number, length: number): void {
  // As many bytes as code units: all of it is ASCII.
  if (length !== text.length || length >= ENCODE_NATIVELY_FROM) {
    encoder.encodeInto(text, target.subarray(start, start + length));
    return;
  }
  for (let index = 0; index < length; index++) target[start + index] = text.charCodeAt(index);
}
