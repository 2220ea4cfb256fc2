import type { PacketTap } from '../options/packet-tap.js';
import { tcpSegment } from './tcp-segment.js';

/** https://datatracker.ietf.org/doc/html/draft-ietf-opsawg-pcap: microseconds, in the byte order of the writer. */
const MAGIC = 0xa1b2_c3d4;
const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
/** Packets begin with their IP header. */
const LINKTYPE_RAW = 101;
const SNAP_LENGTH = 0x4_0000;
/** A packet that is longer takes several segments. */
const SEGMENT_DATA_MAX = 0x8000;
/** Bytes that may wait for the stream: beyond them packets are left out. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;

/** Of a `Writable` of Node, what is used of it. */
export interface PcapStream {
  /** False once it has ended: nothing more is written then. */
  readonly writable: boolean;
  /** Bytes that it has taken and not yet got rid of. With more than 16 MiB packets are left out. */
  readonly writableLength: number;
  /** Writes. What it returns is of no interest. @param chunk  Its own from then on. */
  write(chunk: Uint8Array): boolean;
}

/**
 * Writes the packets of one client as a pcap file, which Wireshark opens: each connection is a TCP conversation of addresses that are made up,
 * with port 1883, whatever it was sent over. Secrets are redacted before.
 */
export class PcapWriter {
  readonly #stream: PcapStream;
  #dropped = 0;
  #connection = 0;
  /** Bytes of this connection, from 1 on. */
  #positions = { sent: 1, received: 1 };

  /**
   * Writes the header of the file.
   *
   * @param stream  Yours to end, once the client is closed.
   */
  constructor(stream: PcapStream) {
    this.#stream = stream;
    stream.write(fileHeader());
  }

  /** Packets that are not in the file: the stream is ended, or does not keep up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** For the option `packetTap` of one client. */
  readonly tap: PacketTap = ({ direction, connection, at, bytes }) => {
    const stream = this.#stream;
    if (!stream.writable || stream.writableLength + bytes.length > WAITING_BYTES_MAX) {
      this.#dropped++;
      return;
    }
    if (connection !== this.#connection) {
      this.#connection = connection;
      this.#positions = { sent: 1, received: 1 };
    }
    for (let start = 0; start < bytes.length; start += SEGMENT_DATA_MAX) {
      const data = bytes.subarray(start, start + SEGMENT_DATA_MAX);
      stream.write(frame(at, tcpSegment(direction, connection, this.#positions, data)));
      this.#positions[direction] += data.length;
    }
  };
}

function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
  view.setUint32(0, MAGIC);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, SNAP_LENGTH);
  view.setUint32(20, LINKTYPE_RAW);
  return new Uint8Array(view.buffer);
}

function frame(at: number, segment: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(PACKET_HEADER_BYTES + segment.length);
  const view = new DataView(bytes.buffer);
  const microseconds = Math.round(at * 1000);
  view.setUint32(0, Math.floor(microseconds / 1_000_000));
  view.setUint32(4, microseconds % 1_000_000);
  view.setUint32(8, segment.length);
  view.setUint32(12, segment.length);
  bytes.set(segment, PACKET_HEADER_BYTES);
  return bytes;
}
