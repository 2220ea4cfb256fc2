import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { MqttClient, PublishOptions } from '../../index.js';
import { EXIT, type ExitCode, refuseUsage } from '../cli-error.js';
import { toConnection } from '../connection.js';
import { readPayload, toProperties } from '../message-flags.js';
import { parseTemplate, type Tokens, toText } from '../template.js';
import { abortable, withClient } from '../with-client.js';
import type { PubValues } from './flags.js';

/** Publishes of which nothing has been heard yet: enough to keep a connection busy, few enough to wait for. */
const IN_FLIGHT_MAX = 1024;

interface Occasion {
  readonly index: number;
  readonly line: string | Uint8Array;
  readonly clientId: string;
  readonly username: string;
}

const TOKENS: Tokens<Occasion> = {
  i: ({ index }) => `${index}`,
  c: ({ clientId }) => clientId,
  u: ({ username }) => username,
  I: () => new Date().toISOString(),
  U: () => `${Date.now() / 1000}`,
  r: () => `${Math.random()}`,
  p: ({ line }) => line,
};

/** `gneiss pub` */
export async function publish(url: string | undefined, values: PubValues): Promise<ExitCode> {
  const { topic: topics, multiline, message } = values;
  if (topics.length === 0) refuseUsage('a topic is missing', 'gneiss pub -t topic -m message');
  if (multiline && values.stdin) refuseUsage('--stdin does not go with --multiline');
  const payload = await readPayload(values);
  if (payload === undefined && !multiline)
    refuseUsage(
      'a payload is missing',
      'one of --message, --file, --stdin, --multiline and --null-message',
    );
  if (payload !== undefined && multiline && message === undefined)
    refuseUsage('--multiline goes with a --message that is a template, and no other payload');
  const { url: address, options } = await toConnection(url, values);
  // One message needs no thread of its own; it would take longer to start than to publish.
  const thread = multiline || values.repeat > 1 ? 'worker' : 'inline';
  await withClient(address, { ...options, thread, offlineQueue: 'all' }, values, (client, signal) =>
    abortable(publishAll(client, values, payload, signal), signal),
  );
  return EXIT.done;
}

async function publishAll(
  client: MqttClient,
  values: PubValues,
  payload: string | Uint8Array | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { qos, retain, responseTopic, correlationData, topicAlias } = values;
  const options: PublishOptions = {
    qos,
    ...(retain && { retain }),
    ...toProperties(values),
    ...(responseTopic !== undefined && { responseTopic }),
    ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData) }),
    ...(topicAlias !== undefined && { topicAlias }),
  };
  const fill = filler(client, values, payload);
  const pace = new Pace();
  let index = 0;
  for await (const line of occasions(values, signal)) {
    for (const [topic, content] of fill(index++, line))
      await pace.add(client.publish(topic, content, options));
  }
  await pace.end();
}

/** Each message to publish is an occasion: a line of standard input, or nothing but the number that it has. */
async function* occasions(
  { multiline, repeat, repeatDelay }: PubValues,
  signal: AbortSignal,
): AsyncGenerator<string> {
  if (multiline) {
    const lines = createInterface({ input: process.stdin, signal });
    for await (const line of lines) {
      for (let time = 0; time < repeat; time++) yield line;
      if (repeatDelay > 0) await delay(repeatDelay, undefined, { signal });
    }
    return;
  }
  for (let time = 0; time < repeat; time++) {
    if (time > 0 && repeatDelay > 0) await delay(repeatDelay, undefined, { signal });
    yield '';
  }
}

type Fill = (
  index: number,
  line: string,
) => readonly (readonly [topic: string, payload: string | Uint8Array])[];

/** Topics and payload of each message. */
function filler(
  client: MqttClient,
  values: PubValues,
  payload: string | Uint8Array | undefined,
): Fill {
  const { topic: topics, template, username = '' } = values;
  if (!template) return (_, line) => topics.map((topic) => [topic, payload ?? line]);
  const topicTemplates = topics.map((topic) => parseTemplate(topic, TOKENS));
  const text = payload === undefined ? undefined : Buffer.from(payload).toString('utf8');
  const payloadTemplate = text === undefined ? undefined : parseTemplate(text, TOKENS);
  const clientId = client.settings?.clientId ?? '';
  return (index, line) => {
    const occasion = { index, line, clientId, username };
    const content = payloadTemplate === undefined ? line : toText(payloadTemplate(occasion));
    return topicTemplates.map((topic) => [toText(topic(occasion)), content]);
  };
}

/** Lets a bounded number of promises be open, and fails with the first that does. */
class Pace {
  #open = 0;
  #error: { readonly reason: unknown } | null = null;
  #settled: () => void = () => {};

  /** Resolves when there is room for another. */
  async add(promise: Promise<unknown>): Promise<void> {
    this.#open++;
    promise.then(
      () => {
        this.#settle(null);
      },
      (reason: unknown) => {
        this.#settle({ reason });
      },
    );
    await this.#waitFor(IN_FLIGHT_MAX - 1);
  }

  /** Resolves when all of them have. */
  async end(): Promise<void> {
    await this.#waitFor(0);
  }

  async #waitFor(open: number): Promise<void> {
    while (this.#open > open && this.#error === null) {
      await new Promise<void>((resolve) => {
        this.#settled = resolve;
      });
    }
    // What comes from the library is an Error; it is passed on as it is.
    if (this.#error !== null) throw this.#error.reason as Error;
  }

  #settle(error: { readonly reason: unknown } | null): void {
    this.#open--;
    this.#error ??= error;
    this.#settled();
  }
}
