import { floodLane } from './flood.js';
import { type Lane, over } from './lane.js';
import { callCostLane, latencyLane } from './latency.js';
import { publishLane } from './publish.js';
import { pacedLane, receiveLane } from './receive.js';

/** Payload of all lanes but those that say otherwise. */
const PAYLOAD_BYTES = 128;

/** All lanes, in the order of a report. */
export const LANES: readonly Lane[] = [
  publishLane('publish-qos0', 0, PAYLOAD_BYTES),
  publishLane('publish-qos1', 1, PAYLOAD_BYTES),
  publishLane('publish-qos2', 2, PAYLOAD_BYTES),
  publishLane('publish-qos1-1024', 1, 1_024),
  receiveLane('receive-qos0', 0, PAYLOAD_BYTES),
  receiveLane('receive-qos1', 1, PAYLOAD_BYTES),
  receiveLane('receive-qos2', 2, PAYLOAD_BYTES),
  pacedLane('receive-paced', 100_000, PAYLOAD_BYTES),
  over('mqtts', publishLane('publish-qos0', 0, PAYLOAD_BYTES)),
  over('mqtts', receiveLane('receive-qos0', 0, PAYLOAD_BYTES)),
  over('mqtts', pacedLane('receive-paced-50', 50_000, PAYLOAD_BYTES)),
  over('ws', publishLane('publish-qos0', 0, PAYLOAD_BYTES)),
  over('ws', receiveLane('receive-qos0', 0, PAYLOAD_BYTES)),
  over('ws', pacedLane('receive-paced-50', 50_000, PAYLOAD_BYTES)),
  callCostLane('publish-call', PAYLOAD_BYTES),
  latencyLane('round-trip', PAYLOAD_BYTES),
  floodLane('flood-blocking', 'blocking', PAYLOAD_BYTES),
  floodLane('flood-awaited', 'awaited', PAYLOAD_BYTES),
];
