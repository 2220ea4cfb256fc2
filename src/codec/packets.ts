import type { PacketType, ProtocolVersion, Qos } from './packet-types.js';
import type { PropertiesOf } from './property-table.js';

/** The message that the Server publishes when the connection ends without a normal DISCONNECT (§3.1.2.5). */
export interface Will {
  readonly topicName: string;
  /** At most 65,535 bytes. */
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: PropertiesOf<'will'>;
}

/** §3.1. In MQTT 3.1.1 `cleanStart` is the Clean Session flag and the properties are dropped. */
export interface ConnectPacket {
  readonly type: typeof PacketType.CONNECT;
  readonly protocolVersion: ProtocolVersion;
  readonly cleanStart: boolean;
  /** Seconds, 0…65535; 0 turns it off. */
  readonly keepAlive: number;
  readonly clientId: string;
  readonly username?: string | undefined;
  readonly password?: Uint8Array | undefined;
  readonly will?: Will | undefined;
  readonly properties: PropertiesOf<'connect'>;
}

/** §3.2. The return codes of MQTT 3.1.1 stand here as the MQTT 5 codes of the same meaning. */
export interface ConnackPacket {
  readonly type: typeof PacketType.CONNACK;
  readonly sessionPresent: boolean;
  readonly reasonCode: number;
  readonly properties: PropertiesOf<'connack'>;
}

/** §3.3. */
export interface PublishPacket {
  readonly type: typeof PacketType.PUBLISH;
  /** Empty when a Topic Alias stands for it. */
  readonly topicName: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly dup: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly properties: PropertiesOf<'publish'>;
}

/** §3.4 to §3.7: PUBACK, PUBREC, PUBREL and PUBCOMP have one shape. */
interface Acknowledgement<T extends PacketType, H extends AckHost> {
  readonly type: T;
  readonly packetId: number;
  readonly reasonCode: number;
  readonly properties: PropertiesOf<H>;
}

/** The property hosts of the four acknowledgements of a PUBLISH. */
export type AckHost = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp';

export type PubackPacket = Acknowledgement<typeof PacketType.PUBACK, 'puback'>;
export type PubrecPacket = Acknowledgement<typeof PacketType.PUBREC, 'pubrec'>;
export type PubrelPacket = Acknowledgement<typeof PacketType.PUBREL, 'pubrel'>;
export type PubcompPacket = Acknowledgement<typeof PacketType.PUBCOMP, 'pubcomp'>;
export type AckPacket = PubackPacket | PubrecPacket | PubrelPacket | PubcompPacket;

/** One Topic Filter with its Subscription Options (§3.8.3.1). MQTT 3.1.1 has `qos` only. */
export interface SubscriptionRequest {
  readonly topicFilter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: 0 | 1 | 2;
}

/** §3.8. */
export interface SubscribePacket {
  readonly type: typeof PacketType.SUBSCRIBE;
  readonly packetId: number;
  /** At least one. */
  readonly subscriptions: readonly SubscriptionRequest[];
  readonly properties: PropertiesOf<'subscribe'>;
}

/** §3.9. One reason code for each Topic Filter, in their order. */
export interface SubackPacket {
  readonly type: typeof PacketType.SUBACK;
  readonly packetId: number;
  readonly reasonCodes: readonly number[];
  readonly properties: PropertiesOf<'suback'>;
}

/** §3.10. */
export interface UnsubscribePacket {
  readonly type: typeof PacketType.UNSUBSCRIBE;
  readonly packetId: number;
  /** At least one. */
  readonly topicFilters: readonly string[];
  readonly properties: PropertiesOf<'unsubscribe'>;
}

/** §3.11. One reason code for each Topic Filter, in their order; none in MQTT 3.1.1. */
export interface UnsubackPacket {
  readonly type: typeof PacketType.UNSUBACK;
  readonly packetId: number;
  readonly reasonCodes: readonly number[];
  readonly properties: PropertiesOf<'unsuback'>;
}

/** §3.12. */
export interface PingreqPacket {
  readonly type: typeof PacketType.PINGREQ;
}

/** §3.13. */
export interface PingrespPacket {
  readonly type: typeof PacketType.PINGRESP;
}

/** §3.14. In MQTT 3.1.1 it is empty and comes from the Client only. */
export interface DisconnectPacket {
  readonly type: typeof PacketType.DISCONNECT;
  readonly reasonCode: number;
  readonly properties: PropertiesOf<'disconnect'>;
}

/** §3.15. Does not exist in MQTT 3.1.1. */
export interface AuthPacket {
  readonly type: typeof PacketType.AUTH;
  readonly reasonCode: number;
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
