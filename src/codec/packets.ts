import type { PacketType, ProtocolVersion, Qos } from './packet-types.js';
import type { PropertiesOf } from './property-table.js';

/** The message that the Server publishes when the connection ends without a normal DISCONNECT (§3.1.2.5). */
export interface Will {
  /** 1…65,535 bytes of UTF-8, no wildcards (§3.1.3.3). */
  readonly topicName: string;
  /** At most 65,535 bytes. */
  readonly payload: Uint8Array;
  /** At which it is to be published (§3.1.2.6). */
  readonly qos: Qos;
  /** Whether the Server is to retain it (§3.1.2.7). */
  readonly retain: boolean;
  /** Empty in MQTT 3.1.1 (§3.1.3.2). */
  readonly properties: PropertiesOf<'will'>;
}

/** The Client asks for a connection (§3.1). In MQTT 3.1.1 `cleanStart` is the Clean Session flag and the properties are dropped. */
export interface ConnectPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.CONNECT;
  /** What all packets of the connection are written in. */
  readonly protocolVersion: ProtocolVersion;
  /** Whether the Server is to forget a Session that it may have (§3.1.2.4). */
  readonly cleanStart: boolean;
  /** Seconds, 0…65535; 0 turns it off. */
  readonly keepAlive: number;
  /** Empty: the Server is to assign one (§3.1.3.1). */
  readonly clientId: string;
  /** At most 65,535 bytes of UTF-8 (§3.1.3.5). */
  readonly username?: string | undefined;
  /** At most 65,535 bytes (§3.1.3.6). */
  readonly password?: Uint8Array | undefined;
  /** Left out where there is none. */
  readonly will?: Will | undefined;
  /** What the Client can take, and asks for (§3.1.2.11). */
  readonly properties: PropertiesOf<'connect'>;
}

/** The Server accepts or refuses a connection (§3.2). The return codes of MQTT 3.1.1 stand here as the MQTT 5 codes of the same meaning. */
export interface ConnackPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.CONNACK;
  /** Whether the Server goes on with a Session that it has kept (§3.2.2.1.1). */
  readonly sessionPresent: boolean;
  /** 0x00 accepts; 0x80 and above refuse (§3.2.2.2). */
  readonly reasonCode: number;
  /** What the Server can take, and has decided on (§3.2.2.3). */
  readonly properties: PropertiesOf<'connack'>;
}

/** An Application Message, from either side (§3.3). */
export interface PublishPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.PUBLISH;
  /** Empty when a Topic Alias stands for it. */
  readonly topicName: string;
  /** May be empty. */
  readonly payload: Uint8Array;
  /** How often it is to arrive (§3.3.1.2). */
  readonly qos: Qos;
  /** From a Client: the Server is to keep it. From a Server: it was kept (§3.3.1.3). */
  readonly retain: boolean;
  /** Whether the packet may have been sent before (§3.3.1.1). */
  readonly dup: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  /** Empty in MQTT 3.1.1 (§3.3.2.3). */
  readonly properties: PropertiesOf<'publish'>;
}

/** What PUBACK, PUBREC, PUBREL and PUBCOMP have in common (§3.4 to §3.7). */
export interface Acknowledgement {
  /** That of the PUBLISH, 1…65535. */
  readonly packetId: number;
  /** Below 0x80 for success; always 0x00 in MQTT 3.1.1. */
  readonly reasonCode: number;
  /** Reason String and User Properties, which all of them have; empty in MQTT 3.1.1. */
  readonly properties: PropertiesOf<'puback'>;
}

/** The property hosts of the four acknowledgements of a PUBLISH. */
export type AckHost = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

/** Answers a PUBLISH of QoS 1 (§3.4). */
export interface PubackPacket extends Acknowledgement {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.PUBACK;
}

/** First answer to a PUBLISH of QoS 2 (§3.5). */
export interface PubrecPacket extends Acknowledgement {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.PUBREC;
}

/** Answers a PUBREC (§3.6). */
export interface PubrelPacket extends Acknowledgement {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.PUBREL;
}

/** Answers a PUBREL: the exchange of QoS 2 is over (§3.7). */
export interface PubcompPacket extends Acknowledgement {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.PUBCOMP;
}

/** Any answer to a PUBLISH, told apart by `type`. */
export type AckPacket = PubackPacket | PubrecPacket | PubrelPacket | PubcompPacket;

/** One Topic Filter with its Subscription Options (§3.8.3.1). MQTT 3.1.1 has `qos` only. */
export interface SubscriptionRequest {
  /** 1…65,535 bytes of UTF-8; of a Shared Subscription with `$share/{ShareName}/` (§4.7, §4.8.2). */
  readonly topicFilter: string;
  /** Highest QoS at which messages may be sent. */
  readonly qos: Qos;
  /** Whether messages of the Client itself are left out. */
  readonly noLocal: boolean;
  /** Whether forwarded messages keep their RETAIN flag. */
  readonly retainAsPublished: boolean;
  /** When retained messages are sent: 0 at every subscribe, 1 only for a subscription that is new, 2 never. */
  readonly retainHandling: 0 | 1 | 2;
}

/** The Client asks for messages (§3.8). */
export interface SubscribePacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.SUBSCRIBE;
  /** 1…65535; the SUBACK has the same. */
  readonly packetId: number;
  /** At least one. */
  readonly subscriptions: readonly SubscriptionRequest[];
  /** Subscription Identifier and User Properties; empty in MQTT 3.1.1. */
  readonly properties: PropertiesOf<'subscribe'>;
}

/** Answers a SUBSCRIBE (§3.9). */
export interface SubackPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.SUBACK;
  /** That of the SUBSCRIBE. */
  readonly packetId: number;
  /** One for each Topic Filter, in their order: 0, 1 or 2 is the QoS that was granted; 0x80 and above refuse. */
  readonly reasonCodes: readonly number[];
  /** Reason String and User Properties; empty in MQTT 3.1.1. */
  readonly properties: PropertiesOf<'suback'>;
}

/** The Client asks for no more messages of some Topic Filters (§3.10). */
export interface UnsubscribePacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.UNSUBSCRIBE;
  /** 1…65535; the UNSUBACK has the same. */
  readonly packetId: number;
  /** At least one. */
  readonly topicFilters: readonly string[];
  /** User Properties; empty in MQTT 3.1.1. */
  readonly properties: PropertiesOf<'unsubscribe'>;
}

/** Answers an UNSUBSCRIBE (§3.11). */
export interface UnsubackPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.UNSUBACK;
  /** That of the UNSUBSCRIBE. */
  readonly packetId: number;
  /** One for each Topic Filter, in their order: below 0x80 it is gone, or was not there (0x11). None in MQTT 3.1.1. */
  readonly reasonCodes: readonly number[];
  /** Reason String and User Properties; empty in MQTT 3.1.1. */
  readonly properties: PropertiesOf<'unsuback'>;
}

/** The Client asks whether the Server is there (§3.12). */
export interface PingreqPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.PINGREQ;
}

/** The Server is there (§3.13). */
export interface PingrespPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.PINGRESP;
}

/** The last packet of a connection (§3.14). In MQTT 3.1.1 it is empty and comes from the Client only. */
export interface DisconnectPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.DISCONNECT;
  /** Why the connection ends: 0x00 is the normal end, after which the Server forgets the Will (§3.14.2.1). */
  readonly reasonCode: number;
  /** Empty in MQTT 3.1.1 (§3.14.2.2). */
  readonly properties: PropertiesOf<'disconnect'>;
}

/** One step of enhanced authentication, from either side (§3.15). Does not exist in MQTT 3.1.1. */
export interface AuthPacket {
  /** Tells it from other packets. */
  readonly type: typeof PacketType.AUTH;
  /** 0x00 success, 0x18 go on, 0x19 re-authenticate (§3.15.2.1). */
  readonly reasonCode: number;
  /** Authentication Method and Data among them (§3.15.2.2). */
  readonly properties: PropertiesOf<'auth'>;
}

/** Any Control Packet, told apart by `type`. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | AckPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket;
