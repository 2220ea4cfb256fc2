import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import * as prom from 'prom-client';
import { expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { COUNTERS } from '../../src/metrics/counters.js';
import { openTelemetryMetrics, prometheusMetrics } from '../../src/metrics/index.js';
import { connected, inlineClient } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

const WHOLE = Object.entries(COUNTERS).filter(([, row]) => row.part === undefined);

test('prom-client → every counter and gauge of two clients, as stats() has them', async () => {
  await using server = await ScriptedServer.start();
  const registry = new prom.Registry();
  const metrics = prometheusMetrics(prom, registry);
  const { client: one, peer } = await connected(server);
  const { client: other } = await connected(server);
  metrics.observe(one, 'one');
  const observed = metrics.observe(other, 'o"ther');
  await one.publish('a', 'x');
  // Tolerated: it answers nothing.
  await peer.next(PacketType.PUBLISH);
  peer.send({ type: PacketType.PUBACK, packetId: 9, reasonCode: 0, properties: {} });
  await peer.settled();

  const first = samples(await registry.metrics());
  const stats = one.stats();
  expect(first.get('gneiss_mqtt_messages_published_total{client="one"}')).toBe(1);
  expect(first.get('gneiss_mqtt_messages_published_total{client="o\\"ther"}')).toBe(0);
  expect(first.get('gneiss_mqtt_connected{client="one"}')).toBe(1);
  expect(first.get('gneiss_mqtt_bytes_received_total{client="one"}')).toBe(stats.bytesReceived);
  const kind = 'gneiss_mqtt_tolerated_violations_total{client="one",kind="unknownAcknowledgement"}';
  expect(first.get(kind)).toBe(1);
  const names = new Set([...first.keys()].map((key) => key.replace(/\{.*/, '')));
  expect(names.size).toBe(WHOLE.length);

  // Scraped again, nothing has doubled; who is let go of is shown no more.
  await one.publish('a', 'x');
  observed[Symbol.dispose]();
  const second = samples(await registry.metrics());
  expect(second.get('gneiss_mqtt_messages_published_total{client="one"}')).toBe(2);
  expect([...second.keys()].filter((key) => key.includes('ther"'))).toEqual([]);
  one.destroy();
  other.destroy();
  expect(samples(await registry.metrics()).size).toBe(0);
});

test('OpenTelemetry → every counter and gauge of two clients, as stats() has them', async () => {
  await using server = await ScriptedServer.start();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter });
  const provider = new MeterProvider({ readers: [reader] });
  const metrics = openTelemetryMetrics(provider.getMeter('test'));
  const { client: one } = await connected(server);
  const { client: other } = await connected(server);
  metrics.observe(one, 'one');
  const observed = metrics.observe(other, 'other');
  await one.publish('a', 'x');

  const collect = async (): Promise<Map<string, number>> => {
    exporter.reset();
    await reader.forceFlush();
    const found = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? [];
    return new Map(
      found.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [
          `${descriptor.name} ${Object.values(attributes).join(' ')}`,
          Number(value),
        ]),
      ),
    );
  };
  const first = await collect();
  expect(first.get('gneiss_mqtt.messages_published one')).toBe(1);
  expect(first.get('gneiss_mqtt.messages_published other')).toBe(0);
  expect(first.get('gneiss_mqtt.connected one')).toBe(1);
  expect(first.get('gneiss_mqtt.bytes_sent one')).toBe(one.stats().bytesSent);
  expect(first.get('gneiss_mqtt.tolerated_violations one earlyPubrel')).toBe(0);
  expect(new Set([...first.keys()].map((key) => key.split(' ')[0])).size).toBe(WHOLE.length);

  await one.publish('a', 'x');
  observed[Symbol.dispose]();
  const second = await collect();
  expect(second.get('gneiss_mqtt.messages_published one')).toBe(2);
  one.destroy();
  other.destroy();
  await provider.shutdown();
});

test('a name that another client has → refused, until that one is closed', async () => {
  await using server = await ScriptedServer.start();
  const metrics = prometheusMetrics(prom, new prom.Registry());
  const [one, other] = [inlineClient(server), inlineClient(server)];
  metrics.observe(one, 'meter');
  expect(() => metrics.observe(other, 'meter')).toThrow(
    expect.objectContaining({ code: 'GNEISS_ERR_INVALID_OPTION' }),
  );
  one.destroy();
  metrics.observe(other, 'meter');
  other.destroy();
});

/** The lines of an exposition that have a value. */
function samples(exposition: string): Map<string, number> {
  const lines = exposition.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}
