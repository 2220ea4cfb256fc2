/** Packets as plain objects, named as the specification names them. */

export type Version = 4 | 5;
export type Side = 'client' | 'server';
export type Qos = 0 | 1 | 2;

export type PacketName =
  | 'CONNECT'
  | 'CONNACK'
  | 'PUBLISH'
  | 'PUBACK'
  | 'PUBREC'
  | 'PUBREL'
  | 'PUBCOMP'
  | 'SUBSCRIBE'
  | 'SUBACK'
  | 'UNSUBSCRIBE'
  | 'UNSUBACK'
  | 'PINGREQ'
  | 'PINGRESP'
  | 'DISCONNECT'
  | 'AUTH';

export interface StrictProperties {
  payloadFormatIndicator?: number;
  messageExpiryInterval?: number;
  contentType?: string;
  responseTopic?: string;
  correlationData?: Uint8Array;
  sessionExpiryInterval?: number;
  assignedClientIdentifier?: string;
  serverKeepAlive?: number;
  authenticationMethod?: string;
  authenticationData?: Uint8Array;
  requestProblemInformation?: number;
  willDelayInterval?: number;
  requestResponseInformation?: number;
  responseInformation?: string;
  serverReference?: string;
  reasonString?: string;
  receiveMaximum?: number;
  topicAliasMaximum?: number;
  topicAlias?: number;
  maximumQos?: number;
  retainAvailable?: number;
  maximumPacketSize?: number;
  wildcardSubscriptionAvailable?: number;
  subscriptionIdentifierAvailable?: number;
  sharedSubscriptionAvailable?: number;
  /** Several in a PUBLISH, at most one in a SUBSCRIBE. */
  readonly subscriptionIdentifiers: number[];
  readonly userProperties: [name: string, value: string][];
}

export interface StrictWill {
  readonly qos: number;
  readonly retain: boolean;
  readonly properties: StrictProperties;
  readonly topicName: string;
  readonly payload: Uint8Array;
}

export interface StrictConnect {
  readonly type: 'CONNECT';
  readonly version: Version;
  readonly cleanStart: boolean;
  readonly keepAlive: number;
  readonly properties: StrictProperties;
  readonly clientId: string;
  readonly will: StrictWill | null;
  readonly userName: string | null;
  readonly password: Uint8Array | null;
}

export interface StrictConnack {
  readonly type: 'CONNACK';
  readonly sessionPresent: boolean;
  readonly reasonCode: number;
  readonly properties: StrictProperties;
}

export interface StrictPublish {
  readonly type: 'PUBLISH';
  readonly dup: boolean;
  readonly qos: number;
  readonly retain: boolean;
  readonly topicName: string;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly properties: StrictProperties;
  readonly payload: Uint8Array;
}

export interface StrictAck {
  readonly type: 'PUBACK' | 'PUBREC' | 'PUBREL' | 'PUBCOMP';
  readonly packetId: number;
  readonly reasonCode: number;
  readonly properties: StrictProperties;
}

export interface StrictSubscription {
  readonly topicFilter: string;
  readonly qos: number;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: number;
}

export interface StrictSubscribe {
  readonly type: 'SUBSCRIBE';
  readonly packetId: number;
  readonly properties: StrictProperties;
  readonly subscriptions: readonly StrictSubscription[];
}

export interface StrictUnsubscribe {
  readonly type: 'UNSUBSCRIBE';
  readonly packetId: number;
  readonly properties: StrictProperties;
  readonly topicFilters: readonly string[];
}

export interface StrictSuback {
  readonly type: 'SUBACK' | 'UNSUBACK';
  readonly packetId: number;
  readonly properties: StrictProperties;
  /** None in an UNSUBACK of MQTT 3.1.1. */
  readonly reasonCodes: readonly number[];
}

export interface StrictPing {
  readonly type: 'PINGREQ' | 'PINGRESP';
}

export interface StrictDisconnect {
  readonly type: 'DISCONNECT' | 'AUTH';
  readonly reasonCode: number;
  readonly properties: StrictProperties;
}

export type StrictPacket =
  | StrictConnect
  | StrictConnack
  | StrictPublish
  | StrictAck
  | StrictSubscribe
  | StrictUnsubscribe
  | StrictSuback
  | StrictPing
  | StrictDisconnect;
