import type { MainOptions } from '../options/schema.js';
import type { PublishChoices } from '../validation/publish-choices.js';
import { type Payload, toBytes } from './payload.js';
import type { Settlement } from './pending-operations.js';
import type { PublishResult } from './publish-result.js';

/** A publish as it was called, with bytes of its own. */
interface PublishCall {
  readonly topicName: string;
  readonly payload: Payload;
  readonly options: PublishChoices | undefined;
  readonly settlement: Settlement<PublishResult>;
  /** Bytes of its PUBLISH. */
  readonly length: number;
  /** On the clock of `performance.now()`. */
  readonly calledAt: number;
}

/** A publish that waits for room. */
export interface WaitingPublish extends PublishCall {
  /** Its token once it was submitted. */
  token: number | null;
}

/** The publishes that wait for room (`offlineQueueFull: 'wait'`), in the order of their calls, bounded by number and bytes. */
export class WaitingPublishes {
  readonly #maximum: number;
  readonly #maximumBytes: number;
  readonly #publishes: Set<WaitingPublish> = new Set();
  #bytes = 0;

  constructor(options: MainOptions) {
    this.#maximum = options.offlineQueueFull === 'wait' ? options.maximumWaitingPublishes : 0;
    this.#maximumBytes = options.outboundMemoryBytes;
  }

  get size(): number {
    return this.#publishes.size;
  }

  /** The one that waits longest. */
  get first(): WaitingPublish | undefined {
    for (const publish of this.#publishes) return publish;
    return undefined;
  }

  hasRoom(length: number): boolean {
    return this.size < this.#maximum && this.#bytes + length <= this.#maximumBytes;
  }

  add(call: PublishCall): WaitingPublish {
    const publish = { ...call, token: null };
    this.#publishes.add(publish);
    this.#bytes += call.length;
    return publish;
  }

  /** @returns False when it does not wait. */
  delete(publish: WaitingPublish): boolean {
    if (!this.#publishes.delete(publish)) return false;
    this.#bytes -= publish.length;
    return true;
  }

  takeAll(): readonly WaitingPublish[] {
    const publishes = [...this.#publishes];
    this.#publishes.clear();
    this.#bytes = 0;
    return publishes;
  }
}

/** The payload as it is now: its owner may change it once the call has returned. */
export function copyPayload(payload: Payload): Payload {
  return typeof payload === 'string' ? payload : new Uint8Array(toBytes(payload));
}
