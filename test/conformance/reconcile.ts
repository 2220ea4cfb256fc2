import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MQTT_311 } from './ledger/mqtt-3.1.1.js';
import { MQTT_5 } from './ledger/mqtt-5.0.js';
import type { Statement } from './ledger/statement.js';
import { mentionsIn, type Title, titlesIn } from './titles.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The ids in them are examples. */
const EXAMPLES = 'test/conformance/titles.';
/** Tests of the embedded broker: they prove nothing of the client. */
const BROKER_TESTS = 'test/testing/';

/** A statement and the tests that name it. */
export interface Entry extends Statement {
  readonly id: string;
  readonly tests: readonly Title[];
}

export interface Mention {
  readonly file: string;
  readonly id: string;
}

/** Where an id is named, in sources and tests. */
export function mentions(): Mention[] {
  const files = [...filesIn('src'), ...filesIn('test')].filter(
    (file) => !file.startsWith(EXAMPLES),
  );
  return files.flatMap((file) => mentionsIn(read(file)).map((id) => ({ file, id })));
}

/** Both ledgers with their tests. */
export function entries(): Entry[] {
  const titles = filesIn('test')
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith(EXAMPLES))
    .flatMap((file) => titlesIn(file, read(file)));
  const ledger = Object.entries({ ...MQTT_5, ...MQTT_311 });
  return ledger.map(([id, statement]) => {
    const tests = titles.filter(({ ids, file }) => {
      const counts = statement.concerns === 'server' || !file.startsWith(BROKER_TESTS);
      return counts && ids.includes(id);
    });
    return { id, ...statement, tests };
  });
}

function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort();
}
