import { parseArgs } from 'node:util';

export const HELP = `Publishers send telemetry, one MqttClient ingests it, and the main thread has time for a user interface.

  npm start
  npm start -- --broker mqtt://127.0.0.1:1883

  --broker <url>       broker to use (default: the embedded one, in a process of its own)
  --seconds <n>        how long to publish, 1 to 600 (default 8): half of it as fast as it goes, half paced
  --rate <n>           messages per second of the paced half, 1 to 1000000 (default 50000)
  --publishers <n>     publishing clients, 1 to 16 (default 2)
  --payload <bytes>    size of a payload, 128 to 65536 (default 128)
  --help               this text

Exit status: 0 when it went well or Ctrl-C ended it; 1 when something broke, or when a QoS 1 message was lost or came
twice although the connection held; 2 when a flag is wrong.`;

/** @throws {Error} With a message for the user. */
export function readFlags(args) {
  const { values } = parseArgs({
    args,
    options: {
      broker: { type: 'string' },
      seconds: { type: 'string', default: '8' },
      rate: { type: 'string', default: '50000' },
      publishers: { type: 'string', default: '2' },
      payload: { type: 'string', default: '128' },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    help: values.help,
    broker: values.broker === undefined ? null : toUrl(values.broker),
    seconds: toInteger(values, 'seconds', 1, 600),
    rate: toInteger(values, 'rate', 1, 1_000_000),
    publishers: toInteger(values, 'publishers', 1, 16),
    payload: toInteger(values, 'payload', 128, 65_536),
  };
}

function toInteger(values, name, min, max) {
  const value = Number(values[name]);
  if (values[name].trim() !== '' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new Error(`--${name} must be a whole number from ${min} to ${max}, not '${values[name]}'`);
}

function toUrl(text) {
  if (URL.canParse(text) && ['mqtt:', 'tcp:'].includes(new URL(text).protocol)) return text;
  throw new Error(`--broker must be a URL such as mqtt://127.0.0.1:1883, not '${text}'`);
}
