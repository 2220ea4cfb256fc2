import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBroker, type TestBroker } from '../../src/testing/index.js';
import { Gneiss, gneiss } from '../support/cli.js';

let broker: TestBroker;

beforeAll(async () => {
  broker = await startBroker();
  broker.publish({
    topicName: 'kept/a',
    payload: '{"celsius":21.5}',
    qos: 1,
    retain: true,
    properties: { contentType: 'application/json', userProperties: [['unit', 'C']] },
  });
  broker.publish({ topicName: 'kept/b', payload: Uint8Array.of(0, 255), retain: true });
});

afterAll(async () => {
  await broker.close();
});

/** Runs a subscriber, publishes when it has subscribed, and tells what it has printed. */
async function printed(args: readonly string[], messages: readonly [string, string][]) {
  const subscribed = broker.waitFor('subscribe');
  const command = new Gneiss(['sub', broker.url, ...args, '-C', `${messages.length}`]);
  await subscribed;
  for (const [topicName, payload] of messages) broker.publish({ topicName, payload, qos: 1 });
  const { stdout } = await command.outcome;
  return stdout;
}

describe('gneiss sub', () => {
  test('several filters and --verbose → topics and payloads in order', async () => {
    const args = ['-t', 'a/+', '-t', 'b/#', '-q', '1', '-v'];
    const messages: [string, string][] = [
      ['a/1', 'one'],
      ['b/2/3', 'two'],
      ['a/1', ''],
    ];
    expect(await printed(args, messages)).toBe('a/1 one\nb/2/3 two\na/1 \n');
  });

  test('10,000 messages into a pipe → all of them, in order', async () => {
    const messages = Array.from({ length: 10_000 }, (_, at): [string, string] => ['n', `${at}`]);
    const expected = messages.map(([, payload]) => `${payload}\n`).join('');
    expect(await printed(['-t', 'n', '-q', '1'], messages)).toBe(expected);
  });

  test.each([
    ['hex', '7b2263656c73697573223a32312e357d\n'],
    ['base64', 'eyJjZWxzaXVzIjoyMS41fQ==\n'],
    ['%t|%q|%r|%l|%C|%P|%p|%%\\t', 'kept/a|1|1|16|application/json|unit:C|{"celsius":21.5}|%\t\n'],
  ])('-F %s → the message in that format', async (format, expected) => {
    const args = ['sub', broker.url, '-t', 'kept/a', '-q', '1', '-F', format, '-C', '1'];
    const { stdout } = await gneiss(args);
    expect(stdout).toBe(expected);
  });

  test('-F json → an object a line; bytes that are no text in base64', async () => {
    const args = ['sub', broker.url, '-t', 'kept/#', '-q', '1', '-F', 'json', '-C', '2'];
    const { stdout } = await gneiss(args);
    const [first, second] = stdout
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line))
      .sort((one, other) => JSON.stringify(one).length - JSON.stringify(other).length)
      .reverse();
    expect(first).toMatchObject({
      topic: 'kept/a',
      payload: '{"celsius":21.5}',
      qos: 1,
      retain: true,
      contentType: 'application/json',
      userProperties: [['unit', 'C']],
    });
    expect(second).toMatchObject({ topic: 'kept/b', payloadBase64: 'AP8=', qos: 0 });
  });

  test('-F %J → the payload as JSON', async () => {
    const { stdout } = await gneiss(['sub', broker.url, '-t', 'kept/a', '-F', '%J', '-C', '1']);
    expect(JSON.parse(stdout)).toMatchObject({ payload: { celsius: 21.5 } });
  });

  test('--filter-out and --no-newline → without what matches, and in one line', async () => {
    const args = ['-t', 'x/#', '-T', 'x/+/no', '-T', 'x/never/#', '-N', '-q', '1'];
    const subscribed = broker.waitFor('subscribe');
    const command = new Gneiss(['sub', broker.url, ...args, '-C', '2']);
    await subscribed;
    for (const topicName of ['x/a/no', 'x/a/yes', 'x/never', 'x/never/a/b', 'x'])
      broker.publish({ topicName, payload: `<${topicName}>`, qos: 1 });
    const { stdout } = await command.outcome;
    expect(stdout).toBe('<x/a/yes><x>');
  });

  test.each([
    ['none', '<new>'],
    ['only', '{"celsius":21.5}'],
  ])('--retained %s → only those', async (which, expected) => {
    const args = ['sub', broker.url, '-t', 'kept/a', '--retained', which, '-q', '1', '-C', '1'];
    const subscribed = broker.waitFor('subscribe');
    const command = new Gneiss(args);
    await subscribed;
    broker.publish({ topicName: 'kept/a', payload: '<new>', qos: 1 });
    const { stdout } = await command.outcome;
    expect(stdout).toBe(`${expected}\n`);
  });

  test('a reader that goes away, as head does → ends without an error', async () => {
    const subscribed = broker.waitFor('subscribe');
    const command = new Gneiss(['sub', broker.url, '-t', 'y', '-q', '1']);
    await subscribed;
    command.child.stdout?.destroy();
    broker.publish({ topicName: 'y', payload: 'a', qos: 1 });
    const { code, stderr } = await command.outcome;
    expect([code, stderr]).toEqual([0, '']);
  });

  test('a session from before → its messages are printed', async () => {
    const args = ['-i', 'durable', '--no-clean', '-x', '600', '-q', '1', '-t', 'd'];
    expect((await gneiss(['sub', broker.url, ...args, '-W', '300ms'])).code).toBe(0);
    broker.publish({ topicName: 'd', payload: 'while away', qos: 1 });
    const { stdout } = await gneiss(['sub', broker.url, ...args, '-C', '1']);
    expect(stdout).toBe('while away\n');
  });
});

describe('exit codes of gneiss sub', () => {
  test('fewer than --count within --timeout → 27', async () => {
    const { code, stderr } = await gneiss(['sub', broker.url, '-t', 'q', '-C', '1', '-W', '200ms']);
    expect([code, stderr]).toEqual([27, 'error: not done within 0.2 s\n']);
  });

  test('interrupted without --count → 0, after DISCONNECT', async () => {
    const subscribed = broker.waitFor('subscribe');
    const command = new Gneiss(['sub', broker.url, '-t', 'q', '-d']);
    await command.says('connected with MQTT 5');
    await subscribed;
    const gone = broker.waitFor('disconnect');
    command.child.kill('SIGINT');
    const [, { by }] = await gone;
    expect(by).toBe('client');
    expect((await command.outcome).code).toBe(0);
  });

  test.each([
    ['no filter', [], 'a topic filter is missing'],
    ['a filter that is none', ['-t', 'a/#/b'], 'hint: in a filter'],
    ['a format that is none', ['-t', 'a', '-F', 'xml'], '"xml" is none'],
    ['a token that is none', ['-t', 'a', '-F', '%t %z'], '%z stands for nothing'],
  ])('%s → 2, and says so', async (_, args, words) => {
    const { code, stderr } = await gneiss(['sub', broker.url, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
  });

  test('the broker refuses the subscription → 1', async () => {
    await using plain = await startBroker({ wildcardSubscriptionAvailable: false });
    const { code, stderr } = await gneiss(['sub', plain.url, '-t', 'a/#']);
    expect(code).toBe(1);
    expect(stderr).toContain('does not support this kind of subscription');
  });
});
