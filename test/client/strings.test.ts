import { describe, expect, test } from 'vitest';
import { MqttClient } from '../../src/client/mqtt-client.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import type { ClientOptions } from '../../src/options/schema.js';
import type { WillOptions } from '../../src/options/will.js';
import { errorOf } from '../support/inline-client.js';

const BAD = ['\ud800', '\udfff', 'a\ud83d', '\ude00b', '\udc00\ud800', '\0', 'a\0b'];
const TOO_LONG = ['x'.repeat(65_536), 'é'.repeat(32_768)];

type Call = (client: MqttClient, text: string) => unknown;

/** Every string that goes from a call into a packet. */
const CALLS: readonly (readonly [string, Call])[] = [
  ['publish: topicName', (c, text) => c.publish(text, '')],
  ['tryPublish: topicName', (c, text) => c.tryPublish(text, '')],
  ['publish: responseTopic', (c, text) => c.publish('a', '', { responseTopic: text })],
  ['publish: contentType', (c, text) => c.publish('a', '', { contentType: text })],
  [
    'publish: name of a property',
    (c, text) => c.publish('a', '', { userProperties: [[text, '']] }),
  ],
  ['publish: its value', (c, text) => c.publish('a', '', { userProperties: [['', text]] })],
  ['subscribe: topicFilter', (c, text) => c.subscribe(text)],
  ['subscribe: one of several', (c, text) => c.subscribe(['a', { topicFilter: text }])],
  ['subscribe: ShareName', (c, text) => c.subscribe(`$share/${text}/a`)],
  [
    'subscribe: name of a property',
    (c, text) => c.subscribe('a', { userProperties: [[text, '']] }),
  ],
  ['subscribe: its value', (c, text) => c.subscribe('a', { userProperties: [['', text]] })],
  ['stop: reasonString', (c, text) => c.stop({ reasonString: text })],
  ['stop: name of a property', (c, text) => c.stop({ userProperties: [[text, '']] })],
  ['close: its value', (c, text) => c.close({ userProperties: [['', text]] })],
];

const will = (fields: Partial<WillOptions>): ClientOptions => ({
  will: { topicName: 'a', ...fields },
});

/** Every string that goes from an option into CONNECT. */
const OPTIONS: readonly (readonly [string, (text: string) => ClientOptions])[] = [
  ['clientId', (clientId) => ({ clientId })],
  ['username', (username) => ({ username })],
  ['name of a property', (text) => ({ userProperties: [[text, '']] })],
  ['its value', (text) => ({ userProperties: [['', text]] })],
  ['Will: topicName', (topicName) => will({ topicName })],
  ['Will: responseTopic', (responseTopic) => will({ responseTopic })],
  ['Will: contentType', (contentType) => will({ contentType })],
  ['Will: name of a property', (text) => will({ userProperties: [[text, '']] })],
  ['Will: its value', (text) => will({ userProperties: [['', text]] })],
];

describe('[MQTT-1.5.4-1] lone surrogates, [MQTT-1.5.4-2] U+0000 and what is too long', () => {
  test.each(CALLS)('%s → refused by the call, nothing is submitted', async (_name, call) => {
    const client = new MqttClient('mqtt://127.0.0.1:1');
    for (const text of [...BAD, ...TOO_LONG]) {
      const { code } = await errorOf(() => call(client, text));
      expect(code).toMatch(/^GNEISS_ERR_INVALID_(OPTION|TOPIC|FILTER)$/);
    }
    expect(client.stats().messagesPublished).toBe(0);
    await client.close();
  });

  test.each(OPTIONS)('%s → refused by the constructor', (_name, toOptions) => {
    for (const text of [...BAD, ...TOO_LONG]) {
      expect(() => new MqttClient('mqtt://127.0.0.1:1', toOptions(text))).toThrow(MqttError);
    }
  });

  test('in the address → refused by the constructor', () => {
    for (const name of ['%00', '%ED%A0%80', '%FF', 'a'.repeat(65_536)]) {
      expect(() => new MqttClient(`mqtt://${name}@127.0.0.1:1`)).toThrow(MqttError);
    }
  });
});

describe('text that is no string of the protocol', () => {
  test.each(BAD.filter((text) => !text.includes('\0')))(
    'payload %j → refused: an encoder would replace the surrogate',
    async (payload) => {
      const client = new MqttClient('mqtt://127.0.0.1:1');
      const calls = [
        () => client.publish('a', payload),
        () => client.publish('a', `${'é'.repeat(100)}${payload}`),
        () => client.tryPublish('a', payload),
      ];
      for (const call of calls) {
        const { code } = await errorOf(call);
        expect(code).toBe('GNEISS_ERR_INVALID_PAYLOAD');
      }
      expect(client.stats().messagesPublished).toBe(0);
      await client.close();
    },
  );

  test('payloads with U+0000 and with pairs of surrogates → taken', async () => {
    const client = new MqttClient('mqtt://127.0.0.1:1');
    for (const payload of ['\0', 'a\0é', '😀', '\ufeff', '\uffff']) {
      expect(client.tryPublish('a', payload, { qos: 1 })).toBe(true);
    }
    await client.close();
  });

  test('passwords and Will payloads with a lone surrogate → refused', () => {
    for (const options of [{ password: '\ud800' }, will({ payload: 'a\udc00' })]) {
      expect(() => new MqttClient('mqtt://127.0.0.1:1', options)).toThrow(MqttError);
    }
  });
});
