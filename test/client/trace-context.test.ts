import { context, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { findTraceContext } from '../../src/validation/trace-context.js';
import { connected, errorOf, inlineClient } from '../support/inline-client.js';
import { ScriptedServer } from '../support/scripted-server.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const TRACEPARENT = `00-${TRACE}-${SPAN}-01`;

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
});

afterAll(() => {
  context.disable();
  propagation.disable();
});

test('OpenTelemetry → the active span goes out with a publish, and is found in the message', async () => {
  await using server = await ScriptedServer.start();
  const traceContext = (): object => {
    const carrier = {};
    propagation.inject(context.active(), carrier);
    return carrier;
  };
  const { client, peer } = await connected(server, { traceContext });
  const spans: unknown[] = [];
  const subscribed = client.subscribe('a', (message) => {
    const parent = propagation.extract(context.active(), message.traceContext() ?? {});
    spans.push(trace.getSpanContext(parent));
  });
  await peer.grant();
  await subscribed;

  const span = new BasicTracerProvider().getTracer('test').startSpan('reading');
  await context.with(trace.setSpan(context.active(), span), async () => {
    await client.publish('a', 'x', { userProperties: [['unit', 'K']] });
    client.tryPublish('a', 'y');
  });
  await client.publish('a', 'z');
  const [first, second, outside] = await peer.take(PacketType.PUBLISH, 3);
  const { traceId, spanId } = span.spanContext();
  expect(first!.properties.userProperties).toEqual([
    ['unit', 'K'],
    ['traceparent', `00-${traceId}-${spanId}-01`],
  ]);
  expect(second!.properties.userProperties).toEqual([
    ['traceparent', `00-${traceId}-${spanId}-01`],
  ]);
  expect(outside!.properties.userProperties).toBeUndefined();
  peer.send(first!);
  await peer.settled();
  await client.close();
  expect(spans).toEqual([expect.objectContaining({ traceId, spanId, isRemote: true })]);
});

describe('traceContext', () => {
  test('a traceparent of the publish itself, and options as they were → kept', async () => {
    await using server = await ScriptedServer.start();
    const { client, peer } = await connected(server, {
      traceContext: () => ({ traceparent: TRACEPARENT, tracestate: 'a=1,b=2', baggage: 'no' }),
    });
    const own = [['traceparent', 'mine']] as const;
    class Accessors {
      get contentType(): string {
        return 'text/plain';
      }
    }
    void client.publish('a', 'x', { userProperties: own });
    void client.publish('a', 'x', new Accessors());
    const controller = new AbortController();
    const aborted = errorOf(client.publish('a', 'x', { qos: 1, signal: controller.signal }));
    const [first, second, third] = await peer.take(PacketType.PUBLISH, 3);
    controller.abort();
    expect((await aborted).code).toBe('GNEISS_ERR_ABORTED');
    expect(first!.properties.userProperties).toEqual(own);
    const added = [
      ['traceparent', TRACEPARENT],
      ['tracestate', 'a=1,b=2'],
    ];
    expect(second!.properties).toMatchObject({ contentType: 'text/plain', userProperties: added });
    expect(third).toMatchObject({ qos: 1, properties: { userProperties: added } });
    client.destroy();
  });

  test.each([
    ['text'],
    [[TRACEPARENT]],
    [{ traceparent: 'x' }],
    [{ traceparent: TRACEPARENT, tracestate: 'a=\u00e9' }],
  ])('gives %j → the publish is refused', async (given) => {
    await using server = await ScriptedServer.start();
    const client = inlineClient(server, { traceContext: () => given });
    const error = await errorOf(client.publish('a', 'x'));
    expect([error.code, error.message]).toEqual([
      'GNEISS_ERR_INVALID_OPTION',
      expect.stringContaining('traceContext must give'),
    ]);
    expect(() => client.tryPublish('a', 'x')).toThrow('traceContext must give');
    client.destroy();
  });

  test('MQTT 3.1.1 → refused: it has no User Properties', () => {
    expect(() =>
      inlineClient({ url: 'mqtt://h' }, { protocolVersion: 4, traceContext: () => ({}) }),
    ).toThrow('traceContext needs MQTT 5');
  });
});

describe('what User Properties say', () => {
  test.each<[string, [string, string][], object | undefined]>([
    ['nothing', [['unit', 'K']], undefined],
    ['a parent', [['traceparent', TRACEPARENT]], { traceparent: TRACEPARENT }],
    [
      'several states',
      [
        ['tracestate', 'a=1'],
        ['traceparent', TRACEPARENT],
        ['tracestate', 'b=2'],
      ],
      { traceparent: TRACEPARENT, tracestate: 'a=1,b=2' },
    ],
    [
      'a state that is too long',
      [
        ['traceparent', TRACEPARENT],
        ['tracestate', `a=${'1'.repeat(511)}`],
      ],
      { traceparent: TRACEPARENT },
    ],
    ['a state alone', [['tracestate', 'a=1']], undefined],
    [
      'two parents',
      [
        ['traceparent', TRACEPARENT],
        ['traceparent', TRACEPARENT],
      ],
      undefined,
    ],
    ['upper case', [['traceparent', TRACEPARENT.toUpperCase()]], undefined],
    ['no trace', [['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`]], undefined],
    ['no span', [['traceparent', `00-${TRACE}-${'0'.repeat(16)}-01`]], undefined],
    ['version ff', [['traceparent', `ff${TRACEPARENT.slice(2)}`]], undefined],
    ['version 00 and more', [['traceparent', `${TRACEPARENT}-x`]], undefined],
    [
      'a later version',
      [['traceparent', `cc${TRACEPARENT.slice(2)}-x`]],
      { traceparent: `cc${TRACEPARENT.slice(2)}-x` },
    ],
  ])('%s', (_, userProperties, expected) => {
    expect(findTraceContext(userProperties)).toEqual(expected);
  });
});
