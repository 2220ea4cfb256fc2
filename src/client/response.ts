import type { PropertiesOf } from '../codec/property-table.js';
import { decodeUtf8 } from '../codec/utf8.js';
import type { Message } from './message.js';

/**
 * The answer to a request. All of it is yours for good.
 *
 * @see MQTT 5.0 §4.10
 */
export class ResponseMessage {
  /** A copy of the payload. */
  readonly payload: Uint8Array;
  /** The properties of the packet, such as `contentType` and `userProperties`. */
  readonly properties: PropertiesOf<'publish'>;

  /** @internal */
  constructor(message: Message) {
    this.payload = message.copy();
    this.properties = message.properties;
  }

  /** The payload as text. Ill-formed UTF-8 becomes U+FFFD. */
  text(): string {
    return decodeUtf8(this.payload, 0, this.payload.length);
  }

  /** The payload parsed as JSON. @throws {SyntaxError} A `SyntaxError` when it is none. */
  json(): unknown {
    return JSON.parse(this.text());
  }
}
