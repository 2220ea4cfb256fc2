import mqttPacket, { type Packet as TheirPacket } from 'mqtt-packet';
import { describe, expect, test } from 'vitest';
import { PacketType, type ProtocolVersion } from '../../src/codec/packet-types.js';
import type { Packet } from '../../src/codec/packets.js';
import { samplesOf } from './samples.js';
import { decoded, encode, reduceTo311, VERSIONS } from './support.js';

/** They keep User Properties by name and lose empty ones, so these are what both can say. */
const USER_PROPERTIES = [
  ['b', '1'],
  ['b', '2'],
  ['a', 'ключ'],
] as const;
const THEIR_USER_PROPERTIES = Object.assign(Object.create(null) as object, {
  b: ['1', '2'],
  a: 'ключ',
});

describe.each(VERSIONS)('version %i, against mqtt-packet', (version) => {
  const cases = samplesOf(version).map(({ title, sender, packet }) => {
    const same = version === 5 ? comparable(packet) : reduceTo311(packet);
    return { title, sender, packet: same, theirs: toTheirs(same, version) };
  });

  test.each(cases)('$title, as we encode it → they read the same', ({ packet, theirs }) => {
    const parsed = parseTheirs(encode(packet, version), version);
    expect(parsed).toHaveLength(1);
    expect(parsed[0]).toMatchObject(theirs);
  });

  test.each(cases)('$title, as they encode it → we read the same', (it) => {
    // Their type asks for fields that their code does not.
    const wire = mqttPacket.generate(it.theirs as TheirPacket, { protocolVersion: version });
    expect(decoded(Uint8Array.from(wire), version, it.sender)).toStrictEqual(it.packet);
  });
});

/** The sample with properties that both can say. */
function comparable(packet: Packet): Packet {
  const text = (key: string, value: unknown): unknown => {
    return key === 'userProperties' ? USER_PROPERTIES : value;
  };
  const replace = <T extends object>(properties: T): T => {
    const entries = Object.entries(properties).map(([key, value]) => [key, text(key, value)]);
    return Object.fromEntries(entries) as T;
  };
  if (packet.type === PacketType.CONNECT) {
    const { will } = packet;
    return {
      ...packet,
      properties: replace(packet.properties),
      ...(will !== undefined && { will: { ...will, properties: replace(will.properties) } }),
    };
  }
  return 'properties' in packet ? { ...packet, properties: replace(packet.properties) } : packet;
}

function parseTheirs(wire: Uint8Array, protocolVersion: ProtocolVersion): TheirPacket[] {
  const parser = mqttPacket.parser({ protocolVersion });
  const packets: TheirPacket[] = [];
  parser.on('packet', (packet: TheirPacket) => packets.push(packet));
  parser.on('error', (error: Error) => {
    throw error;
  });
  parser.parse(Buffer.from(wire));
  return packets;
}

/** Our packet in their form. */
function toTheirs(packet: Packet, version: ProtocolVersion): object {
  return { ...bodyOf(packet, version), ...('properties' in packet && section(packet.properties)) };
}

function section(properties: object): object {
  const entries = Object.entries(properties).map(([key, value]: [string, unknown]) => {
    switch (key) {
      case 'payloadFormatIndicator':
        return [key, value === 1];
      case 'correlationData':
      case 'authenticationData':
        return [key, Buffer.from(value as Uint8Array)];
      case 'subscriptionIdentifiers':
        return ['subscriptionIdentifier', value];
      case 'subscriptionIdentifierAvailable':
        return ['subscriptionIdentifiersAvailable', value];
      case 'maximumQos':
        return ['maximumQoS', value];
      case 'userProperties':
        return [key, THEIR_USER_PROPERTIES];
      default:
        return [key, value];
    }
  });
  return entries.length === 0 ? {} : { properties: Object.fromEntries(entries) as object };
}

function bodyOf(packet: Packet, version: ProtocolVersion): object {
  switch (packet.type) {
    case PacketType.CONNECT: {
      const { protocolVersion, clientId, keepAlive, cleanStart, username, password, will } = packet;
      return {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion,
        clean: cleanStart,
        keepalive: keepAlive,
        clientId,
        ...(username !== undefined && { username }),
        ...(password !== undefined && { password: Buffer.from(password) }),
        ...(will !== undefined && {
          will: {
            topic: will.topicName,
            payload: Buffer.from(will.payload),
            qos: will.qos,
            retain: will.retain,
            ...section(will.properties),
          },
        }),
      };
    }
    case PacketType.CONNACK: {
      const { sessionPresent, reasonCode } = packet;
      // The one refusal among the samples: Bad User Name or Password is return code 4 in 3.1.1.
      const returnCode = reasonCode === 0 ? 0 : 4;
      return {
        cmd: 'connack',
        sessionPresent,
        ...(version === 5 ? { reasonCode } : { returnCode }),
      };
    }
    case PacketType.PUBLISH: {
      const { topicName, payload, qos, retain, dup, packetId } = packet;
      return {
        cmd: 'publish',
        topic: topicName,
        payload: Buffer.from(payload),
        qos,
        retain,
        dup,
        ...(qos > 0 && { messageId: packetId }),
      };
    }
    case PacketType.PUBACK:
    case PacketType.PUBREC:
    case PacketType.PUBREL:
    case PacketType.PUBCOMP: {
      const cmd = { 4: 'puback', 5: 'pubrec', 6: 'pubrel', 7: 'pubcomp' }[packet.type];
      const reasonCode = version === 5 ? { reasonCode: packet.reasonCode } : {};
      return { cmd, messageId: packet.packetId, ...reasonCode };
    }
    case PacketType.SUBSCRIBE:
      return {
        cmd: 'subscribe',
        messageId: packet.packetId,
        subscriptions: packet.subscriptions.map((it) => ({
          topic: it.topicFilter,
          qos: it.qos,
          ...(version === 5 && {
            nl: it.noLocal,
            rap: it.retainAsPublished,
            rh: it.retainHandling,
          }),
        })),
      };
    case PacketType.SUBACK:
      return { cmd: 'suback', messageId: packet.packetId, granted: packet.reasonCodes };
    case PacketType.UNSUBSCRIBE:
      return {
        cmd: 'unsubscribe',
        messageId: packet.packetId,
        unsubscriptions: packet.topicFilters,
      };
    case PacketType.UNSUBACK: {
      const granted = version === 5 ? { granted: packet.reasonCodes } : {};
      return { cmd: 'unsuback', messageId: packet.packetId, ...granted };
    }
    case PacketType.PINGREQ:
      return { cmd: 'pingreq' };
    case PacketType.PINGRESP:
      return { cmd: 'pingresp' };
    case PacketType.DISCONNECT:
      return { cmd: 'disconnect', ...(version === 5 && { reasonCode: packet.reasonCode }) };
    case PacketType.AUTH:
      return { cmd: 'auth', reasonCode: packet.reasonCode };
  }
}
