/** A message on its way to the client at QoS 1 or 2. */
export interface OutgoingMessage {
  readonly number: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 1 | 2;
  readonly packetId: number;
  /** PUBREC has come: from now on it is PUBREL that is sent. */
  isReleased: boolean;
  /** Was on a connection before this one. */
  wasSent: boolean;
  /** Was sent on this connection. */
  isSent: boolean;
}

/** A message that waits for its Packet Identifier. */
export interface WaitingMessage {
  readonly number: number;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 1 | 2;
}

export interface BrokerSubscription {
  readonly filter: string;
  readonly qos: 0 | 1 | 2;
  readonly identifier: number;
}

/** What the Server keeps for a client (§4.1). */
export class BrokerSession {
  readonly subscriptions: Map<string, BrokerSubscription> = new Map();
  /** Identifiers of QoS 2 messages of the client that were taken and not released. */
  readonly received: Set<number> = new Set();
  /** The same of an earlier process, which nobody may release any more. */
  readonly inherited: Set<number> = new Set();
  outgoing: OutgoingMessage[] = [];
  waiting: WaitingMessage[] = [];
  #nextPacketId = 1;

  /** The next identifier that is free, out of few, so that they come again soon; 0: none is. */
  takePacketId(limit: number): number {
    for (let tries = 0; tries < limit; tries++) {
      const packetId = this.#nextPacketId;
      this.#nextPacketId = (packetId % limit) + 1;
      if (!this.outgoing.some((message) => message.packetId === packetId)) return packetId;
    }
    return 0;
  }

  /** The subscriptions that a topic concerns. */
  match(topic: string): BrokerSubscription[] {
    return [...this.subscriptions.values()].filter(({ filter }) => matches(filter, topic));
  }
}

/** Whether a filter matches a topic (§4.7), by the letter: level for level. */
export function matches(filter: string, topic: string): boolean {
  const parts = filter.split('/');
  const wanted = parts[0] === '$share' ? parts.slice(2) : parts;
  const levels = topic.split('/');
  for (const [at, part] of wanted.entries()) {
    if (part === '#') return true;
    if (at >= levels.length || (part !== '+' && part !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}
