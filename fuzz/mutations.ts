import type { Prng } from '../test/support/prng.js';
import { LIMITS } from './machine.js';
import { type PacketParts, writeBody } from './packet-parts.js';
import { anyProperty } from './properties.js';
import { Scratch } from './scratch.js';

const BODY_BYTES = 64 * 1024;
const EARLIER_BYTES_MAX = 512;
const HEADERS = [
  0x20, 0x30, 0x32, 0x34, 0x3a, 0x40, 0x50, 0x62, 0x70, 0x90, 0xb0, 0xd0, 0xe0, 0xf0,
];
const INTERESTING = [0x00, 0x01, 0x02, 0x7f, 0x80, 0xff, 0x23, 0x2b, 0x2f];
/** Ill-formed, or at the edge of it: overlong, surrogates, beyond the last, cut short, null, and a byte order mark. */
const CHARACTERS = [
  [0xc0, 0x80],
  [0xe0, 0x80, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xed, 0x9f, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf4, 0x8f, 0xbf, 0xbf],
  [0xe2, 0x82],
  [0xff],
  [0x00],
  [0xef, 0xbb, 0xbf],
].map((bytes) => Uint8Array.from(bytes));

/** What is done to a packet before it is put together. */
const PARTS = ['repeatProperty', 'foreignProperty', 'dropProperty', 'propertyLength'] as const;
/** What is done to its body. */
const BYTES = [
  'flipBit',
  'setByte',
  'insert',
  'remove',
  'truncate',
  'splice',
  'character',
] as const;
/** What is done to its fixed header. */
const FRAMES = ['headerType', 'headerFlags', 'remainingLength', 'lengthForm'] as const;

export type Mutation = (typeof PARTS)[number] | (typeof BYTES)[number] | (typeof FRAMES)[number];

/** Puts packets together, mutated as asked for; counts what it has done. */
export class Mutator {
  readonly counts: Map<Mutation, number> = new Map();
  readonly #prng: Prng;
  readonly #body = new Scratch(BODY_BYTES);
  /** An earlier body, to splice with. */
  readonly #earlier = new Scratch(EARLIER_BYTES_MAX);

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  /**
   * Appends the packet to the stream, mutated so many times.
   *
   * @param packetId Of the exchange that the packet answers.
   */
  write(packet: PacketParts, packetId: number, mutations: number, stream: Scratch): void {
    const prng = this.#prng;
    let bodies = 0;
    let frames = 0;
    let lengthError = 0;
    let { properties } = packet;
    for (let left = mutations; left > 0; left -= 1) {
      const choice = prng.below(10);
      if (choice < 2 && properties !== null) {
        const changed = [...properties];
        lengthError += this.#mutateProperties(changed);
        properties = changed;
      } else if (choice < 7) bodies += 1;
      else frames += 1;
    }
    const body = this.#body;
    writeBody(packet, properties, lengthError, body);
    if (packet.answer !== null) {
      body.bytes[0] = packetId >>> 8;
      body.bytes[1] = packetId;
    }
    for (; bodies > 0; bodies -= 1) this.#mutateBody();
    this.#writeFrame(packet.header, frames, stream);
    if (mutations > 0) return;
    this.#earlier.length = 0;
    this.#earlier.append(body.bytes, Math.min(body.length, EARLIER_BYTES_MAX));
  }

  /** @returns What is to be added to the Property Length. */
  #mutateProperties(properties: Uint8Array[]): number {
    const prng = this.#prng;
    const mutation = this.#take(PARTS);
    const at = prng.below(properties.length + 1);
    const property = properties[prng.below(Math.max(1, properties.length))];
    switch (mutation) {
      case 'repeatProperty':
        properties.splice(at, 0, property ?? anyProperty(prng));
        return 0;
      case 'foreignProperty':
        properties.splice(at, 0, anyProperty(prng));
        return 0;
      case 'dropProperty':
        properties.splice(at, 1);
        return 0;
      case 'propertyLength':
        return prng.pick([-2, -1, 1, 2, 100]);
    }
  }

  #mutateBody(): void {
    const prng = this.#prng;
    const body = this.#body;
    const at = prng.below(Math.max(1, body.length));
    switch (this.#take(BYTES)) {
      case 'flipBit':
        body.bytes[at] = body.bytes[at]! ^ (1 << prng.below(8));
        return;
      case 'setByte':
        body.bytes[at] = prng.chance(0.7) ? prng.pick(INTERESTING) : prng.below(256);
        return;
      case 'insert':
        body.insert(Math.min(at, body.length), Uint8Array.of(prng.pick(INTERESTING)));
        return;
      case 'remove':
        body.remove(at, Math.min(1 + prng.below(3), body.length - at));
        return;
      case 'truncate':
        body.length = Math.min(at, body.length);
        return;
      case 'splice':
        this.#splice(Math.min(at, body.length));
        return;
      case 'character':
        body.insert(Math.min(at, body.length), prng.pick(CHARACTERS));
    }
  }

  /** Goes on behind `at` with the end of an earlier packet. */
  #splice(at: number): void {
    const from = this.#prng.below(this.#earlier.length + 1);
    const body = this.#body;
    body.length = at;
    const end = Math.min(this.#earlier.length, from + body.room);
    body.append(this.#earlier.bytes.subarray(from, end));
  }

  #writeFrame(header: number, mutations: number, stream: Scratch): void {
    const prng = this.#prng;
    let first = header;
    let length = this.#body.length;
    let needless = 0;
    for (let left = mutations; left > 0; left -= 1) {
      switch (this.#take(FRAMES)) {
        case 'headerType':
          first = prng.chance(0.9) ? prng.pick(HEADERS) : prng.below(256);
          break;
        case 'headerFlags':
          first ^= 1 << prng.below(4);
          break;
        case 'remainingLength':
          length = this.#wrongLength(length);
          break;
        case 'lengthForm':
          needless = 1 + prng.below(4);
      }
    }
    stream.byte(first);
    stream.variableByteInteger(length, needless);
    stream.append(this.#body.bytes, this.#body.length);
  }

  #wrongLength(length: number): number {
    const prng = this.#prng;
    // The longest packet that the machine takes, and one byte more.
    if (prng.chance(0.1)) return LIMITS.maximumPacketSize - 3 + prng.below(2);
    return Math.max(0, length + prng.pick([-2, -1, 1, 2, 100, 20_000, 268_000_000]));
  }

  #take<T extends Mutation>(mutations: readonly T[]): T {
    const mutation = this.#prng.pick(mutations);
    this.counts.set(mutation, (this.counts.get(mutation) ?? 0) + 1);
    return mutation;
  }
}
