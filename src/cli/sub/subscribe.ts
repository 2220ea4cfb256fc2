import type { Message, MqttClient, SubscribeOptions } from '../../index.js';
import { CliError, EXIT, type ExitCode, refuseUsage } from '../cli-error.js';
import { toConnection } from '../connection.js';
import { type Format, parseFormat } from '../format.js';
import { Output } from '../output.js';
import { toErrorLine } from '../style.js';
import { untilEnded, withClient } from '../with-client.js';
import type { SubValues } from './flags.js';
import { matches } from './topic-filter.js';

/** `gneiss sub` */
export async function subscribe(url: string | undefined, values: SubValues): Promise<ExitCode> {
  const { topic: topics, count } = values;
  if (topics.length === 0) refuseUsage('a topic filter is missing', "gneiss sub -t 'plant/#'");
  const format = parseFormat(values.format, values.verbose);
  const { url: address, options } = await toConnection(url, values);
  const output = new Output();
  try {
    await withClient(address, options, values, (client, signal) =>
      print(client, values, format, output, signal),
    );
  } catch (error) {
    // Who did not say how many ends it by hand, or by the time: that is how it is meant to end.
    const isAsked = error instanceof CliError && count === undefined;
    const isEnd =
      isAsked && (error.exitCode === EXIT.interrupted || error.exitCode === EXIT.timeout);
    if (!isEnd) throw error;
  } finally {
    await output.end();
  }
  return EXIT.done;
}

/** Resolves when as many messages were printed as were asked for; rejects when the signal is aborted. */
async function print(
  client: MqttClient,
  values: SubValues,
  format: Format,
  output: Output,
  signal: AbortSignal,
): Promise<void> {
  const { topic: topics, count = Number.POSITIVE_INFINITY, filterOut, newline, retained } = values;
  let printed = 0;
  const isOf: Readonly<Record<typeof retained, (message: Message) => boolean>> = {
    all: () => true,
    none: (message) => !message.retained,
    only: (message) => message.retained,
  };
  await untilEnded(client, signal, (finish, fail) => {
    const handle = (message: Message): Promise<void> | undefined => {
      if (printed >= count || !isOf[retained](message)) return undefined;
      if (filterOut.some((filter) => matches(filter, message.topicName))) return undefined;
      for (const piece of format(message)) output.write(piece);
      if (newline) output.write('\n');
      if (++printed >= count) finish();
      // A message is leased while standard output is slow: in the end the broker waits.
      return output.ready();
    };
    client
      .subscribe([...topics], { ...toOptions(values), signal }, handle)
      .then(() => {
        if (values.debug) process.stderr.write(toErrorLine(`subscribed to ${topics.join(' ')}`));
      })
      .catch(fail);
  });
}

function toOptions(values: SubValues): SubscribeOptions {
  const { qos, local, retainAsPublished, subscriptionIdentifier, userProperty, retained } = values;
  const isVersion5 = values.mqttVersion !== 4;
  return {
    qos,
    ...(!local && { noLocal: true }),
    ...(retainAsPublished && { retainAsPublished }),
    // Sparing the broker what would not be printed.
    ...(retained === 'none' && isVersion5 && { retainHandling: 2 as const }),
    ...(subscriptionIdentifier !== undefined && { subscriptionIdentifier }),
    ...(userProperty.length > 0 && { userProperties: userProperty }),
  };
}
