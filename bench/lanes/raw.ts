import { once } from 'node:events';
import { connect } from 'node:net';
import { Endpoint } from '../peers/endpoint.js';
import {
  CYCLE,
  connectPacket,
  PacketType,
  prepareFrames,
  type Qos,
  subscribePacket,
  TOPIC_FILTER,
} from '../peers/frames.js';
import { type LaneContext, type Measures, Stretch, sleep } from './lane.js';

/** The ceiling of a publishing lane: prepared frames, acknowledgements only counted. */
export async function rawPublish(
  context: LaneContext,
  qos: Qos,
  payloadBytes: number,
): Promise<Measures> {
  const endpoint = await openEndpoint(context.port, null);
  endpoint.startSending(
    prepareFrames(qos, payloadBytes),
    qos === 0 ? () => Number.POSITIVE_INFINITY : () => endpoint.acknowledged + CYCLE,
  );
  return measure(context, () => (qos === 0 ? endpoint.sent : endpoint.acknowledged));
}

/** The ceiling of a receiving lane: messages counted and acknowledged, nothing else. */
export async function rawReceive(context: LaneContext, qos: Qos): Promise<Measures> {
  const endpoint = await openEndpoint(context.port, qos);
  return measure(context, () => endpoint.received);
}

async function measure(context: LaneContext, count: () => number): Promise<Measures> {
  await sleep(context.warmupSeconds);
  const before = count();
  const stretch = new Stretch(null);
  await sleep(context.seconds);
  return stretch.end(count() - before);
}

async function openEndpoint(port: number, subscribeQos: Qos | null): Promise<Endpoint> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  return new Promise((resolve) => {
    const endpoint = new Endpoint(socket, (type) => {
      if (type === PacketType.CONNACK && subscribeQos !== null) {
        socket.write(subscribePacket(TOPIC_FILTER, subscribeQos));
      } else resolve(endpoint);
    });
    socket.write(connectPacket('raw'));
  });
}
