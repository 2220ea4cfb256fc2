import { MqttError } from '../errors/mqtt-error.js';
import { writeAck } from './acks.js';
import { ByteCounter, type ByteSink, ByteWriter } from './byte-writer.js';
import { writeConnack } from './connack.js';
import { writeConnect } from './connect.js';
import { writeAuth, writeDisconnect } from './disconnect.js';
import { PacketType, type ProtocolVersion, packetHeader } from './packet-types.js';
import type { Packet } from './packets.js';
import { publishHeader, writePublish } from './publish.js';
import { writeSuback, writeUnsuback } from './suback.js';
import { writeSubscribe, writeUnsubscribe } from './subscribe.js';
import { varintLength } from './varint.js';

/**
 * The length of a whole packet on the wire.
 *
 * @param version What it does not have is dropped: properties, reason codes and options in 3.1.1.
 * @throws {MqttError} `GNEISS_ERR_PACKET_TOO_LARGE` when a string or binary field exceeds 65,535 bytes,
 *   `GNEISS_ERR_INVALID_STATE` for an AUTH in 3.1.1.
 */
export function packetSize(packet: Packet, version: ProtocolVersion): number {
  const length = bodyLength(packet, version);
  return 1 + varintLength(length) + length;
}

/**
 * Writes a whole packet and returns the offset after it. There must be room for {@link packetSize}.
 *
 * @throws {MqttError} As {@link packetSize}, and `GNEISS_ERR_PACKET_TOO_LARGE` when the protocol has no
 *   packet that long.
 */
export function encodePacket(
  packet: Packet,
  version: ProtocolVersion,
  memory: Uint8Array,
  offset: number,
): number {
  const length = bodyLength(packet, version);
  const writer = new ByteWriter(memory, offset);
  writer.u8(
    packet.type === PacketType.PUBLISH
      ? publishHeader(packet.qos, packet.retain, packet.dup)
      : packetHeader(packet.type),
  );
  writer.varint(length);
  writeBody(writer, packet, version);
  return writer.offset;
}

function bodyLength(packet: Packet, version: ProtocolVersion): number {
  const counter = new ByteCounter();
  writeBody(counter, packet, version);
  return counter.length;
}

function writeBody(sink: ByteSink, packet: Packet, version: ProtocolVersion): void {
  switch (packet.type) {
    case PacketType.CONNECT:
      writeConnect(sink, packet);
      break;
    case PacketType.CONNACK:
      writeConnack(sink, packet, version);
      break;
    case PacketType.PUBLISH:
      writePublish(sink, packet, version);
      break;
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      writeAck(sink, packet, version);
      break;
    case PacketType.SUBSCRIBE:
      writeSubscribe(sink, packet, version);
      break;
    case PacketType.SUBACK:
      writeSuback(sink, packet, version);
      break;
    case PacketType.UNSUBSCRIBE:
      writeUnsubscribe(sink, packet, version);
      break;
    case PacketType.UNSUBACK:
      writeUnsuback(sink, packet, version);
      break;
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      break;
    case PacketType.DISCONNECT:
      writeDisconnect(sink, packet, version);
      break;
    case PacketType.AUTH:
      if (version === 4) {
        throw new MqttError('GNEISS_ERR_INVALID_STATE', { detail: 'MQTT 3.1.1 has no AUTH' });
      }
      writeAuth(sink, packet);
      break;
  }
}
