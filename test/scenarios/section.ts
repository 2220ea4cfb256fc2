import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ProtocolVersion } from '../../src/codec/packet-types.js';

/** One row of the catalogue. */
export interface Scenario {
  /** Section and number. */
  readonly id: string;
  readonly section: string;
  readonly versions: readonly ProtocolVersion[];
  readonly name: string;
  /** The test file, relative to `test/`, and a part of a title in it; null: a test of this folder. */
  readonly elsewhere: { readonly file: string; readonly title: string } | null;
  /** Where we decided otherwise: what we do. */
  readonly ours: string;
}

/** Every scenario, in order. */
export const CATALOGUE: readonly Scenario[] = readFileSync(
  new URL('./catalogue.md', import.meta.url),
  'utf8',
)
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map(toScenario);

/** Declares the test of one scenario, once for each version that the catalogue names. */
export type Declare = (
  number: number,
  body: (version: ProtocolVersion) => void | Promise<void>,
) => void;

/** The tests of one section; a scenario that the catalogue expects here and that has none fails. */
export function describeSection(section: string, tests: (scenario: Declare) => void): void {
  const expected = CATALOGUE.filter((row) => row.section === section && row.elsewhere === null);
  const declared: string[] = [];
  describe(`section ${section}`, () => {
    tests((number, body) => {
      const id = `${section}-${number}`;
      declared.push(id);
      const row = expected.find((scenario) => scenario.id === id);
      if (row === undefined) throw new Error(`the catalogue does not expect ${id} here`);
      const ours = row.ours === '' ? '' : ` (ours: ${row.ours})`;
      test.each(row.versions)(`[${id}] ${row.name}${ours}, version %i`, body);
    });
    test('every scenario of the catalogue → has its test', () => {
      expect(declared.toSorted(byNumber)).toEqual(expected.map(({ id }) => id));
    });
  });
}

function byNumber(one: string, other: string): number {
  return Number(one.split('-')[1]) - Number(other.split('-')[1]);
}

function toScenario(line: string): Scenario {
  const cells = line.split('|').map((cell) => cell.trim());
  const [, id, versions, name, provenBy, ours] = cells;
  if (cells.length !== 7) throw new Error(`not five cells: ${line}`);
  const [file, ...title] = provenBy!.split(': ');
  return {
    id: id!,
    section: id!.split('-')[0]!,
    versions: versions!.split(', ').map((version) => (version === '5' ? 5 : 4)),
    name: name!,
    elsewhere: provenBy === 'here' ? null : { file: `${file}.test.ts`, title: title.join(': ') },
    ours: ours!,
  };
}
