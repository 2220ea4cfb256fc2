import { describe, expect, test } from 'vitest';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { resolveOptions } from '../../src/options/resolve.js';

function resolveWill(will: unknown, protocolVersion = 5): unknown {
  return resolveOptions('mqtt://h', { protocolVersion, will }).worker.will;
}

function refusal(will: unknown, protocolVersion = 5): string {
  try {
    resolveWill(will, protocolVersion);
  } catch (error) {
    if (error instanceof MqttError && error.code === 'GNEISS_ERR_INVALID_OPTION') {
      return error.message;
    }
    throw error;
  }
  return 'accepted';
}

describe('the Will', () => {
  test('only a topic → empty payload, QoS 0, no properties', () => {
    expect(resolveWill({ topicName: 'a' })).toEqual({
      topicName: 'a',
      payload: new Uint8Array(0),
      qos: 0,
      retain: false,
      properties: {},
    });
  });

  test('everything → the shape of CONNECT', () => {
    const properties = {
      willDelayInterval: 5,
      messageExpiryInterval: 6,
      contentType: 'text/plain',
      responseTopic: 'b',
      correlationData: Uint8Array.of(1, 2),
      payloadFormatIndicator: 1,
      userProperties: [['k', 'v']],
    };
    const message = { topicName: 'a', qos: 2, retain: true };
    expect(resolveWill({ ...message, payload: 'é', ...properties })).toEqual({
      ...message,
      payload: Uint8Array.of(0xc3, 0xa9),
      properties,
    });
    for (const [name, value] of Object.entries(properties)) {
      expect(refusal({ topicName: 'a', [name]: value }, 4)).toContain(
        `: will.${name} needs MQTT 5`,
      );
      expect(refusal({ topicName: 'a', [name]: undefined }, 4)).toBe('accepted');
    }
    expect(refusal({ ...message, payload: 'x' }, 4)).toBe('accepted');
  });

  test.each([
    ['topicName', ['a', '/', '$SYS'], ['', '#', 'a/+', 'a\0', '\ud800', 1, undefined]],
    ['payload', ['', new Uint8Array(65_535)], [new Uint8Array(65_536), 1, {}, null, '\udc00']],
    ['qos', [0, 1, 2], [3, '1', null]],
    ['retain', [true, false], [1, null]],
    ['willDelayInterval', [0, 0xffff_ffff], [-1, 2 ** 32, '1']],
    ['messageExpiryInterval', [0, 0xffff_ffff], [-1, 2 ** 32]],
    ['contentType', ['', 'a'], ['\0', 1, 'a'.repeat(65_536)]],
    ['responseTopic', ['a'], ['', '+', 1]],
    ['correlationData', [new Uint8Array(65_535)], [new Uint8Array(65_536), 'a']],
    ['payloadFormatIndicator', [0, 1], [2, true]],
    ['userProperties', [[]], [{}, [['a']], [['a', 1]]]],
  ])('%s → accepted within its range, refused by its name outside', (name, good, bad) => {
    for (const value of good) expect(refusal({ topicName: 'a', [name]: value })).toBe('accepted');
    for (const value of bad) {
      expect(refusal({ topicName: 'a', [name]: value })).toContain(`: will.${name}`);
    }
  });

  test.each([null, 'a', 1, []])('%j → not a Will', (will) => {
    expect(refusal(will)).toContain(': will must be an object');
  });

  test.each(['topic', 'properties', 'dup', 'constructor'])('unknown field %s → refused', (name) => {
    expect(refusal({ topicName: 'a', [name]: 1 })).toContain(`"will.${name}" is not an option`);
  });
});
