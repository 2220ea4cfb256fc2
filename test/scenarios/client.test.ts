import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import { startBroker } from '../../src/testing/index.js';
import { inlineClient, nextEvent } from '../support/inline-client.js';
import { describeSection } from './section.js';

const CYCLES = 5;

describeSection('12.18', (scenario) => {
  scenario(7, async (version) => {
    await using broker = await startBroker();
    const client = inlineClient(broker, {
      protocolVersion: version,
      clientId: 'cycling',
      ...(version === 5 ? { sessionExpiryInterval: 3600 } : { rejoinSession: 'always' }),
    });
    const present: boolean[] = [];
    client.on('connectionSuccess', ({ settings }) => present.push(settings.sessionPresent));
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const success = nextEvent(client, 'connectionSuccess');
      client.start();
      await success;
      await client.stop();
    }
    expect(present).toEqual([false, true, true, true, true]);
    await client.close();
  });

  scenario(8, async (version) => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => {
      server.once('listening', resolve);
    });
    const url = `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = inlineClient({ url }, { protocolVersion: version });
    const failure = nextEvent(client, 'connectionFailure');
    client.start();
    expect((await failure)[0].error.code).toBe('GNEISS_ERR_PEER_VIOLATION');
    await client.close();
    server.close();
  });
});
