import type { Qos } from '../codec/packet-types.js';
import type { PropertiesOf } from '../codec/property-table.js';

/** How a publish ended. */
export interface PublishResult {
  /** The QoS at which it was published. */
  readonly qos: Qos;
  /**
   * Of the PUBACK or PUBCOMP: 0 for success, 0x10 when nobody has subscribed to the topic, 0x92 when the Server had completed the
   * exchange before a connection was lost. 0 at QoS 0.
   */
  readonly reasonCode: number;
  /** Reason String and User Properties of the PUBACK or PUBCOMP, which have the same; empty at QoS 0. */
  readonly properties: PropertiesOf<'puback'>;
}

const NONE: PropertiesOf<'puback'> = Object.freeze({});

const SUCCESS: readonly PublishResult[] = ([0, 1, 2] as const).map((qos) =>
  Object.freeze({ qos, reasonCode: 0, properties: NONE }),
);

/** The result of a publish; plain successes share one object. */
export function toPublishResult(qos: number, reasonCode: number, properties = NONE): PublishResult {
  const success = SUCCESS[qos]!;
  return reasonCode === 0 && properties === NONE
    ? success
    : { qos: success.qos, reasonCode, properties };
}
