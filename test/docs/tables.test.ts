import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DIAGNOSTIC_EVENTS } from '../../src/diagnostics/events.js';
import { ERRORS } from '../../src/errors/codes.js';
import { TOLERATIONS } from '../../src/errors/tolerations.js';
import { COUNTERS } from '../../src/metrics/counters.js';
import { INSTRUMENTS } from '../../src/metrics/instruments.js';
import { toOpenTelemetryName } from '../../src/metrics/open-telemetry.js';
import { toPrometheusName } from '../../src/metrics/prometheus.js';
import { OPTIONS } from '../../src/options/schema.js';

const DOCS = new URL('../../docs/', import.meta.url);

/** Tables of the guides that are made from the sources: `UPDATE=1 npx vitest run test/docs` writes them there. */
const TABLES: Readonly<Record<string, () => string>> = {
  options: () =>
    table(
      ['option', 'value', 'default', 'meaning'],
      Object.entries(OPTIONS).map(([name, row]) => [
        `\`${name}\``,
        `\`${row.type.replaceAll('|', '\\|')}\``,
        row.default === undefined || typeof row.default === 'object'
          ? ''
          : `\`${quote(row.default)}\``,
        [
          row.doc,
          ...('version5' in row ? ['MQTT 5 only.'] : []),
          ...('spec' in row ? [`(§${row.spec})`] : []),
        ].join(' '),
      ]),
    ),
  errors: () =>
    table(
      ['code', 'origin', 'meaning'],
      Object.entries(ERRORS).map(([code, { origin, message }]) => [`\`${code}\``, origin, message]),
    ),
  tolerations: () =>
    table(
      ['the broker', 'forgiving', 'strict', 'rule'],
      Object.values(TOLERATIONS).map(({ text, forgiving, reasonCode, statement, ...row }) => [
        text,
        'strictOnly' in row ? `${forgiving}, and does not look` : forgiving,
        `closes with 0x${reasonCode.toString(16)}`,
        /^\d/.test(statement) ? `§${statement}` : statement,
      ]),
    ),
  stats: () =>
    table(
      ['statistic', 'is a', 'meaning'],
      Object.entries(COUNTERS).map(([name, { kind, doc }]) => [`\`${name}\``, kind, doc]),
    ),
  instruments: () =>
    table(
      ['Prometheus', 'OpenTelemetry', 'statistic'],
      INSTRUMENTS.map((row) => [
        `\`${toPrometheusName(row)}\``,
        `\`${toOpenTelemetryName(row)}\``,
        row.series.length === 1
          ? `\`${row.series[0]!.counter}\``
          : row.series.map(({ counter, kind }) => `\`${counter}\` as \`${kind}\``).join(', '),
      ]),
    ),
  events: () =>
    table(
      ['channel', 'log', 'what happened, and what the message has besides `client` and `name`'],
      Object.entries(DIAGNOSTIC_EVENTS).map(([event, { log, doc }]) => [
        `\`gneiss-mqtt:${event}\``,
        log === null ? '' : `${log.level}: ${log.text}`,
        doc,
      ]),
    ),
};

const guides = readdirSync(DOCS).filter((name) => name.endsWith('.md'));

test.each(Object.entries(TABLES))('the table of %s → is that of the sources', (name, make) => {
  const region = new RegExp(`(?<=<!-- ${name}:start -->\n).*?(?=<!-- ${name}:end -->)`, 's');
  const guide = new URL(guides.find((file) => region.test(read(file))) ?? `no guide has it`, DOCS);
  const text = readFileSync(guide, 'utf8');
  const expected = make();
  const { UPDATE } = process.env;
  if (UPDATE === '1')
    writeFileSync(
      guide,
      text.replace(region, () => expected),
    );
  else expect(region.exec(text)?.[0]).toBe(expected);
});

test('what the documents link to → is there', () => {
  const broken = ['../README.md', '../CONTRIBUTING.md', ...guides].flatMap((file) =>
    [...read(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)/g)]
      .filter(([, target]) => !existsSync(new URL(target!, new URL(file, DOCS))))
      .map(([link]) => `${file}: ${link}`),
  );
  expect(broken).toEqual([]);
});

function read(file: string): string {
  return readFileSync(new URL(file, DOCS), 'utf8');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function quote(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
