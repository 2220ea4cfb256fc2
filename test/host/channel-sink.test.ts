import { expect, test } from 'vitest';
import { RingConsumer } from '../../src/channel/ring.js';
import { Framer } from '../../src/codec/framer.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { ConnackPacket } from '../../src/codec/packets.js';
import { ChannelSink } from '../../src/host/channel-sink.js';
import { InboundAssembler } from '../../src/host/inbound-assembler.js';
import { Counters } from '../../src/metrics/counters.js';
import type { NegotiatedSettings } from '../../src/validation/negotiated.js';
import { smallMemory } from '../channel/support.js';

const CONNACK: ConnackPacket = {
  type: PacketType.CONNACK,
  sessionPresent: false,
  reasonCode: 0,
  properties: {},
};
const SETTINGS: NegotiatedSettings = {
  protocolVersion: 5,
  clientId: 'c',
  sessionPresent: false,
  sessionExpiryInterval: 0,
  keepAlive: 60,
  receiveMaximum: 65_535,
  maximumPacketSize: 1024,
  topicAliasMaximum: 0,
  maximumQos: 2,
  retainAvailable: true,
  wildcardSubscriptionAvailable: true,
  subscriptionIdentifierAvailable: true,
  sharedSubscriptionAvailable: true,
  responseInformation: undefined,
};

test('the ring is emptied after a look for room that the word of a connection has not found → the next look finds room for messages', () => {
  const memory = smallMemory();
  const counters = new Counters(memory);
  const assembler = new InboundAssembler(memory, new Framer(1024, 5), counters);
  const sink = new ChannelSink(memory, assembler, counters, () => {});
  const ring = new RingConsumer(memory, 'delivery');
  const connect = (): void => {
    sink.connected(CONNACK, SETTINGS);
    sink.publish();
  };
  connect();
  for (let records = 0; records < memory.config.deliveryRecords; records++) connect();
  expect(ring.pending).toBe(memory.config.deliveryRecords);
  connect();
  expect(sink.deliverable).toBe(0);
  while (ring.next() !== -1) ring.advance();
  ring.release();
  // The main thread has no reason to ring any more: it was asked to, and finds the worker awake.
  expect(ring.takeStarved()).toBe(true);
  expect(sink.deliverable).toBeGreaterThan(0);
});
