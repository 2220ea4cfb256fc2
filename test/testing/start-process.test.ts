import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PacketType, startBrokerProcess } from '../../src/testing/index.js';
import { connectTiny, subscribeTiny } from './tiny-client.js';

const isBuilt = existsSync(new URL('../../dist/testing/broker-process.js', import.meta.url));

describe.skipIf(!isBuilt)('startBrokerProcess (skipped until the package is built)', () => {
  test('a broker in another process → serves, and ends with close', async () => {
    const broker = await startBrokerProcess({ maximumQos: 1 });
    expect(broker.url).toBe(`mqtt://127.0.0.1:${broker.port}`);
    const client = await connectTiny(broker.port);
    expect(client.connack.properties.maximumQos).toBe(1);
    expect(await subscribeTiny(client, 'a', { qos: 2 })).toEqual([1]);
    const closing = broker.close();
    expect(await client.take(PacketType.DISCONNECT)).toMatchObject({ reasonCode: 0x8b });
    await closing;
    await broker.close();
  });

  test('a port that is taken → GNEISS_ERR_CONNECT_FAILED', async () => {
    await using broker = await startBrokerProcess();
    await expect(startBrokerProcess({ port: broker.port })).rejects.toMatchObject({
      code: 'GNEISS_ERR_CONNECT_FAILED',
      message: expect.stringContaining('EADDRINUSE') as unknown,
    });
  });

  test('an option that is none → GNEISS_ERR_INVALID_OPTION, and no process', async () => {
    await expect(startBrokerProcess({ port: -1 })).rejects.toMatchObject({
      code: 'GNEISS_ERR_INVALID_OPTION',
    });
  });
});
