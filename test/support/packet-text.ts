import { PACKET_TYPES, PacketType } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';

/** `0x0a`. */
export function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}

/**
 * A packet in one line: `PUBLISH q1 #7 a/b dup`, `PUBREL #7 0x92`, `DISCONNECT 0x82`. Properties are left out but for the
 * Topic Alias; reason code 0x00 is, too.
 */
export function packetText(packet: Packet): string {
  const { name } = PACKET_TYPES[packet.type];
  switch (packet.type) {
    case PacketType.PUBLISH: {
      const words = [name, `q${packet.qos}`];
      if (packet.qos > 0) words.push(`#${packet.packetId}`);
      words.push(packet.topicName === '' ? '-' : packet.topicName);
      if (packet.properties.topicAlias !== undefined)
        words.push(`alias ${packet.properties.topicAlias}`);
      if (packet.dup) words.push('dup');
      if (packet.retain) words.push('retain');
      return words.join(' ');
    }
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP:
      return packet.reasonCode === 0
        ? `${name} #${packet.packetId}`
        : `${name} #${packet.packetId} ${hex(packet.reasonCode)}`;
    case PacketType.SUBSCRIBE:
    case PacketType.UNSUBSCRIBE:
    case PacketType.SUBACK:
    case PacketType.UNSUBACK:
      return `${name} #${packet.packetId}`;
    case PacketType.CONNACK:
    case PacketType.DISCONNECT:
    case PacketType.AUTH:
      return packet.reasonCode === 0 ? name : `${name} ${hex(packet.reasonCode)}`;
    case PacketType.CONNECT:
    case PacketType.PINGREQ:
    case PacketType.PINGRESP:
      return name;
  }
}
