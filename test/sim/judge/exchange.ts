import { packetName } from '../broker/packet-names.js';

/** What a Packet Identifier of the client stands for. */
export interface Exchange {
  readonly packetId: number;
  /** PUBLISH, SUBSCRIBE or UNSUBSCRIBE. */
  readonly type: number;
  readonly qos: number;
  /** The number of the message; 0 for others. */
  readonly message: number;
  /** Order in which the exchanges began. */
  readonly order: number;
  /** PUBREC has come. */
  isReleased: boolean;
  /** When PUBREC, or the answer that ends it, came. */
  answeredAt: number;
  /** It may be that the client has not looked at the PUBREC before the connection was lost. */
  isReleaseDoubtful: boolean;
  /** The connection that has carried PUBLISH, or SUBSCRIBE, last. */
  sentOn: number;
  /** The connection that has carried PUBREL last; 0: none. */
  releasedOn: number;
}

/** In which state a lost connection leaves an exchange: a label for the list of situations. */
export function exchangeState(exchange: Exchange, isUnderWay: boolean, link: number): string {
  if (exchange.qos === 0) return packetName(exchange.type);
  if (exchange.qos === 1) return `QoS 1, PUBLISH ${isUnderWay ? 'under way' : 'arrived'}`;
  if (!exchange.isReleased) return `QoS 2, PUBLISH ${isUnderWay ? 'under way' : 'arrived'}`;
  if (exchange.releasedOn !== link) return 'QoS 2, PUBREL not written';
  return `QoS 2, PUBREL ${isUnderWay ? 'under way' : 'arrived'}`;
}
