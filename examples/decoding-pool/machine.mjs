/*
 * The simulated machine: publishes frames, some at a time, and ends.
 *   node examples/decoding-pool/machine.mjs mqtt://127.0.0.1:1883 topic frames
 */
import { connect } from 'gneiss-mqtt';
import { encodeFrame } from './frame.mjs';
import { RATE, vibrationOf } from './vibration.mjs';

/** Publishes that wait for their acknowledgement at a time. */
const IN_FLIGHT = 50;

const [url, topic, frames] = process.argv.slice(2);
const client = await connect(url);
let sequence = 0;

async function publishOneAfterAnother() {
  while (sequence < Number(frames)) {
    const frame = { sequence, rate: RATE, samples: vibrationOf(sequence++) };
    await client.publish(topic, encodeFrame(frame), { qos: 1 });
  }
}

// An error ends the process with a status that its parent notices.
await Promise.all(Array.from({ length: IN_FLIGHT }, publishOneAfterAnother));
await client.close();
