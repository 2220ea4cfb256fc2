import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { CATALOGUE } from './section.js';

const CORE = 152;
const NUMBERS = Array.from({ length: CORE }, (_, index) => index + 1);

function numbersOf(isMeant: (section: number) => boolean): readonly number[] {
  return CATALOGUE.filter(({ section }) => isMeant(Number(section.split('.')[1]))).map(({ id }) =>
    Number(id.split('-')[1]),
  );
}

describe('the catalogue', () => {
  test('152 scenarios of the session → each once, in order', () => {
    expect(numbersOf((section) => section <= 16)).toEqual(NUMBERS);
  });

  test('14 scenarios of its parts → each once, in order', () => {
    expect(numbersOf((section) => section === 17)).toEqual(NUMBERS.slice(0, 14));
  });

  test('sections whose tests are here → each is declared, once', () => {
    const folder = new URL('./', import.meta.url);
    const declared = readdirSync(folder)
      .filter((name) => name.endsWith('.test.ts'))
      .flatMap((name) => [
        ...readFileSync(new URL(name, folder), 'utf8').matchAll(/describeSection\('([\d.]+)'/g),
      ])
      .map(([, section]) => section);
    const here = CATALOGUE.filter(({ elsewhere }) => elsewhere === null);
    expect(declared.toSorted()).toEqual(
      [...new Set(here.map(({ section }) => section))].toSorted(),
    );
  });

  test.each(
    CATALOGUE.flatMap(({ id, elsewhere }) =>
      elsewhere === null ? [] : ([[id, elsewhere]] as const),
    ),
  )('[%s] → its test is where the catalogue says', (_id, { file, title }) => {
    expect(title).not.toBe('');
    expect(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')).toContain(title);
  });
});
