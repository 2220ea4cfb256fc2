import { expect, test } from 'vitest';
import { ClientChannel } from '../../src/client/client-channel.js';
import { Subscriptions } from '../../src/client/subscriptions.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { INLINE } from '../support/inline-client.js';

test.each(['stop', 'close'] as const)(
  '%s in the moment of a publish → the publish is seen first',
  (kind) => {
    const owner = { event: () => {}, drain: () => {}, died: () => {}, take: () => true };
    const options = resolveOptions('mqtt://127.0.0.1:1883', INLINE);
    const channel = new ClientChannel(options, new Subscriptions(), owner);
    channel.publisher.submit('a', 'x', undefined, null);
    channel.submitted();
    expect(channel.publisher.unpublished).toBe(1);
    channel.post({ kind, disconnect: null, timeoutMs: 0, moreFollows: false });
    expect(channel.publisher.unpublished).toBe(0);
    channel.close(() => new MqttError('GNEISS_ERR_CLOSED'));
  },
);
