import type { Message, MqttClient, ResponseMessage } from '../../index.js';
import { CliError, EXIT, type ExitCode, refuseUsage } from '../cli-error.js';
import { toConnection } from '../connection.js';
import { readPayload, toProperties } from '../message-flags.js';
import { Output } from '../output.js';
import { toErrorLine } from '../style.js';
import { parseTemplate, type Tokens, toText } from '../template.js';
import { untilEnded, withClient } from '../with-client.js';
import type { RrValues } from './flags.js';

const TIMEOUT_MS = 30_000;

/** What an answer is printed as. */
const FORMATS: Readonly<
  Record<RrValues['format'], (response: ResponseMessage) => string | Uint8Array>
> = {
  text: ({ payload }) => payload,
  json: (response) => JSON.stringify(toRecord(response)),
  hex: ({ payload }) => Buffer.from(payload).toString('hex'),
  base64: ({ payload }) => Buffer.from(payload).toString('base64'),
};

const TOKENS: Tokens<Message> = {
  p: (request) => request.text(),
  t: ({ topicName }) => topicName,
  I: () => new Date().toISOString(),
};

/** `gneiss rr` */
export async function requestOrRespond(
  url: string | undefined,
  values: RrValues,
): Promise<ExitCode> {
  const { topic, respond, timeout, debug, mqttVersion } = values;
  if (topic === undefined)
    return refuseUsage('a topic is missing', 'gneiss rr -t topic -m message');
  if (mqttVersion === 4) refuseUsage('requests and answers need MQTT 5');
  const payload = await readPayload(values);
  if (payload === undefined && !respond)
    refuseUsage('a payload is missing', 'one of --message, --file, --stdin and --null-message');
  const { url: address, options } = await toConnection(url, values);
  // Answers of several end by the time, which is no failure: the library sees to it.
  const limit = respond ? timeout : (timeout ?? TIMEOUT_MS) + 1000;
  const use = { timeout: limit, debug };
  await withClient(address, { ...options, thread: 'inline' }, use, (client, signal) =>
    respond
      ? answer(client, topic, payload, values, signal)
      : ask(client, topic, payload ?? '', values, signal),
  );
  return EXIT.done;
}

async function ask(
  client: MqttClient,
  topic: string,
  payload: string | Uint8Array,
  values: RrValues,
  signal: AbortSignal,
): Promise<void> {
  const { count = 1, format, newline, qos, timeout = TIMEOUT_MS } = values;
  const output = new Output();
  const options = { qos, ...toProperties(values), timeoutMs: Math.ceil(timeout), signal };
  const print = (response: ResponseMessage): void => {
    output.write(FORMATS[format](response));
    if (newline) output.write('\n');
  };
  if (count === 1) print(await client.request(topic, payload, options));
  else {
    let answers = 0;
    const many = client.requestMany(topic, payload, { ...options, maximumResponses: count });
    for await (const response of many) {
      answers++;
      print(response);
    }
    if (answers === 0) throw new CliError('nobody has answered in time', EXIT.timeout);
  }
  await output.end();
}

/** Resolves when as many requests were answered as were asked for; rejects when the signal is aborted. */
async function answer(
  client: MqttClient,
  filter: string,
  payload: string | Uint8Array | undefined,
  values: RrValues,
  signal: AbortSignal,
): Promise<void> {
  const { count = Number.POSITIVE_INFINITY, qos } = values;
  const template = typeof payload === 'string' ? parseTemplate(payload, TOKENS) : undefined;
  let answered = 0;
  await untilEnded(client, signal, (finish, fail) => {
    client
      .respond(filter, { qos }, (request) => {
        // What has been taken is answered before the client closes.
        if (++answered >= count) finish();
        const content = template === undefined ? payload : toText(template(request));
        return { payload: content ?? request.payload, ...toProperties(values) };
      })
      .then(() => {
        if (values.debug) process.stderr.write(toErrorLine(`responding on ${filter}`));
      })
      .catch(fail);
  });
}

function toRecord({ payload, properties }: ResponseMessage): Readonly<Record<string, unknown>> {
  const { contentType, userProperties } = properties;
  const bytes = Buffer.from(payload);
  const text = bytes.toString('utf8');
  return {
    time: new Date().toISOString(),
    ...(Buffer.from(text, 'utf8').equals(bytes)
      ? { payload: text }
      : { payloadBase64: bytes.toString('base64') }),
    ...(contentType !== undefined && { contentType }),
    ...(userProperties !== undefined && { userProperties }),
  };
}
