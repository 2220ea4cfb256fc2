import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { Endpoint } from '../peers/endpoint.js';
import { prepareFrames, TOPIC_FILTER } from '../peers/frames.js';
import { connectPacket, PacketType, type Qos, subscribePacket } from '../peers/packets.js';
import { type LaneContext, type RunResult, sleep } from './lane.js';
import type { Load } from './load.js';
import { Stretch } from './stretch.js';

/** The ceiling of a publishing lane: prepared frames, acknowledgements only counted. */
export async function rawPublish(context: LaneContext, load: Load): Promise<RunResult> {
  const { qos } = load;
  const endpoint = await openEndpoint(context.url, null);
  const frames = prepareFrames(load);
  endpoint.startSending(
    frames,
    qos === 0 ? () => Number.POSITIVE_INFINITY : () => endpoint.acknowledged + frames.cycle,
  );
  return measure(context, () => (qos === 0 ? endpoint.sent : endpoint.acknowledged));
}

/** The ceiling of a receiving lane: messages counted and acknowledged, nothing else. */
export async function rawReceive(context: LaneContext, { qos }: Load): Promise<RunResult> {
  const endpoint = await openEndpoint(context.url, qos);
  return measure(context, () => endpoint.received);
}

async function measure(context: LaneContext, count: () => number): Promise<RunResult> {
  await sleep(context.warmupSeconds);
  const before = count();
  const stretch = new Stretch([]);
  await sleep(context.seconds);
  return { measures: stretch.end(count() - before) };
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
