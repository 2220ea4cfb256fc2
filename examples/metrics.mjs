// The statistics of a client in a registry of prom-client, and through a meter of OpenTelemetry.
// node examples/metrics.mjs [mqtt://host:port]
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { connect } from 'gneiss-mqtt';
import { openTelemetryMetrics, prometheusMetrics } from 'gneiss-mqtt/metrics';
import * as prom from 'prom-client';

const client = await connect(process.argv[2] ?? 'mqtt://127.0.0.1:1883');
// In memory for this example: yours sends them somewhere.
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter });
const provider = new MeterProvider({ readers: [reader] });

// The same as OpenTelemetry instruments; `client` is an attribute.
openTelemetryMetrics(provider.getMeter('meters')).observe(client, 'meter-7');

await client.publish('plant/7/temperature', '21.5');

// One metric for each statistic, in the default registry of prom-client; `client` is a label.
const metrics = prometheusMetrics(prom);
metrics.observe(client, 'meter-7');
console.log(await prom.register.metrics());

await reader.forceFlush();
const [{ scopeMetrics }] = exporter.getMetrics();
console.log(scopeMetrics[0].metrics.length, 'OpenTelemetry instruments');
await provider.shutdown();
await client.close();
