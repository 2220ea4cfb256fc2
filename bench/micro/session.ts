import { createChannelMemory } from '../../src/channel/layout.js';
import { encodeAck } from '../../src/codec/acks.js';
import { encodePacket } from '../../src/codec/encode.js';
import { Framer, FrameStatus } from '../../src/codec/framer.js';
import { PacketType } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import {
  encodePublishStart,
  PublishLayout,
  publishFrameLength,
  publishHeader,
} from '../../src/codec/publish.js';
import { resolveOptions } from '../../src/options/resolve.js';
import { PublishRequest } from '../../src/protocol/operation-table.js';
import { Session } from '../../src/protocol/session.js';
import { WriteBatch } from '../../src/protocol/write-batch.js';
import { topicNames } from '../peers/frames.js';
import { type MicroTask, OPERATIONS } from './suite.js';

const PAYLOAD_BYTES = 128;
const FRAME_BYTES_MAX = 256;
const SEGMENT_BYTES = OPERATIONS * FRAME_BYTES_MAX;
const NOW = 1_000;
const DEADLINE = 60_000;

/** The state machine alone, without threads and sockets: what it does for a message each way. */
export function sessionTasks(): readonly MicroTask[] {
  return [new Machine().receiveTask(), new Machine().publishTask()];
}

/** A session that is connected to a Server of which there are only bytes in memory. */
class Machine {
  readonly #memory = createChannelMemory({
    submissionRecords: 2,
    completionRecords: 2,
    deliveryRecords: 2,
    acknowledgementRecords: 2,
    inboundSegments: 1,
    outboundSegments: 1,
    segmentBytes: SEGMENT_BYTES,
  });
  readonly #bytes = this.#memory.bytes;
  readonly #inbound = this.#memory.layout.pools.inbound.start;
  readonly #outbound = this.#memory.layout.pools.outbound.start;
  readonly #framer = new Framer(SEGMENT_BYTES);
  readonly #batch = new WriteBatch(this.#bytes);
  readonly #session: Session;
  #receipt = 0;
  #settled = 0;

  constructor() {
    const { worker } = resolveOptions('mqtt://server.example', { receiveMaximum: 65_535 });
    const options = { ...worker, topicAliasResolver: undefined, maximumOperations: 2 * OPERATIONS };
    this.#session = new Session(this.#bytes, options, {
      connected: () => undefined,
      publishCompleted: () => {
        this.#settled += 1;
      },
      subscriptionCompleted: () => undefined,
      operationFailed: () => undefined,
      framesReleased: () => undefined,
      topicReceived: () => undefined,
      messageReceived: (_fields, receipt) => {
        this.#receipt = receipt;
      },
      duplicateSuppressed: () => undefined,
      authenticationAsked: () => undefined,
      reauthenticated: () => undefined,
      violationTolerated: () => undefined,
    });
    this.#session.transportOpened(DEADLINE, {
      username: undefined,
      password: undefined,
      will: undefined,
      userProperties: undefined,
      authenticationMethod: undefined,
    });
    this.#write();
    const connack = {
      type: PacketType.CONNACK,
      sessionPresent: false,
      reasonCode: 0,
      properties: { assignedClientIdentifier: 'bench' },
    } as const;
    this.#feed(this.#put(connack, this.#inbound));
    if (this.#session.state.kind !== 'connected') throw new Error('The session is not connected');
  }

  receiveTask(): MicroTask {
    let end = this.#inbound;
    for (let operation = 0; operation < OPERATIONS; operation += 1) {
      const publish = {
        type: PacketType.PUBLISH,
        topicName: topicNames(1)[0]!,
        payload: new Uint8Array(PAYLOAD_BYTES),
        qos: 1,
        retain: false,
        dup: false,
        packetId: operation + 1,
        properties: {},
      } as const;
      end = this.#put(publish, end);
    }
    return {
      name: 'session: a PUBLISH QoS 1 from the Server, handled, and its PUBACK',
      run: () => {
        this.#feed(end);
      },
    };
  }

  publishTask(): MicroTask {
    const topicLength = topicNames(1)[0]!.length;
    const sizes = [topicLength, 0, PAYLOAD_BYTES] as const;
    const layout = new PublishLayout();
    const request = new PublishRequest();
    request.qos = 1;
    request.frameLength = publishFrameLength(...sizes, 1, 5);
    request.topicLength = topicLength;
    const header = publishHeader(1, false, false);
    return {
      name: 'session: a PUBLISH QoS 1 to the Server, and its PUBACK',
      run: () => {
        this.#settled = 0;
        let end = this.#inbound;
        for (let operation = 0; operation < OPERATIONS; operation += 1) {
          request.token = operation;
          request.frameStart = this.#outbound + operation * FRAME_BYTES_MAX;
          encodePublishStart(this.#bytes, request.frameStart, header, ...sizes, 5, layout);
          this.#session.submitPublish(request, this.#batch, NOW);
          if (!this.#session.canSubmit(this.#batch)) this.#write();
        }
        this.#write();
        for (let operation = 0; operation < OPERATIONS; operation += 1) {
          const idAt = layout.packetIdStart - (OPERATIONS - 1 - operation) * FRAME_BYTES_MAX;
          const packetId = (this.#bytes[idAt]! << 8) | this.#bytes[idAt + 1]!;
          end = encodeAck(this.#bytes, end, PacketType.PUBACK, packetId, 0, 5);
        }
        this.#feed(end);
        if (this.#settled !== OPERATIONS) throw new Error('A publish was not acknowledged');
      },
    };
  }

  #put(packet: Packet, at: number): number {
    return encodePacket(packet, 5, this.#bytes, at);
  }

  /** Everything up to `end` arrives, and is answered. */
  #feed(end: number): void {
    const framer = this.#framer;
    for (let start = this.#inbound; start < end; start = framer.end) {
      if (framer.scan(this.#bytes, start, end) !== FrameStatus.COMPLETE)
        throw new Error('Half a packet');
      this.#receipt = 0;
      this.#session.packetReceived(framer.header, framer.bodyStart, framer.end, NOW);
      if (this.#receipt > 0) this.#session.acknowledge(this.#receipt, 0);
    }
    this.#write();
  }

  #write(): void {
    for (;;) {
      this.#session.service(this.#batch, NOW);
      if (this.#batch.byteLength === 0) return;
      this.#batch.reset();
      this.#session.flushed();
    }
  }
}
