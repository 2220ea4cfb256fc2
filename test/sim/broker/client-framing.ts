import { type ClientPacket, readClientPacket } from './client-packet.js';

/** Bytes of a client, taken apart into packets. The first packet tells the version. */
export class ClientFraming {
  #rest: Uint8Array = new Uint8Array(0);
  #version = 0;

  /** @param start Where the bytes stand on their connection. */
  push(bytes: Uint8Array, start: number): { packet: ClientPacket; end: number }[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const offset = start - this.#rest.length;
    const packets: { packet: ClientPacket; end: number }[] = [];
    let at = 0;
    for (;;) {
      const frame = frameAt(all, at);
      if (frame === null) break;
      const body = all.subarray(frame.body, frame.end);
      // Protocol name and its length, then the version.
      if (this.#version === 0) this.#version = body[6] ?? 0;
      const header = all[at]!;
      packets.push({
        packet: readClientPacket(this.#version, header, body, frame.end - at),
        end: offset + frame.end,
      });
      at = frame.end;
    }
    this.#rest = all.slice(at);
    return packets;
  }
}

function frameAt(bytes: Uint8Array, start: number): { body: number; end: number } | null {
  let length = 0;
  for (let index = 0; index < 4; index++) {
    const byte = bytes[start + 1 + index];
    if (byte === undefined) return null;
    length += (byte & 0x7f) << (7 * index);
    if (byte >= 0x80) continue;
    const body = start + 2 + index;
    return body + length <= bytes.length ? { body, end: body + length } : null;
  }
  throw new Error('a Remaining Length of more than four bytes');
}
