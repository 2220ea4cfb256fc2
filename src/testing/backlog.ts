import { Fifo } from '../util/fifo.js';
import type { Delivery } from './delivery.js';

/** QoS 0 messages that wait until a slow Client has taken what is before them. */
export class Backlog {
  readonly #deliveries = new Fifo<Delivery>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#deliveries.length;
  }

  /** Adds a delivery and drops the oldest ones until all fit; returns how many were dropped. */
  push(delivery: Delivery): number {
    this.#deliveries.push(delivery);
    this.#bytes += sizeOf(delivery);
    let dropped = 0;
    while (this.#bytes > this.#bytesMax && this.shift() !== undefined) dropped++;
    return dropped;
  }

  /** The oldest delivery, taken out. */
  shift(): Delivery | undefined {
    const delivery = this.#deliveries.shift();
    if (delivery !== undefined) this.#bytes -= sizeOf(delivery);
    return delivery;
  }
}

function sizeOf({ message }: Delivery): number {
  return message.topic.bytes.length + message.propertiesLength + message.payloadLength;
}
