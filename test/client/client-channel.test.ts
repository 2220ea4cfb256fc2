import { expect, test } from 'vitest';
import { ClientChannel } from '../../src/client/client-channel.js';
import { Subscriptions } from '../../src/client/subscriptions.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { INLINE } from '../support/inline-client.js';

function createChannel(): ClientChannel {
  const owner = {
    event: () => {},
    drain: () => {},
    died: () => {},
    take: () => true,
    delivered: () => {},
  };
  const options = resolveOptions('mqtt://127.0.0.1:1883', INLINE);
  return new ClientChannel(options, new Subscriptions(), owner, null);
}

test.each(['stop', 'close'] as const)(
  '%s in the moment of a publish → the publish is seen first',
  (kind) => {
    const channel = createChannel();
    channel.publisher.submit('a', 'x', undefined, null);
    channel.submitted();
    expect(channel.publisher.unpublished).toBe(1);
    channel.post({ kind, disconnect: null, timeoutMs: 0, moreFollows: false });
    expect(channel.publisher.unpublished).toBe(0);
    channel.close(() => new MqttError('GNEISS_ERR_CLOSED'));
  },
);

test('abort in the moment of a publish → the publish is seen first, so that it can be given up', () => {
  const channel = createChannel();
  const settlement = { resolve: () => {}, reject: () => {} };
  channel.publisher.submit('a', 'x', undefined, settlement);
  channel.submitted();
  expect(channel.publisher.unpublished).toBe(1);
  expect(channel.withdraw(channel.publisher.lastToken)).toBe(settlement);
  expect(channel.publisher.unpublished).toBe(0);
  channel.close(() => new MqttError('GNEISS_ERR_CLOSED'));
});
