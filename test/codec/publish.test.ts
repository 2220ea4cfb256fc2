import { describe, expect, test } from 'vitest';
import { writeU16, writeU32 } from '../../src/codec/byte-writer.js';
import { PacketType, type Qos } from '../../src/codec/packet-types.js';
import type { PublishPacket } from '../../src/codec/packets.js';
import {
  checkTopicBytes,
  decodePublish,
  decodePublishProperties,
  encodePublishProperties,
  encodePublishStart,
  encodeTopicAlias,
  PublishFields,
  PublishLayout,
  publishExpiryOffset,
  publishFrameLength,
  publishHeader,
  publishPacketIdOffset,
  publishTopicOffset,
  sizePublishProperties,
} from '../../src/codec/publish.js';
import { encodeUtf8, utf8Length } from '../../src/codec/utf8.js';
import { VIOLATIONS } from '../../src/errors/violations.js';
import { bytes, decoded, encode, shared, VERSIONS } from './support.js';

const QOS: readonly Qos[] = [0, 1, 2];
const properties = { messageExpiryInterval: 60, contentType: 'é', subscriptionIdentifiers: [5, 6] };

describe.each(VERSIONS)('version %i', (version) => {
  test.each(QOS)(
    'a PUBLISH of QoS %i written part by part → the bytes of the whole packet',
    (qos) => {
      for (const payloadLength of [0, 1, 100, 127, 128, 16_384, 2_097_152]) {
        const packet = publish(qos, new Uint8Array(payloadLength).fill(7));
        const topicLength = utf8Length(packet.topicName);
        const propertiesLength = version === 5 ? sizePublishProperties(properties) : 0;
        const length = publishFrameLength(
          topicLength,
          propertiesLength,
          payloadLength,
          qos,
          version,
        );
        const memory = new Uint8Array(length + 4).fill(0xff);
        const layout = new PublishLayout();
        const header = publishHeader(qos, true, false);
        encodePublishStart(
          memory,
          4,
          header,
          topicLength,
          propertiesLength,
          payloadLength,
          version,
          layout,
        );
        encodeUtf8(packet.topicName, memory, layout.topicStart);
        if (version === 5) encodePublishProperties(properties, memory, layout.propertiesStart);
        memory.set(packet.payload, layout.payloadStart);
        expect(layout.end).toBe(memory.length);
        if (qos > 0) writeU16(memory, layout.packetIdStart, packet.packetId);
        expect(Buffer.compare(memory.subarray(4), encode(packet, version))).toBe(0);

        expect(publishTopicOffset(length)).toBe(layout.topicStart - 4);
        if (qos > 0) {
          expect(publishPacketIdOffset(length, topicLength)).toBe(layout.packetIdStart - 4);
        }
        if (version === 5) {
          const expiry = publishExpiryOffset(length, topicLength, propertiesLength, qos);
          expect([...memory.subarray(4 + expiry, 8 + expiry)]).toEqual([0, 0, 0, 60]);
          writeU32(memory, 4 + expiry, 0xffff_fff0);
          const changed = decoded(memory.subarray(4), 5, 'server') as PublishPacket;
          expect(changed.properties.messageExpiryInterval).toBe(0xffff_fff0);
        }
      }
    },
  );
});

test('a PUBLISH above the protocol maximum → length 0', () => {
  expect(publishFrameLength(1, 0, 0xfff_ffff - 6, 1, 5)).toBe(0xfff_ffff + 5);
  expect(publishFrameLength(1, 0, 0xfff_ffff - 5, 1, 5)).toBe(0);
  expect(publishFrameLength(65_535, 0, 2 ** 40, 0, 4)).toBe(0);
});

test('a PUBLISH in the middle of shared memory → absolute offsets of its parts', () => {
  const wire = bytes(`3b 10 00 03 'a/b' 00 09 05 23 00 07 01 01 'xyz'`);
  const memory = shared(wire, 100);
  const fields = new PublishFields();
  expect(decodePublish(memory, 0x3b, 102, 118, 5, fields)).toBe(null);
  expect(fields).toMatchObject({
    header: 0x3b,
    qos: 1,
    retain: true,
    dup: true,
    topicStart: 104,
    topicLength: 3,
    packetId: 9,
    propertiesStart: 110,
    propertiesLength: 5,
    payloadStart: 115,
    payloadLength: 3,
    topicAlias: 7,
  });
  expect(decodePublishProperties(memory, 110, 115)).toEqual({
    topicAlias: 7,
    payloadFormatIndicator: 1,
  });
});

test('fields used again → nothing is left of the packet before', () => {
  const fields = new PublishFields();
  const first = bytes(`00 00 00 09 03 23 00 07 'xyz'`);
  expect(decodePublish(first, 0x3b, 0, first.length, 5, fields)).toBe(null);
  const second = bytes(`00 01 'a' 00`);
  expect(decodePublish(second, 0x30, 0, second.length, 5, fields)).toBe(null);
  expect(fields).toMatchObject({
    qos: 0,
    retain: false,
    dup: false,
    packetId: 0,
    propertiesLength: 0,
    topicAlias: 0,
    payloadLength: 0,
  });
});

test('an alias instead of a topic → accepted', () => {
  const body = bytes('00 00 03 23 00 01');
  expect(decodePublish(body, 0x30, 0, body.length, 5, new PublishFields())).toBe(null);
  const alias = new Uint8Array(3);
  expect(encodeTopicAlias(alias, 0, 1)).toBe(3);
  expect([...alias]).toEqual([...body.subarray(3)]);
});

test('a PUBLISH whose topic is not UTF-8 → left to checkTopicBytes', () => {
  const body = bytes('00 01 ff 00');
  expect(decodePublish(body, 0x30, 0, body.length, 5, new PublishFields())).toBe(null);
  expect(checkTopicBytes(body, 2, 3)).toBe(VIOLATIONS.utf8);
  expect(checkTopicBytes(body, 2, 2)).toBe(VIOLATIONS.topicEmpty);
});

test('[MQTT-3.3.4-6] a Subscription Identifier → by the sender that is named', () => {
  const body = bytes(`00 01 'a' 02 0b 01`);
  const decodeFrom = (sender: 'client' | 'server') =>
    decodePublish(body, 0x30, 0, body.length, 5, new PublishFields(), sender);
  expect(decodeFrom('server')).toBe(null);
  expect(decodeFrom('client')).toBe(VIOLATIONS.subscriptionIdFromClient);
});

test('decoding a PUBLISH and its properties → allocates nothing', () => {
  const wire = encode(publish(1, new Uint8Array(20)), 5);
  const memory = shared(wire);
  const fields = new PublishFields();
  const run = (count: number) => {
    for (let index = 0; index < count; index += 1) {
      if (decodePublish(memory, 0x33, 2, wire.length, 5, fields) !== null) throw new Error();
    }
  };
  run(50_000);
  const before = process.memoryUsage().heapUsed;
  run(200_000);
  // One object a packet would be 3 MB at the very least.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000);
});

function publish(qos: Qos, payload: Uint8Array): PublishPacket {
  return {
    type: PacketType.PUBLISH,
    topicName: 'télé/1',
    payload,
    qos,
    retain: true,
    dup: false,
    packetId: qos === 0 ? 0 : 0xabcd,
    properties,
  };
}
