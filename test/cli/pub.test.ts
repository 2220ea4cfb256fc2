import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  type ApplicationMessage,
  PacketType,
  startBroker,
  type TestBroker,
} from '../../src/testing/index.js';
import { gneiss } from '../support/cli.js';

let broker: TestBroker;
let folder: string;
let published: ApplicationMessage[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
  broker = await startBroker({ topicAliasMaximum: 4 });
  broker.on('publish', (message) => published.push(structuredClone(message)));
});

beforeEach(() => {
  published = [];
});

afterAll(async () => {
  await broker.close();
  rmSync(folder, { recursive: true });
});

/** What the broker has got, as text. */
function messages(): string[] {
  return published.map(({ topicName, payload }) => `${topicName} ${Buffer.from(payload)}`);
}

describe('gneiss pub', () => {
  test('a message → topic, payload, QoS, RETAIN and properties reach the broker', async () => {
    const aliases: (number | undefined)[] = [];
    broker.on('packet', (_, packet) => {
      if (packet.type === PacketType.PUBLISH) aliases.push(packet.properties.topicAlias);
    });
    const { code, stderr } = await gneiss([
      ...['pub', broker.url, '-t', 'a/b', '-m', 'hällo', '-q', '2', '--retain'],
      ...['--content-type', 'text/plain', '--payload-format-indicator', '--response-topic', 'r'],
      ...['--message-expiry-interval', '60', '--correlation-data', 'c1', '--topic-alias', '3'],
      ...['--user-property', 'unit: °C', '--user-property', 'plant=7'],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(messages()).toEqual(['a/b hällo']);
    // Of an alias only the connection knows.
    expect(aliases).toEqual([3]);
    const [packet] = published;
    expect(packet).toMatchObject({ qos: 2, retain: true });
    expect(packet?.properties).toMatchObject({
      contentType: 'text/plain',
      payloadFormatIndicator: 1,
      responseTopic: 'r',
      messageExpiryInterval: 60,
      userProperties: [
        ['unit', '°C'],
        ['plant', '7'],
      ],
    });
    expect(Buffer.from(packet?.properties.correlationData ?? [])).toEqual(Buffer.from('c1'));
  });

  test('--multiline → a message for each line, in order', async () => {
    const lines = Array.from({ length: 5000 }, (_, at) => `line ${at}`);
    const { code } = await gneiss(
      ['pub', broker.url, '-t', 'log', '-q', '1', '--multiline'],
      `${lines.join('\n')}\n`,
    );
    expect(code).toBe(0);
    expect(messages()).toEqual(lines.map((line) => `log ${line}`));
  });

  test('--stdin and --file → the bytes as they are', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 0, 200]);
    const path = join(folder, 'payload');
    writeFileSync(path, bytes);
    await gneiss(['pub', broker.url, '-t', 'a', '--stdin'], bytes);
    await gneiss(['pub', broker.url, '-t', 'b', '-f', path]);
    expect(published.map(({ payload }) => Buffer.from(payload))).toEqual([bytes, bytes]);
  });

  test('--template and --repeat → index, client id, user name and line are filled in', async () => {
    const args = ['pub', broker.url, '-i', 'me', '-u', 'meter', '-t', 'p/%i', '--template'];
    await gneiss([...args, '-m', '%c %u 100%%\\t%i', '--repeat', '2']);
    await gneiss([...args, '-M', '-m', '<%p>'], 'x\ny\n');
    expect(messages()).toEqual([
      'p/0 me meter 100%\t0',
      'p/1 me meter 100%\t1',
      'p/0 <x>',
      'p/1 <y>',
    ]);
  });

  test('several topics and an empty payload → one message each', async () => {
    await gneiss(['pub', broker.url, '-t', 'a', '-t', 'b', '-n']);
    expect(messages()).toEqual(['a ', 'b ']);
  });

  test('flags of the connection → those of the CONNECT', async () => {
    const connected = broker.waitFor('connect');
    const { port } = new URL(broker.url);
    await gneiss([
      ...['pub', '-h', '127.0.0.1', '-p', port, '-t', 'a', '-m', 'b', '-i', 'me', '-k', '17'],
      ...['-u', 'user', '-P', 'secret', '-x', '30', '--no-clean', '--receive-maximum', '9'],
      ...['--maximum-packet-size', '5000', '--topic-alias-maximum', '2'],
      ...['--connect-user-property', 'a: b', '--will-topic', 'w', '--will-message', 'gone'],
      ...['--will-qos', '1', '--will-retain', '--will-delay-interval', '5'],
    ]);
    const [, connect] = await connected;
    expect(connect).toMatchObject({
      clientId: 'me',
      keepAlive: 17,
      username: 'user',
      cleanStart: false,
      properties: {
        sessionExpiryInterval: 30,
        receiveMaximum: 9,
        maximumPacketSize: 5000,
        topicAliasMaximum: 2,
        userProperties: [['a', 'b']],
      },
      will: { topicName: 'w', qos: 1, retain: true, properties: { willDelayInterval: 5 } },
    });
    expect(Buffer.from(connect.password ?? [])).toEqual(Buffer.from('secret'));
  });

  test('the password of a file or of the environment → is sent', async () => {
    const path = join(folder, 'password');
    writeFileSync(path, 'from a file\nand more');
    const passwords: string[] = [];
    broker.on('connect', (_, { password }) =>
      passwords.push(Buffer.from(password ?? []).toString()),
    );
    const args = ['pub', broker.url, '-t', 'a', '-m', 'b', '-u', 'u'];
    await gneiss([...args, '--password-file', path]);
    await gneiss(args, undefined, { GNEISS_PASSWORD: 'from the environment' });
    expect(passwords).toEqual(['from a file', 'from the environment']);
  });

  test('-V 3.1.1 → MQTT 3.1.1', async () => {
    const connected = broker.waitFor('connect');
    const { code } = await gneiss(['pub', broker.url, '-V', '3.1.1', '-t', 'a', '-m', 'b']);
    const [, { protocolVersion }] = await connected;
    expect([code, protocolVersion]).toEqual([0, 4]);
  });
});

describe('exit codes of gneiss pub', () => {
  test.each([
    ['no topic', ['-m', 'b'], 'a topic is missing'],
    ['no payload', ['-t', 'a'], 'a payload is missing'],
    ['two payloads', ['-t', 'a', '-m', 'b', '-n'], 'is enough'],
    ['a wildcard', ['-t', 'a/#', '-m', 'b'], 'wildcards'],
    ['a QoS that is none', ['-t', 'a', '-m', 'b', '-q', '3'], 'must be 0, 1 or 2'],
    ['an unknown flag', ['-t', 'a', '--mesage', 'b'], '--message'],
    ['an unknown token', ['-t', 'a', '-m', '%z', '--template'], '%z stands for nothing'],
    ['a file that is not there', ['-t', 'a', '-f', '/nowhere'], 'ENOENT'],
    ['a host beside an address', ['-t', 'a', '-m', 'b', '-h', 'x'], 'does not go with an address'],
  ])('%s → 2, and says so', async (_, args, words) => {
    const { code, stderr } = await gneiss(['pub', broker.url, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('nobody listens → 3, with a hint', async () => {
    await using other = await startBroker();
    const { url } = other;
    await other.close();
    const { code, stderr } = await gneiss(['pub', url, '-t', 'a', '-m', 'b']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^error: .*ECONNREFUSED.*\nhint: nobody listens there.*\n$/);
  });

  test('the broker refuses the password → 4, with a hint, and the password in neither', async () => {
    await using strict = await startBroker({ authenticate: () => 0x86 });
    const args = ['pub', strict.url, '-t', 'a', '-m', 'b', '-u', 'u', '-P', 'hunter2'];
    const { code, stderr } = await gneiss(args);
    expect(code).toBe(4);
    expect(stderr).toContain('hint: check --username and --password');
    expect(stderr).not.toContain('hunter2');
  });

  test('no acknowledgement within --timeout → 27', async () => {
    await using silent = await startBroker();
    silent.faults.drop(PacketType.PUBACK);
    const args = ['pub', silent.url, '-t', 'a', '-m', 'b', '-q', '1', '-W', '300ms'];
    const { code } = await gneiss(args);
    expect(code).toBe(27);
  });
});
