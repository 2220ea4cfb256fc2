import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { readConnect } from './connect-body.js';
import { Endpoint } from './endpoint.js';
import { endPacket, type PreparedFrames, prepareFrames, type Shape } from './frames.js';
import { connackPacket, PacketType, PINGRESP, subackPacket, type Version } from './packets.js';
import { listen, type Road } from './roads.js';

/** What the peer does with the next clients. */
export type PeerMode =
  /**
   * Counts and acknowledges what comes. With `cutAt` the first connection gets no acknowledgement, and is cut when so many
   * messages have come; the client is then told that the Server still has its Session.
   */
  | { readonly kind: 'sink'; readonly cutAt?: number }
  /**
   * Sends to whoever subscribes, as fast as the socket takes it and the client's Receive Maximum allows, or `rate`
   * messages a second. A PUBLISH from the client ends the stream: one last message tells how many there were.
   */
  | {
      readonly kind: 'source';
      readonly shape: Shape;
      readonly rate: number | null;
      /** How many of each client's messages may wait for their acknowledgement. */
      readonly window: number;
    };

/** What the peer saw of the clients before a mode was set. */
export interface PeerReport {
  readonly urls: Readonly<Record<Road, string>>;
  readonly received: number;
  readonly faults: number;
  /** How busy this thread was while the first of them was connected, in percent. */
  readonly utilisationPercent: number;
}

/** Topic Aliases that clients may use. */
const TOPIC_ALIAS_MAXIMUM = 1_024;

const preparedFrames = new Map<string, PreparedFrames>();
let mode: PeerMode = { kind: 'sink' };
let endpoints: Endpoint[] = [];
let busySince: EventLoopUtilization | null = null;
let busy: EventLoopUtilization | null = null;

/** Serves one client in the current mode. */
function serve(socket: Duplex): void {
  const serving = mode;
  let version: Version = 5;
  let receiveMaximum = 0;
  let pace: NodeJS.Timeout | undefined;
  let ended = false;
  const endpoint = new Endpoint(socket, (type, body) => {
    if (type === PacketType.CONNECT) {
      busySince ??= performance.eventLoopUtilization();
      ({ version, receiveMaximum } = readConnect(body));
      socket.write(connackPacket(version, isResumed, TOPIC_ALIAS_MAXIMUM));
    } else if (type === PacketType.PINGREQ) {
      socket.write(PINGRESP);
    } else if (type === PacketType.SUBSCRIBE && serving.kind === 'source') {
      socket.write(subackPacket(version, body.subarray(0, 2), serving.shape.qos));
      pace = startStream(endpoint, serving, receiveMaximum);
    }
  });
  const isCut = serving.kind === 'sink' && serving.cutAt !== undefined;
  const isResumed = isCut && endpoints.length > 0;
  if (isCut && !isResumed) endpoint.withhold();
  endpoints.push(endpoint);

  socket.on('data', () => {
    if (serving.kind === 'sink') {
      if (isCut && !isResumed && endpoint.received >= serving.cutAt!) socket.destroy();
      return;
    }
    if (ended || endpoint.received === 0) return;
    endpoint.stopSending();
    // Behind the last acknowledgement, so that every message is with its handler before the end is.
    if (serving.shape.qos > 0 && endpoint.acknowledged < endpoint.sent) return;
    ended = true;
    socket.write(endPacket(version, endpoint.sent));
  });
  // Clients end by exiting: a reset is the ordinary goodbye.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    clearInterval(pace);
    if (busySince !== null) busy ??= performance.eventLoopUtilization(busySince);
  });
}

/** Starts sending; a paced stream has a timer that is to be cleared. */
function startStream(
  endpoint: Endpoint,
  { shape, rate, window: windowMax }: PeerMode & { kind: 'source' },
  receiveMaximum: number,
): NodeJS.Timeout | undefined {
  const frames = framesOf(shape);
  const window = Math.min(receiveMaximum, frames.cycle, windowMax);
  const start = performance.now();
  const unacknowledged =
    shape.qos === 0 ? () => Number.POSITIVE_INFINITY : () => endpoint.acknowledged + window;
  const limit =
    rate === null
      ? unacknowledged
      : () => Math.min(unacknowledged(), Math.floor(((performance.now() - start) * rate) / 1_000));
  endpoint.startSending(frames, limit);
  return rate === null ? undefined : setInterval(() => endpoint.send(), 1);
}

function framesOf(shape: Shape): PreparedFrames {
  const key = JSON.stringify(shape);
  const frames = preparedFrames.get(key) ?? prepareFrames(shape);
  preparedFrames.clear();
  preparedFrames.set(key, frames);
  return frames;
}

const urls = await listen(serve);

/** Each message from the parent sets the mode for the next clients and is answered by a report on those before. */
process.on('message', (next: PeerMode) => {
  const report: PeerReport = {
    urls,
    received: endpoints.reduce((sum, { received }) => sum + received, 0),
    faults: endpoints.reduce((sum, { faults }) => sum + faults, 0),
    utilisationPercent:
      busySince === null
        ? 0
        : 100 * (busy ?? performance.eventLoopUtilization(busySince)).utilization,
  };
  mode = next;
  endpoints = [];
  busySince = null;
  busy = null;
  if (mode.kind === 'source') framesOf(mode.shape);
  process.send?.(report);
});
process.on('disconnect', () => process.exit());
