import { connect } from 'gneiss-mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../../src/testing/index.js';
import { Gneiss, gneiss } from '../support/cli.js';

let broker: TestBroker;

beforeAll(async () => {
  broker = await startBroker();
});

afterAll(async () => {
  await broker.close();
});

describe('gneiss rr', () => {
  test('a request → the answer of a responder', async () => {
    const client = await connect(broker.url);
    await client.respond('rpc/add', (request) => {
      const [a, b] = request.json() as [number, number];
      return { payload: `${a + b}`, contentType: 'application/json' };
    });
    const plain = await gneiss(['rr', broker.url, '-t', 'rpc/add', '-m', '[40, 2]']);
    expect(plain).toEqual({ code: 0, stdout: '42\n', stderr: '' });
    const args = ['rr', broker.url, '-t', 'rpc/add', '-m', '[1, 2]', '-F', 'json'];
    const { stdout } = await gneiss(args);
    expect(JSON.parse(stdout)).toMatchObject({ payload: '3', contentType: 'application/json' });
    await client.close();
  });

  test('--count → the answers of several', async () => {
    const clients = await Promise.all(
      [1, 2, 3].map(async (number) => {
        const client = await connect(broker.url);
        await client.respond('rpc/who', () => `${number}`);
        return client;
      }),
    );
    const { stdout, code } = await gneiss(['rr', broker.url, '-t', 'rpc/who', '-n', '-C', '3']);
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').sort()).toEqual(['1', '2', '3']);
    await Promise.all(clients.map((client) => client.close()));
  });

  test('--respond → answers by the template, and ends after --count', async () => {
    const subscribed = broker.waitFor('subscribe');
    const args = ['rr', broker.url, '--respond', '-t', 'rpc/+', '-m', '%t says %p', '-C', '1'];
    const responder = new Gneiss(args);
    await subscribed;
    const { stdout } = await gneiss(['rr', broker.url, '-t', 'rpc/echo', '-m', 'hello']);
    expect(stdout).toBe('rpc/echo says hello\n');
    expect((await responder.outcome).code).toBe(0);
  });

  test('nobody answers → 27, with a hint', async () => {
    const args = ['rr', broker.url, '-t', 'rpc/nobody', '-m', 'x', '-W', '200ms'];
    const { code, stderr } = await gneiss(args);
    expect(code).toBe(27);
    expect(stderr).toContain('hint: does anybody answer on that topic?');
  });

  test('-V 3.1.1 → 2: it has no requests', async () => {
    const args = ['rr', broker.url, '-V', '3.1.1', '-t', 'a', '-m', 'b'];
    expect((await gneiss(args)).code).toBe(2);
  });
});
