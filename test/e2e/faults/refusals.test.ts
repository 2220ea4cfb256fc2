import { once } from 'node:events';
import { connect, MqttClient } from 'gneiss-mqtt';
import { PacketType } from 'gneiss-mqtt/testing';
import { describe, expect, test } from 'vitest';
import { describeReasonCode, isReasonCodeOf } from '../../../src/codec/reason-codes.js';
import {
  brokerBeyond,
  ENDLESS_MS,
  failureOf,
  IMPATIENT,
  NETWORK_ROADS,
  PATIENT,
  toFailure,
} from '../../support/faulty-road.js';

/** What waiting hardly heals. */
const LASTING = new Set([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c, 0x9b, 0x9c, 0x9d]);
const CODES = {
  5: Array.from({ length: 0x80 }, (_, at) => 0x80 + at).filter((code) =>
    isReasonCodeOf(PacketType.CONNACK, code, 'server'),
  ),
  // Return codes 1 to 5.
  4: [0x84, 0x85, 0x88, 0x86, 0x87],
} as const;
const REFUSALS = ([5, 4] as const).flatMap((protocolVersion) =>
  CODES[protocolVersion].map((code, at) => ({
    protocolVersion,
    code,
    name: describeReasonCode(code, PacketType.CONNACK),
    isLasting: LASTING.has(code),
    // Each road has its turn.
    road: NETWORK_ROADS[at % NETWORK_ROADS.length]!,
  })),
);

test('there are 21 refusals of MQTT 5, and 5 of MQTT 3.1.1', () => {
  expect(CODES[5]).toHaveLength(21);
  expect(REFUSALS).toHaveLength(26);
});

describe.each(REFUSALS)(
  'MQTT $protocolVersion over $road, refused for: $name',
  ({ protocolVersion, code, isLasting, road }) => {
    const options = { ...IMPATIENT, protocolVersion, reconnectDelayMaxMs: ENDLESS_MS };

    test(`typed, and tried again ${isLasting ? 'after the longest delay' : 'soon'}`, async () => {
      await using way = await brokerBeyond(road);
      way.broker.faults.refuseConnections(code);
      await using client = new MqttClient(way.url, { ...options, clientId: 'refused' });
      const failures: string[] = [];
      client.on('connectionFailure', ({ error }) => failures.push(error.code));
      const failed = once(client, 'connectionFailure') as Promise<
        [{ error: Parameters<typeof toFailure>[0] }]
      >;
      const succeeded = once(client, 'connectionSuccess');
      client.start();
      expect(toFailure((await failed)[0].error)).toMatchObject({
        code: 'GNEISS_ERR_CONNECTION_REFUSED',
        origin: 'server',
        reasonCode: code,
      });
      if (!isLasting) {
        await succeeded;
        expect(failures).toHaveLength(1);
        return;
      }
      // Another client comes and goes, several times: the refused one does not come back meanwhile.
      for (let at = 0; at < 3; at++) {
        await using other = await connect(way.url, { ...options, clientId: `other-${at}` });
        await other.publish('a', 'x', { qos: 1 });
      }
      expect(way.proxy.connections).toBe(4);
      expect(client.state).toBe('reconnecting');
    });
  },
);

describe.each([5, 4] as const)('MQTT %i, shouldReconnect', (protocolVersion) => {
  test('says no to a refusal → connect() rejects with it, and nothing is tried again', async () => {
    await using way = await brokerBeyond('mqtt');
    way.broker.faults.refuseConnections(0x87, { times: Number.POSITIVE_INFINITY });
    const asked: (number | undefined)[] = [];
    const failure = await failureOf(
      connect(way.url, {
        // The protocol does not wait for the answer: an attempt that is due may begin before it has come.
        ...PATIENT,
        protocolVersion,
        retryInitialConnect: true,
        shouldReconnect: ({ reasonCode }) => {
          asked.push(reasonCode);
          return false;
        },
      }),
    );
    expect(failure).toMatchObject({ code: 'GNEISS_ERR_CONNECTION_REFUSED', reasonCode: 0x87 });
    expect(asked).toEqual([0x87]);
    await way.proxy.idle();
    expect(way.proxy.connections).toBe(1);
  });

  test('says yes until the third time → three attempts', async () => {
    await using way = await brokerBeyond('mqtt');
    const refusal = way.broker.faults.refuseConnections(0x88, { times: Number.POSITIVE_INFINITY });
    let attempts = 0;
    await using client = new MqttClient(way.url, {
      ...IMPATIENT,
      protocolVersion,
      shouldReconnect: () => ++attempts < 3,
    });
    client.start();
    await once(client, 'stopped');
    expect(client.state).toBe('stopped');
    expect(attempts).toBe(3);
    // It may have begun another attempt before it was told to stop.
    expect(refusal.hits).toBeGreaterThanOrEqual(3);
    await way.proxy.idle();
  });
});
