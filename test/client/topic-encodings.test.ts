import { describe, expect, test } from 'vitest';
import { TopicEncodings } from '../../src/client/topic-encodings.js';
import { encodePacket } from '../../src/codec/encode.js';
import {
  PacketType,
  type ProtocolVersion,
  type Qos,
  REMAINING_LENGTH_MAX,
} from '../../src/codec/packet-types.js';
import { MqttError } from '../../src/errors/mqtt-error.js';
import { Prng } from '../support/prng.js';

const TOPICS = ['a', 'plant/7/temperature', 'höhe/°C', 'x'.repeat(200)];
const PAYLOAD_LENGTHS = [0, 1, 100, 127, 128, 20_000];

/** What the codec writes in front of the payload of a PUBLISH without properties, with a packet id that is still open. */
function expectedHead(
  topicName: string,
  qos: Qos,
  retain: boolean,
  payloadLength: number,
  version: ProtocolVersion,
): Uint8Array {
  const payload = new Uint8Array(payloadLength);
  const memory = new Uint8Array(payloadLength + 1000);
  const packet = { topicName, payload, qos, retain, dup: false, packetId: 0, properties: {} };
  const end = encodePacket({ type: PacketType.PUBLISH, ...packet }, version, memory, 0);
  return memory.slice(0, end - payloadLength);
}

describe('encoded topics', () => {
  test.each([5, 4] as const)(
    'heads of frames in any order, version %i → as the codec writes them, from the second of a kind on',
    (version) => {
      const encodings = new TopicEncodings();
      const prng = new Prng(7);
      const last = new Map<string, string>();
      let heads = 0;
      for (let frame = 0; frame < 3000; frame++) {
        const topicName = prng.pick(TOPICS);
        const qos = prng.chance(0.7) ? 0 : prng.pick([1, 2] as const);
        const retain = prng.chance(0.1);
        const length = prng.chance(0.7) ? 100 : prng.pick(PAYLOAD_LENGTHS);
        const kind = `${qos} ${retain} ${length}`;
        const head = encodings.encode(topicName).head(qos, retain, length, version);
        if (last.get(topicName) === kind) {
          expect(head).toEqual(expectedHead(topicName, qos, retain, length, version));
          heads++;
        } else {
          expect(head).toBeNull();
        }
        last.set(topicName, kind);
      }
      expect(heads).toBeGreaterThan(500);
    },
  );

  test('a payload that no packet can hold → never a head', () => {
    const topic = new TopicEncodings().encode('a');
    for (let time = 0; time < 3; time++) {
      expect(topic.head(0, false, REMAINING_LENGTH_MAX, 5)).toBeNull();
    }
  });

  test('no topic name → GNEISS_ERR_INVALID_TOPIC, every time', () => {
    const encodings = new TopicEncodings();
    for (let time = 0; time < 2; time++) {
      for (const topicName of ['', 'a/#']) {
        expect(() => encodings.encode(topicName)).toThrow(MqttError);
      }
    }
  });
});
