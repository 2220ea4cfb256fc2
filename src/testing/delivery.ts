import type { Message } from './message.js';

/** One message on its way to one session. */
export interface Delivery {
  readonly message: Message;
  /** The first byte of its PUBLISH, without DUP: QoS and RETAIN are those of the delivery. */
  readonly header: number;
  /** The encoded Subscription Identifier properties that go with it. */
  readonly identifiers: Uint8Array;
  /** 0 until it is sent, and at QoS 0. */
  packetId: number;
  /** QoS 2: has PUBREC come, so that PUBREL and no longer PUBLISH is what would be sent again? */
  released: boolean;
}

/** Makes a delivery that lasts: the bytes of the message are kept. */
export function toDelivery(message: Message, header: number, identifiers: Uint8Array): Delivery {
  return { message: message.keep(), header, identifiers, packetId: 0, released: false };
}
