import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
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
  const endpoint = await openEndpoint(context.url, null);
  endpoint.startSending(
    prepareFrames(qos, payloadBytes),
    qos === 0 ? () => Number.POSITIVE_INFINITY : () => endpoint.acknowledged + CYCLE,
  );
  return measure(context, () => (qos === 0 ? endpoint.sent : endpoint.acknowledged));
}

/** The ceiling of a receiving lane: messages counted and acknowledged, nothing else. */
export async function rawReceive(context: LaneContext, qos: Qos): Promise<Measures> {
  const endpoint = await openEndpoint(context.url, qos);
  return measure(context, () => endpoint.received);
}

async function measure(context: LaneContext, count: () => number): Promise<Measures> {
  await sleep(context.warmupSeconds);
  const before = count();
  const stretch = new Stretch(null);
  await sleep(context.seconds);
  return stretch.end(count() - before);
}

async function openEndpoint(url: string, subscribeQos: Qos | null): Promise<Endpoint> {
  const socket = await openSocket(new URL(url));
  return new Promise((resolve) => {
    socket.setNoDelay(true);
    const endpoint = new Endpoint(socket, (type) => {
      if (type === PacketType.CONNACK && subscribeQos !== null) {
        socket.write(subscribePacket(TOPIC_FILTER, subscribeQos));
      } else resolve(endpoint);
    });
    socket.write(connectPacket('raw'));
  });
}

async function openSocket({ protocol, hostname: host, port }: URL): Promise<Socket> {
  if (protocol === 'mqtt:') {
    const socket = connect({ host, port: Number(port) });
    await once(socket, 'connect');
    return socket;
  }
  const socket = connectTls({ host, port: Number(port), rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return socket;
}
