/** The Control Packet types of MQTT (§2.1.2): the high nibble of the first byte. */
export const PacketType = {
  /** §3.1: the Client asks for a connection. */
  CONNECT: 1,
  /** §3.2: the Server accepts or refuses it. */
  CONNACK: 2,
  /** §3.3: an Application Message. */
  PUBLISH: 3,
  /** §3.4: a message of QoS 1 was taken. */
  PUBACK: 4,
  /** §3.5: a message of QoS 2 was taken; first of the three answers. */
  PUBREC: 5,
  /** §3.6: its sender will not send it again. */
  PUBREL: 6,
  /** §3.7: the exchange of QoS 2 is over. */
  PUBCOMP: 7,
  /** §3.8: the Client asks for messages. */
  SUBSCRIBE: 8,
  /** §3.9: what of it was granted. */
  SUBACK: 9,
  /** §3.10: the Client asks for no more of them. */
  UNSUBSCRIBE: 10,
  /** §3.11: it gets no more of them. */
  UNSUBACK: 11,
  /** §3.12: the Client asks whether the Server is there. */
  PINGREQ: 12,
  /** §3.13: it is. */
  PINGRESP: 13,
  /** §3.14: the last packet of a connection, and why it ends. */
  DISCONNECT: 14,
  /** §3.15: one step of enhanced authentication. MQTT 5 only. */
  AUTH: 15,
} as const;
/** The number of a Control Packet type, 1…15. */
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** The protocol version byte of CONNECT: 4 is MQTT 3.1.1, 5 is MQTT 5.0. */
export type ProtocolVersion = 4 | 5;

/** The side that sends a packet. */
export type Sender = 'client' | 'server';

/**
 * Quality of Service of a message: 0 at most once, 1 at least once, 2 exactly once.
 *
 * @see MQTT 5.0 §4.3
 */
export type Qos = 0 | 1 | 2;

interface PacketTypeRow {
  readonly name: keyof typeof PacketType;
  /** Low nibble of the first byte; PUBLISH carries DUP, QoS and RETAIN there instead. */
  readonly flags: number;
  /** Who may send it in MQTT 5. */
  readonly sender: Sender | 'both';
  /** Who may send it in MQTT 3.1.1; null when the type is reserved there. */
  readonly sender311: Sender | 'both' | null;
}

/** Every packet type: one row each. */
export const PACKET_TYPES: Readonly<Record<PacketType, PacketTypeRow>> = {
  1: { name: 'CONNECT', flags: 0x0, sender: 'client', sender311: 'client' },
  2: { name: 'CONNACK', flags: 0x0, sender: 'server', sender311: 'server' },
  3: { name: 'PUBLISH', flags: 0x0, sender: 'both', sender311: 'both' },
  4: { name: 'PUBACK', flags: 0x0, sender: 'both', sender311: 'both' },
  5: { name: 'PUBREC', flags: 0x0, sender: 'both', sender311: 'both' },
  6: { name: 'PUBREL', flags: 0x2, sender: 'both', sender311: 'both' },
  7: { name: 'PUBCOMP', flags: 0x0, sender: 'both', sender311: 'both' },
  8: { name: 'SUBSCRIBE', flags: 0x2, sender: 'client', sender311: 'client' },
  9: { name: 'SUBACK', flags: 0x0, sender: 'server', sender311: 'server' },
  10: { name: 'UNSUBSCRIBE', flags: 0x2, sender: 'client', sender311: 'client' },
  11: { name: 'UNSUBACK', flags: 0x0, sender: 'server', sender311: 'server' },
  12: { name: 'PINGREQ', flags: 0x0, sender: 'client', sender311: 'client' },
  13: { name: 'PINGRESP', flags: 0x0, sender: 'server', sender311: 'server' },
  14: { name: 'DISCONNECT', flags: 0x0, sender: 'both', sender311: 'client' },
  15: { name: 'AUTH', flags: 0x0, sender: 'both', sender311: null },
};

/** The PUBLISH flags in the first byte of the packet: 3 DUP, 2-1 QoS, 0 RETAIN. */
export const PublishFlag = { RETAIN: 0x01, QOS_SHIFT: 1, DUP: 0x08 } as const;

/** The largest Remaining Length that four length bytes hold. */
export const REMAINING_LENGTH_MAX = 0xfff_ffff;

/** The largest packet of the protocol, its fixed header included. */
export const PACKET_SIZE_MAX = REMAINING_LENGTH_MAX + 5;

/** The most bytes of a UTF-8 Encoded String or of Binary Data. */
export const FIELD_LENGTH_MAX = 0xffff;

/** The first byte of every packet of a type other than PUBLISH. */
export function packetHeader(type: PacketType): number {
  return (type << 4) | PACKET_TYPES[type].flags;
}
