import type { Configuration } from './history.js';
import { Judge, judgeFarewell, judgeOutput } from './judge.js';
import { Machine } from './machine.js';

const ACCEPTED = {
  4: Uint8Array.of(0x20, 2, 0, 0),
  5: Uint8Array.of(0x20, 3, 0, 0, 0),
} as const;

/** One machine of each kind, kept from one input to the next. */
const BENCHES = (
  [
    { version: 5, resumes: false, compliance: 'forgiving' },
    { version: 4, resumes: false, compliance: 'forgiving' },
    { version: 5, resumes: false, compliance: 'strict' },
    { version: 4, resumes: false, compliance: 'strict' },
  ] as const satisfies readonly Configuration[]
).map(({ version, resumes, compliance }) => ({
  version,
  machine: new Machine(version, resumes, compliance),
  judge: new Judge(version, !resumes, compliance),
}));

/**
 * One input for a fuzzer that looks for new branches: the first byte says which machine, whether it has sent something, whether a CONNACK
 * goes before, and in which pieces it arrives; the rest is what the Server sends. Throws when machine and strict
 * decoder disagree.
 */
export function fuzz(input: Uint8Array): void {
  if (input.length < 2) return;
  const choice = input[0]!;
  const { version, machine, judge } = BENCHES[choice & 3]!;
  const isConnected = (choice & 4) !== 0;
  const piece = (choice & 8) !== 0 ? 1 + (choice >>> 4) : input.length;
  const stream = isConnected ? join(ACCEPTED[version], input.subarray(1)) : input.slice(1);
  machine.open();
  judge.begin();
  judgeOutput(machine.service(), version);
  for (let start = 0; start < stream.length; start += piece) {
    for (const output of machine.receive(stream.subarray(start, start + piece))) {
      judgeOutput(output, version);
    }
  }
  judge.judge(stream, machine);
  const last = judgeOutput(machine.service(), version).at(-1) ?? null;
  if (machine.failure !== null) judgeFarewell(last, machine.failure, version);
  machine.close();
}

function join(one: Uint8Array, other: Uint8Array): Uint8Array {
  const whole = new Uint8Array(one.length + other.length);
  whole.set(one);
  whole.set(other, one.length);
  return whole;
}
