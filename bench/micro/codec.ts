import { AckFields, decodeAck, encodeAck } from '../../src/codec/acks.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { PropertiesOf } from '../../src/codec/property-table.js';
import {
  decodePublish,
  encodePublishProperties,
  encodePublishStart,
  PublishFields,
  PublishLayout,
  publishFrameLength,
  publishHeader,
  sizePublishProperties,
} from '../../src/codec/publish.js';
import { topicNames } from '../peers/frames.js';
import { type MicroTask, OPERATIONS } from './suite.js';

const PAYLOAD_BYTES = 128;
const SAMPLE_PROPERTIES: PropertiesOf<'publish'> = {
  messageExpiryInterval: 60,
  contentType: 'application/json',
  userProperties: [['site', 'north']],
};

/** What the data plane does with bytes, on shared memory as in a client. */
export function codecTasks(): readonly MicroTask[] {
  return [
    encodePublishTask('encode and copy PUBLISH QoS 1, 128 bytes', {}),
    encodePublishTask('encode and copy PUBLISH QoS 1, three properties', SAMPLE_PROPERTIES),
    decodePublishTask('frame and decode PUBLISH QoS 1, 128 bytes', {}),
    decodePublishTask('frame and decode PUBLISH QoS 1, three properties', SAMPLE_PROPERTIES),
    encodeAckTask('encode PUBACK'),
    decodeAckTask('frame and decode PUBACK'),
  ];
}

function encodePublishTask(name: string, properties: PropertiesOf<'publish'>): MicroTask {
  const memory = allocate();
  return {
    name,
    run: () => {
      fillWithPublishes(memory, properties);
    },
  };
}

function decodePublishTask(name: string, properties: PropertiesOf<'publish'>): MicroTask {
  const memory = allocate();
  const end = fillWithPublishes(memory, properties);
  const framer = new Framer(end);
  const fields = new PublishFields();
  return {
    name,
    run: () => {
      let position = 0;
      while (framer.scan(memory, position, end) === FrameStatus.COMPLETE) {
        const { header, bodyStart } = framer;
        const violation = decodePublish(memory, header, bodyStart, framer.end, 5, fields);
        if (violation !== null) throw new Error('A PUBLISH of our own is refused');
        position = framer.end;
      }
    },
  };
}

function encodeAckTask(name: string): MicroTask {
  const memory = allocate();
  return {
    name,
    run: () => {
      fillWithAcks(memory);
    },
  };
}

function decodeAckTask(name: string): MicroTask {
  const memory = allocate();
  const end = fillWithAcks(memory);
  const framer = new Framer(end);
  const fields = new AckFields();
  return {
    name,
    run: () => {
      let position = 0;
      while (framer.scan(memory, position, end) === FrameStatus.COMPLETE) {
        const { header, bodyStart } = framer;
        const violation = decodeAck(memory, header, bodyStart, framer.end, 5, fields);
        if (violation !== null) throw new Error('A PUBACK of our own is refused');
        position = framer.end;
      }
    },
  };
}

/** Writes OPERATIONS packets one after another, as the main thread does: frame, topic, properties, payload. */
function fillWithPublishes(memory: Uint8Array, properties: PropertiesOf<'publish'>): number {
  const topicLength = topicNames(1)[0]!.length;
  const propertiesLength = sizePublishProperties(properties);
  const header = publishHeader(1, false, false);
  const frameLength = publishFrameLength(topicLength, propertiesLength, PAYLOAD_BYTES, 1, 5);
  let position = 0;
  for (let operation = 0; operation < OPERATIONS; operation += 1) {
    encodePublishStart(
      memory,
      position,
      header,
      topicLength,
      propertiesLength,
      PAYLOAD_BYTES,
      5,
      layout,
    );
    memory.copyWithin(layout.topicStart, topicSource, topicSource + topicLength);
    memory[layout.packetIdStart + 1] = 1;
    if (propertiesLength > 0) encodePublishProperties(properties, memory, layout.propertiesStart);
    memory.copyWithin(layout.payloadStart, payloadSource, payloadSource + PAYLOAD_BYTES);
    position += frameLength;
  }
  return position;
}

function fillWithAcks(memory: Uint8Array): number {
  let position = 0;
  for (let operation = 0; operation < OPERATIONS; operation += 1) {
    position = encodeAck(memory, position, PacketType.PUBACK, operation + 1, 0, 5);
  }
  return position;
}

const layout = new PublishLayout();
const frameBytesMax = 512;
const payloadSource = frameBytesMax * OPERATIONS;
const topicSource = payloadSource + PAYLOAD_BYTES;

/** Room for the packets, behind them a payload and a topic to copy from. */
function allocate(): Uint8Array {
  const memory = new Uint8Array(new SharedArrayBuffer(topicSource + frameBytesMax));
  memory.fill(0x61, payloadSource);
  memory.set(Buffer.from(topicNames(1)[0]!), topicSource);
  return memory;
}
