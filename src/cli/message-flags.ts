import { refuseUsage } from './cli-error.js';
import { readInput } from './connection.js';
import type { FlagTable, Values } from './flag.js';
import { file, integer, pair, text, toggle } from './flag-kinds.js';

const U32_MAX = 0xffff_ffff;

/** The payload of one message: exactly one of them. */
export const PAYLOAD_FLAGS = {
  message: { ...text('text'), short: 'm', doc: 'payload' },
  file: { ...file(), short: 'f', also: ['file-read'], doc: 'payload from a file' },
  stdin: { ...toggle(), short: 's', doc: 'payload from standard input, all of it' },
  nullMessage: {
    ...toggle(),
    short: 'n',
    doc: 'empty payload; with --retain it deletes the retained message',
  },
} as const satisfies FlagTable;

/** The properties of a message in MQTT 5. */
export const PROPERTY_FLAGS = {
  contentType: { ...text('type'), doc: 'content type, such as application/json' },
  payloadFormatIndicator: { ...toggle(), doc: 'say that the payload is UTF-8 text' },
  messageExpiryInterval: {
    ...integer('seconds', 0, U32_MAX),
    doc: 'how long the message is of use',
  },
  userProperty: { ...pair(), isRepeatable: true, doc: 'user property; repeatable' },
} as const satisfies FlagTable;

/** What the property flags mean to the library; nothing for those that are not given, which MQTT 3.1.1 has not. */
export function toProperties(values: Values<typeof PROPERTY_FLAGS>) {
  const { contentType, payloadFormatIndicator, messageExpiryInterval, userProperty } = values;
  return {
    ...(contentType !== undefined && { contentType }),
    ...(payloadFormatIndicator && { payloadFormatIndicator: 1 as const }),
    ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
    ...(userProperty.length > 0 && { userProperties: userProperty }),
  };
}

/** Reads the payload of one message. @throws {CliError} */
export async function readPayload(
  values: Values<typeof PAYLOAD_FLAGS>,
): Promise<string | Uint8Array | undefined> {
  const { message, file: path, stdin, nullMessage } = values;
  const given = [message !== undefined, path !== undefined, stdin, nullMessage].filter(Boolean);
  if (given.length > 1)
    return refuseUsage('one of --message, --file, --stdin and --null-message is enough');
  if (message !== undefined) return message;
  if (path !== undefined) return readInput(path, '--file');
  if (nullMessage) return '';
  if (!stdin) return undefined;
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
