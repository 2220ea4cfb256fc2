import { readdirSync, readFileSync } from 'node:fs';
import * as gneissMqtt from 'gneiss-mqtt';
import { expect, test } from 'vitest';
import { type Source, typeCheck } from './type-check.js';

const ROOT = new URL('../../', import.meta.url);

/** What samples that are part of no example take for granted besides the exports of the package, and its type. */
const TAKEN_FOR_GRANTED: Readonly<Record<string, string>> = {
  fetchToken: '() => Promise<string>',
  presign: '(url: string) => Promise<string>',
  url: 'string',
};

/** The demo fills in later what it declares as null, which has no type then; the application has packages of its own. */
const UNTYPED = ['examples/telemetry/', 'examples/electron/'];

/** The code of an example, or of a guide. */
interface Code {
  readonly where: string;
  readonly text: string;
}

// They are run by the other tests of this folder.
const examples = filesOf('examples/', '.mjs').map((where): Code => ({ where, text: read(where) }));
const samples = ['README.md', ...filesOf('docs/', '.md')].flatMap(samplesOf);
const loose = samples.filter(({ text }) => !isOfExample(text));

const checked: readonly (Code & { readonly source: Source })[] = [
  ...examples
    .filter(({ where }) => !UNTYPED.some((folder) => where.startsWith(folder)))
    .map((code) => ({ ...code, source: toSource(code.where, code.text) })),
  ...loose.map((code, at) => ({
    ...code,
    source: toSource(`examples/sample-${at}.mts`, toModule(code.text)),
  })),
];
const problems = typeCheck(checked.map(({ source }) => source));

test.each(checked.map(({ where }, at) => [where, problems[at]]))(
  '%s → goes with the types of the package',
  (_, found) => {
    expect(found).toEqual([]);
  },
);

test('a sample that calls what is not there → is found', () => {
  const text = "const client = await connect('mqtt://h');\nclient.pubish('a');\nelsewhere();\n";
  const [found] = typeCheck([toSource('examples/sample.mts', toModule(text))]);
  expect(found?.join()).toMatch(/'pubish' does not exist.*Cannot find name 'elsewhere'/);
});

test.each(readdirSync(new URL('examples/', ROOT)).filter((name) => name !== 'README.md'))(
  'examples/%s → is in the list of examples',
  (name) => {
    expect(read('examples/README.md')).toContain(`](${name})`);
  },
);

test('the first sample of the README → is examples/first-steps.mjs', () => {
  expect(samples[0]?.text).toBe(read('examples/first-steps.mjs'));
});

test.each(samples.filter(({ where }) => where.startsWith('README')))(
  '$where → is part of an example',
  ({ text }) => {
    expect(isOfExample(text)).toBe(true);
  },
);

function filesOf(folder: string, suffix: string): string[] {
  return readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => folder + name);
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

function samplesOf(path: string): Code[] {
  const document = read(path);
  return Array.from(document.matchAll(/^```(?:js|ts)\n(.*?)^```$/gms), ({ 1: text, index }) => ({
    where: `${path}:${document.slice(0, index).split('\n').length}`,
    text: text!,
  }));
}

function isOfExample(sample: string): boolean {
  return examples.some(({ text }) => text.includes(sample));
}

function toSource(path: string, text: string): Source {
  return { url: new URL(path, ROOT), text };
}

/** A module of a sample, with all that it takes for granted. One that exports something takes nothing. */
function toModule(sample: string): string {
  if (/^export /m.test(sample)) return sample;
  const imports = sample.match(/^import .*?;$/gms) ?? [];
  const body = imports.reduce((rest, one) => rest.replace(one, ''), sample);
  const names = Object.keys(gneissMqtt).filter(
    (name) => !imports.some((one) => new RegExp(`\\b${name}\\b`).test(one)),
  );
  const isProperty = /^\w+: .*,\s*$/s.test(body);
  return [
    `import { ${names.join(', ')}, type ClientOptions } from 'gneiss-mqtt';`,
    ...imports,
    ...Object.entries(TAKEN_FOR_GRANTED).map(([name, type]) => `declare const ${name}: ${type};`),
    'async function sample() {',
    isProperty ? `const options: ClientOptions = {\n${body}};` : body,
    '}',
  ].join('\n');
}
