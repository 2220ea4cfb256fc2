import { expect, test } from 'vitest';
import { AckFields, decodeAck } from '../../src/codec/acks.js';
import { decodePacket } from '../../src/codec/decode.js';
import { isLegalHeader } from '../../src/codec/framer.js';
import type { ProtocolVersion, Sender } from '../../src/codec/packet-types.js';
import { decodePublish, PublishFields } from '../../src/codec/publish.js';
import { Prng } from '../support/prng.js';
import { samplesOf } from './samples.js';
import { decode, encode, nameOf, reduceTo311, VERSIONS } from './support.js';

const SENDERS: readonly Sender[] = ['client', 'server'];
const { SEED: seed = '20261122' } = process.env;
const SEED = Number(seed);

/** Decodes as everyone and checks that exactly one thing came out. */
function decodeEverywhere(source: Uint8Array): void {
  for (const version of VERSIONS) {
    for (const sender of SENDERS) judge(source, version, sender);
  }
}

function judge(source: Uint8Array, version: ProtocolVersion, sender: Sender): void {
  const result = decode(source, version, sender);
  if (result === null) return;
  if (result.violation !== null) nameOf(result.violation);
  else if (result.packet.type !== source[0]! >>> 4) throw new Error('not the type of the packet');
}

test('every input of one and of two bytes → packet, incomplete or violation', () => {
  for (let first = 0; first < 256; first += 1) {
    decodeEverywhere(Uint8Array.of(first));
    for (let second = 0; second < 256; second += 1) {
      decodeEverywhere(Uint8Array.of(first, second));
    }
  }
});

test('bodies of one and of two bytes of every type → packet or violation', () => {
  for (let header = 0; header < 256; header += 1) {
    if (!isLegalHeader(header, 5)) continue;
    for (let body = 0; body < 256; body += 1) decodeEverywhere(Uint8Array.of(header, 1, body));
    for (let body = 0; body < 0x1_0000; body += body < 0x400 ? 1 : 97) {
      decodeEverywhere(Uint8Array.of(header, 2, body >>> 8, body & 0xff));
    }
  }
});

test(`random bytes (SEED=${SEED}) → packet, incomplete or violation`, () => {
  const prng = new Prng(SEED);
  for (let round = 0; round < 20_000; round += 1) {
    const length = 1 + prng.below(40);
    const source = prng.bytes(length);
    if (prng.chance(0.8)) source[1] = Math.max(0, length - 2);
    decodeEverywhere(source);
  }
});

test(`mutated packets (SEED=${SEED}) → packet, incomplete or violation`, () => {
  const prng = new Prng(SEED);
  for (const version of VERSIONS) {
    for (const { packet, sender } of samplesOf(version)) {
      const wire = encode(version === 5 ? packet : reduceTo311(packet), version);
      for (let round = 0; round < 150; round += 1) judge(mutate(wire, prng), version, sender);
    }
  }
});

test(`mutated packets that still decode (SEED=${SEED}) → encode to what decodes to the same`, () => {
  const prng = new Prng(SEED + 1);
  let survivors = 0;
  for (const { packet, sender } of samplesOf(5)) {
    const wire = encode(packet, 5);
    for (let round = 0; round < 150; round += 1) {
      const result = decode(mutate(wire, prng), 5, sender);
      if (result === null || result.violation !== null) continue;
      survivors += 1;
      const again = decode(encode(result.packet, 5), 5, sender);
      expect(again).toStrictEqual(result);
    }
  }
  expect(survivors).toBeGreaterThan(300);
});

test('a body that is not what its header says → total as well without the framer', () => {
  const prng = new Prng(SEED);
  const publish = new PublishFields();
  const ack = new AckFields();
  for (let round = 0; round < 20_000; round += 1) {
    const body = prng.bytes(prng.below(24));
    const header = prng.below(256);
    for (const version of VERSIONS) {
      decodePublish(body, header, 0, body.length, version, publish);
      decodeAck(body, header, 0, body.length, version, ack);
      decodePacket(body, header, 0, body.length, version, 'server');
    }
    expect(publish.payloadLength).toBeLessThanOrEqual(24);
  }
});

/** Flips, overwrites, inserts, removes or cuts; sometimes the Remaining Length is made to fit again. */
function mutate(wire: Uint8Array, prng: Prng): Uint8Array {
  const copy = [...wire];
  for (let count = 1 + prng.below(3); count > 0; count -= 1) {
    const index = prng.below(copy.length);
    switch (prng.below(5)) {
      case 0:
        copy[index] = copy[index]! ^ (1 << prng.below(8));
        break;
      case 1:
        copy[index] = prng.pick([0, 1, 0x7f, 0x80, 0xff, prng.below(256)]);
        break;
      case 2:
        copy.splice(index, 0, prng.below(256));
        break;
      case 3:
        if (copy.length > 2) copy.splice(index, 1);
        break;
      default:
        if (copy.length > 4) copy.length -= 1;
    }
  }
  if (prng.chance(0.7) && copy.length < 130 && copy.length >= 2) copy[1] = copy.length - 2;
  return Uint8Array.from(copy);
}
