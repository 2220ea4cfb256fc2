import { MqttError } from '../errors/mqtt-error.js';

/** What can be published: text (sent as UTF-8), or bytes in any view or buffer. Borrowed until the call returns. */
export type Payload = string | ArrayBuffer | SharedArrayBuffer | ArrayBufferView;

/**
 * The bytes of a payload that is no string, without a copy.
 *
 * @throws {MqttError} `GNEISS_ERR_INVALID_PAYLOAD`.
 */
export function toBytes(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  if (ArrayBuffer.isView(payload))
    return new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  if (payload instanceof ArrayBuffer || payload instanceof SharedArrayBuffer)
    return new Uint8Array(payload);
  throw new MqttError('GNEISS_ERR_INVALID_PAYLOAD', {
    detail: payload === null ? 'null' : typeof payload,
  });
}
