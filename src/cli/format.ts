import type { Message } from '../index.js';
import { refuseUsage } from './cli-error.js';
import { parseTemplate, type Template, type Tokens } from './template.js';

/** What a message is printed as. */
export type Format = Template<Message>;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** What mosquitto_sub has, but for what this library does not know. */
const TOKENS: Tokens<Message> = {
  A: ({ properties }) => show(properties.topicAlias),
  b: ({ payload }) => Buffer.from(payload).toString('base64'),
  C: ({ properties }) => show(properties.contentType),
  D: ({ properties }) => properties.correlationData ?? '',
  d: ({ dup }) => (dup ? '1' : '0'),
  E: ({ properties }) => show(properties.messageExpiryInterval),
  F: ({ properties }) => show(properties.payloadFormatIndicator),
  I: () => new Date().toISOString(),
  j: (message) => JSON.stringify(toRecord(message, false)),
  J: (message) => JSON.stringify(toRecord(message, true)),
  l: ({ payloadLength }) => `${payloadLength}`,
  p: ({ payload }) => payload,
  P: ({ properties }) => (properties.userProperties ?? []).map((pair) => pair.join(':')).join(' '),
  q: ({ qos }) => `${qos}`,
  R: ({ properties }) => show(properties.responseTopic),
  r: ({ retained }) => (retained ? '1' : '0'),
  S: ({ properties }) => show(properties.subscriptionIdentifiers?.join(' ')),
  t: ({ topicName }) => topicName,
  U: () => `${Date.now() / 1000}`,
  x: ({ payload }) => Buffer.from(payload).toString('hex'),
  X: ({ payload }) => Buffer.from(payload).toString('hex').toUpperCase(),
};

const NAMED: Readonly<Record<string, string>> = { text: '%p', json: '%j', hex: '%x', base64: '%b' };

/** Reads the name of a format, or a template. @throws {CliError} */
export function parseFormat(text: string, isVerbose: boolean): Format {
  const template = NAMED[text] ?? (text.includes('%') ? text : refuseFormat(text));
  const hasTopic = text === 'json' || !Object.hasOwn(NAMED, text);
  return parseTemplate(isVerbose && !hasTopic ? `%t ${template}` : template, TOKENS);
}

function refuseFormat(text: string): never {
  return refuseUsage(
    `--format: ${JSON.stringify(text)} is none`,
    `one of ${Object.keys(NAMED).join(', ')}, or a template with %`,
  );
}

function show(value: string | number | undefined): string {
  return value === undefined ? '' : `${value}`;
}

/** A message as JSON has it; bytes that are no UTF-8 in base64. @param isJson Whether the payload is JSON, too. */
function toRecord(message: Message, isJson: boolean): Readonly<Record<string, unknown>> {
  const { topicName, qos, retained, dup, properties } = message;
  const { correlationData, userProperties, topicAlias: _, ...rest } = properties;
  return {
    time: new Date().toISOString(),
    topic: topicName,
    qos,
    retain: retained,
    dup,
    ...toPayload(message, isJson),
    ...rest,
    ...(correlationData !== undefined && {
      correlationData: Buffer.from(correlationData).toString('base64'),
    }),
    ...(userProperties !== undefined && { userProperties }),
  };
}

function toPayload(message: Message, isJson: boolean): Readonly<Record<string, unknown>> {
  try {
    if (isJson) return { payload: message.json() };
    return { payload: UTF8.decode(message.payload) };
  } catch {
    return isJson
      ? toPayload(message, false)
      : { payloadBase64: Buffer.from(message.payload).toString('base64') };
  }
}
