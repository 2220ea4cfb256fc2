import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { type FlagTable, longName } from '../../src/cli/flag.js';
import { createParser } from '../../src/cli/program.js';
import { startBroker, type TestBroker } from '../../src/testing/broker.js';
import { selfSign } from '../support/certificates.js';
import { Front } from '../support/front.js';

// Commands run as a user runs them: in a shell, with the built package, which `npm test` builds first.
const ROOT = new URL('../../', import.meta.url);
const DOCUMENTS = ['README.md', 'docs/command-line.md'] as const;

/** What somebody else does while a documented command waits for it. */
const MEANWHILE: readonly (readonly [waits: string, does: string])[] = [
  [
    "gneiss sub -t 'plant/+/temp' -F",
    `gneiss pub -t plant/0/temp -m '{"index":0,"client":"gauge","user":"meter"}'`,
  ],
];

/** What was done before. */
const BEFORE: readonly (readonly [needs: string, does: string])[] = [
  [
    'gneiss bench merge',
    'gneiss bench pub --embedded -L 10 --hdr one.hlog; cp one.hlog other.hlog',
  ],
];

/** A line of the shell, and what it prints. */
interface Step {
  readonly line: string;
  readonly output: string;
}

interface Session {
  readonly where: string;
  readonly steps: readonly Step[];
}

const sessions = DOCUMENTS.flatMap(sessionsOf);
const inline = DOCUMENTS.flatMap((path) =>
  Array.from(read(path).matchAll(/`((?:npx |source <\()?gneiss [^`]+)`/g), ({ 1: line }) => line!),
);

let broker: TestBroker;
let secure: Front;
let folder: string;

beforeAll(async () => {
  broker = await startBroker();
  const tls = await selfSign('broker.example.org', 'Example');
  secure = await Front.before(portOf(broker.url), 'mqtts', { tls });
  folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
  const main = fileURLToPath(new URL('dist/cli/main.js', ROOT));
  writeScript('gneiss', `exec '${process.execPath}' '${main}' "$@"`);
  writeScript('npx', 'exec "$@"');
  writeFileSync(join(folder, 'photo.jpg'), 'a photo');
});

afterAll(async () => {
  await secure[Symbol.asyncDispose]();
  await broker.close();
  rmSync(folder, { recursive: true });
});

describe('what the documents show', () => {
  test.each(sessions)('$where → is what is printed', async ({ steps }) => {
    const running: Promise<string>[] = [];
    const endless: ChildProcess[] = [];
    for (const { line } of steps) {
      const waits = /gneiss (?:sub|rr --respond) /.test(line);
      const subscribed = waits ? broker.waitFor('subscribe') : null;
      const { child, output } = start(line);
      running.push(output);
      if (line.includes('--respond')) endless.push(child);
      await (subscribed ?? output);
      for (const [begin, does] of MEANWHILE) if (line.startsWith(begin)) await start(does).output;
    }
    for (const child of endless) child.kill();
    const printed = (await Promise.all(running)).join('\n');
    expect(shapeOf(printed)).toEqual(shapeOf(steps.map(({ output }) => output).join('\n')));
  });

  test.each(inline.filter(isWhole))('%s → runs', async (line) => {
    const words = line.replace(/ > \S+$/, '').replace('…', '--embedded -L 10');
    for (const [begin, does] of BEFORE) if (line.startsWith(begin)) await start(does).output;
    const subscribed = words.includes('gneiss sub ') ? broker.waitFor('subscribe') : null;
    const { child, output } = start(`${words}${subscribed === null ? ' && echo fine' : ''}`);
    if (subscribed === null) {
      expect(await output).toMatch(/fine\n$/);
      return;
    }
    await subscribed;
    child.kill();
    await output;
  });
});

describe('what is written', () => {
  const examples = COMMANDS.flatMap((one) =>
    ('commands' in one ? one.commands : [one]).flatMap((command) =>
      command.examples.map(([line]) => line),
    ),
  );
  const fromDocuments = [...sessions.flatMap(({ steps }) => steps.map(({ line }) => line))];

  test.each([...examples, ...fromDocuments, ...inline.filter(isWhole)])(
    '%s → is understood',
    (line) => {
      for (const [, words] of line.matchAll(/\bgneiss ((?:'[^']*'|"[^"]*"|[^'"|;>)&])+)/g)) {
        const args = Array.from(
          words!.replaceAll('…', '').matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g),
          ([, single, double, bare]) => single ?? double ?? bare!,
        );
        if (args.includes('--help') || args[0] === 'completion') continue;
        let isFound = false;
        createParser('0', COMMANDS, () => {
          isFound = true;
        }).parse(args, { from: 'user' });
        expect(isFound).toBe(true);
      }
    },
  );

  test('every flag that is named → exists', () => {
    const tables = COMMANDS.flatMap((one) => ('commands' in one ? one.commands : [one])).flatMap(
      ({ groups }) => groups.map(({ flags }): FlagTable => flags),
    );
    const known = new Set(
      tables.flatMap((table) => Object.entries(table).map(([name, flag]) => longName(name, flag))),
    );
    const named = Array.from(
      read('docs/command-line.md').matchAll(/(?<![\w-])--[a-z][a-z-]+/g),
      ([name]) => name,
    );
    // The first is of npm.
    const others = ['--global', '--help'];
    expect(named.filter((name) => !known.has(name) && !others.includes(name))).toEqual([]);
  });
});

/** Starts a line as in the documents, with the addresses and times of the test. */
function start(line: string): { readonly child: ChildProcess; readonly output: Promise<string> } {
  const port = portOf(broker.url);
  const here = line
    .replace(/ &$/, '')
    .replace(/mqtts:\/\/localhost:8883/, `mqtts://localhost:${secure.port}`)
    .replace(/mqtts:\/\/broker:8883/, `mqtts://127.0.0.1:${secure.port} --insecure`)
    .replace(/gneiss (pub|sub|rr|doctor)(?= |$)(?!.*:\/\/)/, `gneiss $1 -h 127.0.0.1 -p ${port}`)
    .replace(/(doctor) -h 127\.0\.0\.1/, '$1 -h localhost')
    // A measurement need not be a good one, and must end as the documents tell.
    .replace(/ -d 5\b/, ' -d 400ms --warmup 100ms')
    .replace('p99>5ms', 'p99>1ns')
    .replace(/(--embedded -q 1)$/, '$1 -d 400ms');
  const isAlone = !/[;|]|&&|^source/.test(here);
  const child = spawn('bash', ['-c', `exec 2>&1; ${isAlone ? 'exec ' : ''}${here}`], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', PATH: `${folder}${delimiter}${process.env['PATH']}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout } = child;
  return {
    child,
    output: Promise.all([text(stdout), once(child, 'close')]).then(([printed]) => printed),
  };
}

/** What does not depend on the machine and the moment, line by line. Lines that are alike from then on stand there once. */
function shapeOf(output: string): readonly string[] {
  const lines = output.split('\n').map((line) =>
    line
      .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
      .replace(/[A-Z][a-z]{2} +\d+ [\d:]+ \d{4} GMT/g, '<date>')
      .replace(/(client id|fingerprint) +\S+/, '$1 <id>')
      .replace(/(localhost is) .*?(?= {2})/, '$1 <addresses>')
      .replace(/(?:::1|127\.0\.0\.1)(?= port)/, '<address>')
      .replace(/\d[\d,]*(?:\.\d+)?/g, '#')
      .replace(/# ?(?:(?:ns|µs|ms|s)\b|%)|–(?= |$)/g, '#')
      .replace(/# [kM]B\/s/, '# B/s')
      .replace(/ +/g, ' ')
      .trim(),
  );
  return lines.filter((line, at) => line !== '' && line !== lines[at - 1]);
}

/** The shell sessions of a document. */
function sessionsOf(path: string): Session[] {
  const document = read(path);
  return Array.from(document.matchAll(/^```console\n(.*?)^```$/gms), ({ 1: block, index }) => ({
    where: `${path}:${document.slice(0, index).split('\n').length}`,
    steps: block!
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [line = '', ...output] = step.split('\n');
        return { line, output: output.join('\n') };
      }),
  }));
}

/** Whether it is a command line, and not the name of a command. */
function isWhole(line: string): boolean {
  return / (?:-|<|completion|\w+:\/\/|\S+\.hlog)/.test(line) && !/ --rate$/.test(line);
}

function writeScript(name: string, line: string): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${line}\n`);
  chmodSync(path, 0o755);
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}
