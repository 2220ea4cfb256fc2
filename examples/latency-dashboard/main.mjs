/*
 * A page with live round-trip times through a broker.
 *   node examples/latency-dashboard/main.mjs [mqtt://127.0.0.1:1883] [--port 8080] [--rate 100] [--qos 1] [--size 64] [--probes 1000]
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { connect } from 'gneiss-mqtt';
import { startBrokerProcess } from 'gneiss-mqtt/testing';
import { PageServer } from './page-server.mjs';
import { Probe } from './probe.mjs';

const INTERVAL_MS = 1000;

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopping.abort());

let broker;
let client;
let server;
try {
  const { url, port, ...plan } = readArguments();
  broker = url === undefined ? await startBrokerProcess() : undefined;
  const address = broker?.url ?? url;
  client = await connect(address, {
    signal: stopping.signal,
    reconnectDelayMaxMs: 2000,
    // A probe that waits for a connection would tell how long there was none, and nothing of the broker.
    offlineQueue: 'nothing',
  });
  const probe = new Probe(client, plan);
  // Without what may be secret in an address.
  const { protocol, host } = new URL(address);
  server = new PageServer({
    broker: `${protocol}//${host}`,
    embedded: broker !== undefined,
    ...plan,
  });
  await server.listen(port);
  console.log(`latency-dashboard: ${server.url}`);
  await probe.start();
  const timer = setInterval(() => server.show(probe.snapshot()), INTERVAL_MS);
  if (!stopping.signal.aborted) await once(stopping.signal, 'abort');
  clearInterval(timer);
  probe.stop();
} catch (error) {
  if (!stopping.signal.aborted) {
    console.error(`latency-dashboard: ${error.message}`);
    process.exitCode = 1;
  }
} finally {
  server?.close();
  await client?.close({ timeoutMs: 1000 }).catch(() => client.destroy());
  await broker?.close();
}

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '8080' },
      rate: { type: 'string', default: '100' },
      qos: { type: 'string', default: '1' },
      size: { type: 'string', default: '64' },
      probes: { type: 'string', default: 'Infinity' },
    },
  });
  const within = (name, minimum, maximum) => {
    const value = Number(values[name]);
    const isCount = Number.isInteger(value) || value === Number.POSITIVE_INFINITY;
    if (isCount && value >= minimum && value <= maximum) return value;
    throw new RangeError(`--${name} must be a whole number from ${minimum} to ${maximum}`);
  };
  return {
    url: positionals[0],
    port: within('port', 0, 65_535),
    rate: within('rate', 1, 10_000),
    qos: within('qos', 0, 2),
    size: within('size', Probe.SIZE_MIN, 1_048_576),
    probes: within('probes', 1, Number.POSITIVE_INFINITY),
  };
}
