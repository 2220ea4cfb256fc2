import type { ProtocolVersion, Qos } from '../codec/packet-types.js';
import type { Will } from '../codec/packets.js';
import {
  isRecord,
  parseBinary,
  parseBoolean,
  parseInteger,
  parseQos,
  parseString,
  parseTopicName,
  parseUserProperties,
  refuse,
  refuseUnknown,
  type UserProperties,
} from '../validation/values.js';
import { type Kind, parseBytes } from './kinds.js';

/**
 * The message that the Server publishes when the connection ends without a normal DISCONNECT.
 *
 * @see MQTT 5.0 §3.1.2.5, §3.1.3.2
 */
export interface WillOptions {
  /** Topic Name: 1…65535 bytes of UTF-8, no wildcards. */
  readonly topicName: string;
  /** At most 65535 bytes, copied; a string stands for its UTF-8. Default: empty. */
  readonly payload?: string | Uint8Array | undefined;
  /** Quality of Service. Default 0. */
  readonly qos?: Qos | undefined;
  /** Whether the Server retains the message. Default false. */
  readonly retain?: boolean | undefined;
  /** Seconds that the Server waits before it publishes, 0…4294967295. Default 0. MQTT 5 only. */
  readonly willDelayInterval?: number | undefined;
  /** Lifetime of the message in seconds, 0…4294967295. Default: it does not expire. MQTT 5 only. */
  readonly messageExpiryInterval?: number | undefined;
  /** Content type of the payload: at most 65535 bytes of UTF-8. Default: none. MQTT 5 only. */
  readonly contentType?: string | undefined;
  /** Topic Name that a response is expected on, no wildcards. Default: none. MQTT 5 only. */
  readonly responseTopic?: string | undefined;
  /** At most 65535 bytes, copied. Default: none. MQTT 5 only. */
  readonly correlationData?: Uint8Array | undefined;
  /** 1 when the payload is UTF-8 text. Default: not sent, which means 0. MQTT 5 only. */
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  /** User Properties of the message. Default: none. MQTT 5 only. */
  readonly userProperties?: UserProperties | undefined;
}

const U32_MAX = 0xffff_ffff;

type Parse = (value: unknown, name: string) => unknown;
type WillProperty = keyof Omit<WillOptions, 'topicName' | 'payload' | 'qos' | 'retain'>;

const WILL_PROPERTIES: Readonly<Record<WillProperty, Parse>> = {
  willDelayInterval: (value, name) => parseInteger(value, name, 0, U32_MAX),
  messageExpiryInterval: (value, name) => parseInteger(value, name, 0, U32_MAX),
  contentType: parseString,
  responseTopic: parseTopicName,
  correlationData: parseCorrelationData,
  payloadFormatIndicator: (value, name) => parseInteger(value, name, 0, 1),
  userProperties: parseUserProperties,
};

const WILL_FIELDS: readonly string[] = ['topicName', 'payload', 'qos', 'retain'];

/** A Will, from the flat options of a user to the shape of the CONNECT packet. */
export function will(): Kind<Will, WillOptions> {
  return { parse: parseWill, type: 'WillOptions' };
}

/** Refuses what a Will can not have in MQTT 3.1.1: properties. */
export function assertWillVersion(will: Will, version: ProtocolVersion): void {
  if (version === 5) return;
  for (const name in will.properties) refuse(`will.${name}`, 'needs MQTT 5');
}

/** Reads a Will. */
export function parseWill(value: unknown, name: string): Will {
  if (!isRecord(value)) return refuse(name, 'must be an object');
  for (const key in value) {
    if (!WILL_FIELDS.includes(key) && !Object.hasOwn(WILL_PROPERTIES, key))
      refuseUnknown(`${name}.${key}`);
  }
  const { topicName, payload, qos, retain } = value;
  const properties: Record<string, unknown> = {};
  for (const [key, parse] of Object.entries(WILL_PROPERTIES)) {
    const property = value[key];
    if (property !== undefined) properties[key] = parse(property, `${name}.${key}`);
  }
  return {
    topicName: parseTopicName(topicName, `${name}.topicName`),
    payload: payload === undefined ? new Uint8Array(0) : parseBytes(payload, `${name}.payload`),
    qos: qos === undefined ? 0 : parseQos(qos, `${name}.qos`),
    retain: retain === undefined ? false : parseBoolean(retain, `${name}.retain`),
    properties,
  };
}

function parseCorrelationData(value: unknown, name: string): Uint8Array {
  return new Uint8Array(parseBinary(value, name));
}
