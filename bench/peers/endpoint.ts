import type { Duplex } from 'node:stream';
import type { PreparedFrames } from './frames.js';
import { PacketType } from './packets.js';

/** Acknowledgements of one chunk are gathered here; a chunk is at most 64 KiB and holds no more acks than bytes. */
const ACKS_BYTES = 1 << 18;

/** What is handed to the socket by one write, at most, but for one frame that is larger. */
const FRAMES_PER_WRITE = 2_048;
const BYTES_PER_WRITE = 1 << 19;

/**
 * One end of a connection, reduced to counting and acknowledging: the whole of the null peer's and the raw client's
 * work per message. It looks at the head of each packet and skips the rest.
 */
export class Endpoint {
  /** PUBLISH packets received. */
  received = 0;
  /** PUBLISH packets sent, and those of them whose delivery is complete (QoS 1 and 2). */
  sent = 0;
  acknowledged = 0;
  /** Acknowledgements that came out of order or with a failing reason code: a measurement with any is void. */
  faults = 0;

  readonly #socket: Duplex;
  readonly #acks = Buffer.allocUnsafe(ACKS_BYTES);
  readonly #onControl: (type: number, body: Buffer) => void;
  /** Bytes of the current packet's body that are still to come and need no look. */
  #skip = 0;
  /** A packet's head that a chunk's end has cut. */
  #carry: Buffer | null = null;
  #frames: PreparedFrames | null = null;
  #cycle = 1;
  #withholds = false;
  #limit: () => number = () => 0;

  /** `onControl` gets every packet that is neither PUBLISH nor one of its acknowledgements. */
  constructor(socket: Duplex, onControl: (type: number, body: Buffer) => void) {
    this.#socket = socket;
    this.#onControl = onControl;
    socket.on('data', (chunk: Buffer) => {
      this.#read(chunk);
      this.send();
    });
    // Not at once: writes that complete synchronously would otherwise keep this end from ever reading.
    socket.on('drain', () => setImmediate(() => this.send()));
  }

  /** From now on, sends these frames in a cycle; `limit` says how many may have been sent by now. */
  startSending(frames: PreparedFrames, limit: () => number): void {
    this.#frames = frames;
    this.#cycle = frames.cycle;
    this.#limit = limit;
    if (frames.opening.length > 0) this.#socket.write(frames.opening);
    this.send();
  }

  /** From now on, acknowledges nothing. */
  withhold(): void {
    this.#withholds = true;
  }

  /** Sends no more frames. */
  stopSending(): void {
    this.#frames = null;
  }

  /** Writes what the limit and the socket allow. */
  send(): void {
    const frames = this.#frames;
    if (frames === null) return;
    const { cycle, frameBytes } = frames;
    const atOnce = Math.max(
      1,
      Math.min(FRAMES_PER_WRITE, Math.floor(BYTES_PER_WRITE / frameBytes)),
    );
    while (!this.#socket.writableNeedDrain && !this.#socket.destroyed) {
      const first = this.sent % cycle;
      const count = Math.min(this.#limit() - this.sent, cycle - first, atOnce);
      if (count <= 0) return;
      const start = first * frameBytes;
      this.#socket.write(frames.bytes.subarray(start, start + count * frameBytes));
      this.sent += count;
    }
  }

  #read(chunk: Buffer): void {
    const bytes = this.#carry === null ? chunk : Buffer.concat([this.#carry, chunk]);
    const end = bytes.length;
    const acks = this.#acks;
    let acksEnd = 0;
    let position = this.#skip;
    this.#carry = null;

    while (position < end) {
      const first = bytes[position]!;
      const type = first >> 4;
      let body = position + 1;
      let remaining = 0;
      for (let shift = 0; ; shift += 7) {
        // A read beyond the end is undefined and ends the loop; `body` then exceeds `end`.
        const byte = bytes[body] ?? 0;
        body += 1;
        remaining += (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      if (body > end) break;

      if (type === PacketType.PUBLISH) {
        if ((first & 0x06) !== 0) {
          if (body + 2 > end) break;
          const packetId = body + 2 + ((bytes[body]! << 8) | bytes[body + 1]!);
          if (packetId + 2 > end) break;
          acks[acksEnd] = (first & 0x06) === 2 ? PacketType.PUBACK << 4 : PacketType.PUBREC << 4;
          acks[acksEnd + 1] = 2;
          acks[acksEnd + 2] = bytes[packetId]!;
          acks[acksEnd + 3] = bytes[packetId + 1]!;
          acksEnd += 4;
        }
        this.received += 1;
        position = body + remaining;
        continue;
      }

      if (body + remaining > end) break;
      if (type === PacketType.PUBACK || type === PacketType.PUBCOMP) {
        this.#settle(bytes, body, remaining);
      } else if (type === PacketType.PUBREC || type === PacketType.PUBREL) {
        acks[acksEnd] = ((type + 1) << 4) | (type === PacketType.PUBREC ? 2 : 0);
        acks[acksEnd + 1] = 2;
        acks[acksEnd + 2] = bytes[body]!;
        acks[acksEnd + 3] = bytes[body + 1]!;
        acksEnd += 4;
      } else {
        this.#onControl(type, bytes.subarray(body, body + remaining));
      }
      position = body + remaining;
    }

    this.#skip = Math.max(0, position - end);
    if (position < end) this.#carry = bytes.subarray(position);
    if (acksEnd > 0 && !this.#withholds) this.#socket.write(Buffer.from(acks.subarray(0, acksEnd)));
  }

  /** Acknowledgements keep the order of the messages, so the next packet id to come is known. */
  #settle(bytes: Buffer, body: number, remaining: number): void {
    const packetId = (bytes[body]! << 8) | bytes[body + 1]!;
    const inOrder = packetId === (this.acknowledged % this.#cycle) + 1;
    if (!inOrder || (remaining > 2 && bytes[body + 2]! >= 0x80)) this.faults += 1;
    this.acknowledged += 1;
  }
}
