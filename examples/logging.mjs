// What a client tells of itself: a log, and the channels of node:diagnostics_channel.
// node examples/logging.mjs [mqtt://host:port]
import diagnostics from 'node:diagnostics_channel';
import { connect } from 'gneiss-mqtt';
import pino from 'pino';

const url = process.argv[2] ?? 'mqtt://127.0.0.1:1883';

diagnostics.subscribe('gneiss-mqtt:connection:success', ({ name, settings }) => {
  console.log(name, 'may use packets of', settings.maximumPacketSize, 'bytes');
});

// Every line has the name of the client, by default its Client Identifier.
const client = await connect(url, { name: 'Boiler 7', logger: pino({ level: 'debug' }) });
await client.subscribe('plant/7/#', () => {});
await client.close();
