import type { Prng } from '../../support/prng.js';
import type { InheritanceSwarm } from '../swarm.js';
import { payloadOf } from './payloads.js';
import { BrokerSession, matches, type WaitingMessage } from './session.js';

/** Above those that the client uses. What the Server says about a smaller one could be taken for an answer to the client. */
const REPEATED_PACKET_IDS = 1000;

/** PUBRECs that the Server says again to a client that comes: no Server has to, but one may. */
export function pubrecsToRepeat({ inherited }: BrokerSession): number[] {
  return [...inherited].filter((packetId) => packetId > REPEATED_PACKET_IDS);
}

/**
 * The Session of a process that died: its subscriptions, messages that wait for it, and exchanges that it was in the middle of.
 *
 * @param packetIds   Identifiers that the Server uses.
 * @param nextNumber  Numbers the messages, in their order.
 */
export function inheritedSession(
  prng: Prng,
  swarm: InheritanceSwarm,
  packetIds: number,
  nextNumber: () => number,
): BrokerSession {
  const session = new BrokerSession();
  for (const filter of swarm.filters)
    session.subscriptions.set(filter, { filter, qos: 2, identifier: 0 });
  const topics = ['s/0', 's/1', 's/2', 's/3'].filter((topic) =>
    swarm.filters.some((filter) => matches(filter, topic)),
  );
  const message = (): WaitingMessage => {
    const number = nextNumber();
    const payload = payloadOf(number, prng.below(60));
    return { number, topic: prng.pick(topics), payload, qos: prng.pick([1, 2]) };
  };
  for (let count = 0; count < swarm.underWay; count++) {
    const packetId = session.takePacketId(packetIds);
    if (packetId === 0) break;
    const wasSent = prng.chance(0.7);
    const next = message();
    // PUBRELs go in the order of the PUBRECs, and those in the order of the messages: those that got further are older.
    const isReleased =
      wasSent && next.qos === 2 && session.outgoing.every((other) => other.isReleased);
    session.outgoing.push({
      ...next,
      packetId,
      isReleased: isReleased && prng.chance(0.6),
      wasSent,
      isSent: false,
    });
  }
  for (let count = 0; count < swarm.waiting; count++) session.waiting.push(message());
  for (let packetId = 1; packetId <= swarm.unreleased; packetId++) session.inherited.add(packetId);
  for (let count = 1; count <= swarm.pubrecs; count++)
    session.inherited.add(REPEATED_PACKET_IDS + count);
  return session;
}
