// The trace of OpenTelemetry goes with a message, and whoever handles it continues it.
// node examples/tracing.mjs [mqtt://host:port]
import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { connect } from 'gneiss-mqtt';

// What an SDK sets up for you.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
const tracer = new BasicTracerProvider().getTracer('meters');
const url = process.argv[2] ?? 'mqtt://127.0.0.1:1883';

// Out: the active span goes with each publish.
const traceContext = () => {
  const carrier = {};
  propagation.inject(context.active(), carrier);
  return carrier;
};
const client = await connect(url, { traceContext });

// In: what handles a message continues its trace.
await client.subscribe('plant/7/#', (message) => {
  const parent = propagation.extract(context.active(), message.traceContext() ?? {});
  const span = tracer.startSpan('handle', {}, parent);
  console.log('trace', span.spanContext().traceId);
  span.end();
});

const handled = [''];
await client.subscribe('plant/7/temperature', (message) => {
  handled.push(message.traceContext()?.traceparent ?? '');
});
const reading = tracer.startSpan('reading');
await context.with(trace.setSpan(context.active(), reading), () =>
  client.publish('plant/7/temperature', '21.5', { qos: 1 }),
);
await client.close();
console.log('one trace:', handled.join().includes(reading.spanContext().traceId));
