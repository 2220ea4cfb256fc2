import { describe, expect, test } from 'vitest';
import { Judge, judgeFarewell, judgeOutput } from '../../fuzz/judge.js';
import { LIMITS, Machine } from '../../fuzz/machine.js';
import { decodePacket } from '../../src/codec/decode.js';
import { Framer, FrameStatus, isLegalHeader } from '../../src/codec/framer.js';
import { VERSIONS } from '../codec/support.js';
import { decodeOne, type Origin, type Verdict } from '../support/strict/decode.js';

const CONNACK = { 4: Uint8Array.of(0x20, 2, 0, 0), 5: Uint8Array.of(0x20, 3, 0, 0, 0) } as const;
const SENDERS = ['client', 'server'] as const;
/** What the independent decoder has to say when the framer finds no whole packet. */
const KINDS = {
  [FrameStatus.INCOMPLETE]: 'incomplete',
  [FrameStatus.VIOLATION]: 'refused',
} as const;
const TIMEOUT_MS = 120_000;

describe.each(VERSIONS)('MQTT version %i', (version) => {
  test(
    'every input of one, two and three bytes → both decoders accept it, refuse it, or wait for more',
    () => {
      const framer = new Framer(LIMITS.maximumPacketSize, version);
      const { maximumPacketSize } = LIMITS;
      const [client, server] = SENDERS.map((sender) => ({ version, sender, maximumPacketSize }));
      let packets = 0;
      for (const length of [1, 2, 3]) {
        const input = new Uint8Array(length);
        for (let number = 0; number < 256 ** length; number += 1) {
          for (let index = 0; index < length; index += 1) input[index] = number >>> (8 * index);
          const status = framer.scan(input, 0, length);
          const strict = decodeOne(input, 0, server!);
          if (status === FrameStatus.COMPLETE) {
            compareWhole(input, framer, strict, server!);
            compareWhole(input, framer, decodeOne(input, 0, client!), client!);
            packets += 1;
          } else if (strict.kind !== KINDS[status]) {
            throw disagreement(input, strict.kind, KINDS[status]);
          }
        }
      }
      expect(packets).toBeGreaterThan(10_000);
    },
    TIMEOUT_MS,
  );

  test.each(['connecting', 'connected'])(
    'every such input that holds a packet, or can not begin one, to a session that is %s → explained',
    (state) => {
      const machine = new Machine(version, false, 'forgiving');
      const judge = new Judge(version, true, 'forgiving');
      for (const input of decidedInputs(version)) {
        machine.open();
        judge.begin();
        judgeOutput(machine.service(), version);
        const stream = state === 'connected' ? [...CONNACK[version], ...input] : input;
        // Byte by byte: nothing may hang on how it arrives.
        for (const byte of stream) machine.receive(Uint8Array.of(byte));
        judge.judge(Uint8Array.from(stream), machine);
        const last = judgeOutput(machine.service(), version).at(-1) ?? null;
        if (machine.failure !== null) judgeFarewell(last, machine.failure, version);
        machine.close();
      }
      expect(judge.agreements.get('refused')).toBeGreaterThan(200);
      const isConnected = state === 'connected';
      expect(judge.agreements.get('accepted') ?? 0).toBeGreaterThan(isConnected ? 10_000 : -1);
    },
    TIMEOUT_MS,
  );
});

/** Whether the packet that was found is one, and the same to both. */
function compareWhole(input: Uint8Array, framer: Framer, strict: Verdict, origin: Origin): void {
  const { header, bodyStart, end } = framer;
  const { packet } = decodePacket(input, header, bodyStart, end, origin.version, origin.sender);
  // Table 2-6 has reason code 0x8C for DISCONNECT, Table 3-13 has not: we take it.
  const isBetween =
    origin.sender === 'server' && header === 0xe0 && end > bodyStart && input[bodyStart] === 0x8c;
  const expected = packet === null || isBetween ? 'refused' : 'packet';
  if (strict.kind !== expected) throw disagreement(input, strict.kind, expected);
}

/**
 * Those that are more than the beginning of a packet: the others leave a session as it is. Behind a byte that begins no
 * packet nothing is looked at, and a Remaining Length above one leaves all packets incomplete, unless it takes two bytes.
 */
function* decidedInputs(version: 4 | 5): Generator<readonly number[]> {
  for (let header = 0; header < 256; header += 1) {
    if (!isLegalHeader(header, version)) {
      yield [header];
      continue;
    }
    yield [header, 0];
    yield [header, 0x80, 0];
    for (let last = 0; last < 256; last += 1) {
      yield [header, 0, last];
      yield [header, 1, last];
    }
  }
}

function disagreement(input: Uint8Array, strict: string, ours: string): Error {
  return new Error(`${Buffer.from(input).toString('hex')}: ${strict}, and ours: ${ours}`);
}
