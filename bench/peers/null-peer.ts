import { performance } from 'node:perf_hooks';
import type { Duplex } from 'node:stream';
import { Endpoint } from './endpoint.js';
import {
  CONNACK,
  CYCLE,
  endPacket,
  PacketType,
  PINGRESP,
  type PreparedFrames,
  prepareFrames,
  type Qos,
  receiveMaximumOf,
  subackPacket,
} from './frames.js';
import { listen, type Road } from './roads.js';

/** What the peer does with the next client. */
export type PeerMode =
  /** Counts and acknowledges what comes. */
  | { readonly kind: 'sink' }
  /**
   * Sends to whoever subscribes, as fast as the socket takes it and the client's Receive Maximum allows, or `rate`
   * messages a second. A PUBLISH from the client ends the stream: one last message tells how many there were.
   */
  | {
      readonly kind: 'source';
      readonly qos: Qos;
      readonly payloadBytes: number;
      readonly rate?: number;
    };

/** What the peer saw of the client before a mode was set. */
export interface PeerReport {
  readonly urls: Readonly<Record<Road, string>>;
  readonly received: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly faults: number;
}

const preparedFrames = new Map<string, PreparedFrames>();
let mode: PeerMode = { kind: 'sink' };
let current: Endpoint | null = null;

/** Serves one client in the current mode. */
function serve(socket: Duplex): void {
  let receiveMaximum = 65_535;
  let pace: NodeJS.Timeout | undefined;
  let ended = false;
  const endpoint = new Endpoint(socket, (type, body) => {
    if (type === PacketType.CONNECT) {
      receiveMaximum = receiveMaximumOf(body);
      socket.write(CONNACK);
    } else if (type === PacketType.PINGREQ) {
      socket.write(PINGRESP);
    } else if (type === PacketType.SUBSCRIBE && mode.kind === 'source') {
      socket.write(subackPacket(body.subarray(0, 2), mode.qos));
      pace = startStream(endpoint, mode, receiveMaximum);
    }
  });
  current = endpoint;
  socket.on('data', () => {
    if (mode.kind === 'sink' || ended || endpoint.received === 0) return;
    endpoint.stopSending();
    // Behind the last acknowledgement, so that every message is with its handler before the end is.
    if (mode.qos > 0 && endpoint.acknowledged < endpoint.sent) return;
    ended = true;
    socket.write(endPacket(endpoint.sent));
  });
  // Clients end by exiting: a reset is the ordinary goodbye.
  socket.on('error', () => socket.destroy());
  socket.on('close', () => clearInterval(pace));
}

/** Starts sending; a paced stream has a timer that is to be cleared. */
function startStream(
  endpoint: Endpoint,
  { qos, payloadBytes, rate }: PeerMode & { kind: 'source' },
  receiveMaximum: number,
): NodeJS.Timeout | undefined {
  const window = Math.min(receiveMaximum, CYCLE);
  const start = performance.now();
  const unacknowledged =
    qos === 0 ? () => Number.POSITIVE_INFINITY : () => endpoint.acknowledged + window;
  const limit =
    rate === undefined
      ? unacknowledged
      : () => Math.min(unacknowledged(), Math.floor(((performance.now() - start) * rate) / 1_000));
  endpoint.startSending(framesOf(qos, payloadBytes), limit);
  return rate === undefined ? undefined : setInterval(() => endpoint.send(), 1);
}

function framesOf(qos: Qos, payloadBytes: number): PreparedFrames {
  const key = `${qos}/${payloadBytes}`;
  const frames = preparedFrames.get(key) ?? prepareFrames(qos, payloadBytes);
  preparedFrames.set(key, frames);
  return frames;
}

const urls = await listen(serve);

/** Each message from the parent sets the mode for the next client and is answered by a report on the one before. */
process.on('message', (next: PeerMode) => {
  const report: PeerReport = {
    urls,
    received: current?.received ?? 0,
    sent: current?.sent ?? 0,
    acknowledged: current?.acknowledged ?? 0,
    faults: current?.faults ?? 0,
  };
  mode = next;
  current = null;
  if (mode.kind === 'source') framesOf(mode.qos, mode.payloadBytes);
  process.send?.(report);
});
process.on('disconnect', () => process.exit());
