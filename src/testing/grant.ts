import type { Qos } from '../codec/packet-types.js';

/** What one or several subscriptions of a session grant to a message. */
export interface Grant {
  readonly qos: Qos;
  readonly retainAsPublished: boolean;
  /** The encoded Subscription Identifier properties of them all. */
  readonly identifiers: Uint8Array;
}

/**
 * Overlapping subscriptions grant one copy: at the highest QoS, with the identifiers of all
 * [MQTT-3.3.4-2] [MQTT-3.3.4-4]. Null when there are none.
 */
export function mergeGrants(grants: readonly Grant[]): Grant | null {
  const [first] = grants;
  if (first === undefined || grants.length === 1) return first ?? null;
  let { qos } = first;
  for (const grant of grants) if (grant.qos > qos) qos = grant.qos;
  return {
    qos,
    retainAsPublished: grants.some(({ retainAsPublished }) => retainAsPublished),
    identifiers: Buffer.concat(grants.map(({ identifiers }) => identifiers)),
  };
}

/** The lower of two QoS. */
export function lowerQos(left: Qos, right: Qos): Qos {
  if (left < right) return left;
  return right;
}
