import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Longer inputs are left out: what they reach, shorter ones do as well, or nearly so. */
const INPUT_BYTES_MAX = 128;

/** The inputs of a corpus file: one a line, in hexadecimal. */
export function readCorpus(file: string | URL): readonly Uint8Array[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => Buffer.from(line, 'hex'));
}

/** Spreads a corpus out into a folder, one file an input: so the fuzzer wants it. */
export function unpackCorpus(file: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const input of readCorpus(file)) {
    writeFileSync(join(folder, createHash('sha1').update(input).digest('hex')), input);
  }
}

/** Makes a corpus file of a folder. @returns How many inputs it has. */
export function packCorpus(folder: string, file: string): number {
  const inputs = readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)))
    .filter(({ length }) => length <= INPUT_BYTES_MAX)
    .toSorted((one, other) => one.length - other.length || Buffer.compare(one, other));
  writeFileSync(file, inputs.map((input) => `${input.toString('hex')}\n`).join(''));
  return inputs.length;
}
