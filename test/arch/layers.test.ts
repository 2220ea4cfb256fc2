import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { ERRORS } from '../../src/errors/codes.js';
import { TOLERATIONS } from '../../src/errors/tolerations.js';
import { VIOLATIONS } from '../../src/errors/violations.js';
import { COUNTERS, TOLERATION_COUNTERS } from '../../src/metrics/counters.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Import {
  /** Path of the imported file below the project, or the name of a package. */
  readonly target: string;
  readonly isType: boolean;
}

interface SourceFile {
  readonly path: string;
  /** The folder below src; 'index' for the entry point, 'workers' for worker entry points. */
  readonly room: string;
  readonly text: string;
  /** The text with comments blanked out and the insides of strings kept. */
  readonly code: string;
  readonly imports: readonly Import[];
}

const SOURCES = [...filesIn('src'), ...filesIn('workers')].map(toSourceFile);
const TESTS = filesIn('test')
  .filter((path) => !path.startsWith('test/arch/'))
  .map((path) => readFileSync(join(ROOT, path), 'utf8'))
  .join('\n');

type Reach = 'all' | 'types';

/** From which room what may be imported: all of it, or types only. A room may always import itself. */
const DIRECTIONS: Readonly<Record<string, Readonly<Record<string, Reach>>>> = {
  index: {
    authentication: 'all',
    client: 'all',
    diagnostics: 'all',
    errors: 'all',
    codec: 'types',
    metrics: 'types',
    options: 'types',
    transport: 'types',
    validation: 'types',
  },
  client: {
    options: 'all',
    validation: 'all',
    channel: 'all',
    codec: 'all',
    diagnostics: 'all',
    errors: 'all',
    metrics: 'all',
    util: 'all',
  },
  diagnostics: { errors: 'all', options: 'types', validation: 'types' },
  authentication: { options: 'types', validation: 'all', errors: 'all' },
  workers: { host: 'all', channel: 'types' },
  host: {
    channel: 'all',
    protocol: 'all',
    transport: 'all',
    codec: 'all',
    metrics: 'all',
    options: 'types',
    validation: 'all',
    errors: 'all',
    util: 'all',
  },
  protocol: { codec: 'all', validation: 'all', errors: 'all', util: 'all' },
  codec: { errors: 'all', util: 'all' },
  validation: { codec: 'all', errors: 'all', util: 'all' },
  channel: {
    util: 'all',
    metrics: 'all',
    errors: 'all',
    codec: 'types',
    validation: 'types',
    options: 'types',
  },
  transport: {},
  options: { validation: 'all', codec: 'all', errors: 'all', transport: 'types', util: 'all' },
  metrics: { errors: 'all', util: 'all' },
  errors: {},
  util: {},
  bundling: {},
  cli: { doctor: 'all', index: 'all', testing: 'all', errors: 'all', util: 'all' },
  doctor: {
    cli: 'all',
    index: 'all',
    options: 'all',
    transport: 'all',
  },
  testing: { authentication: 'all', codec: 'all', validation: 'all', errors: 'all', util: 'all' },
};

/** Modules of the platform and packages, and the only places that import them. Others are not imported at all. */
const EXTERNALS: Readonly<Record<string, readonly string[]>> = {
  piscina: ['src/client/worker-pool.ts'],
  '@mongodb-js/saslprep': ['src/authentication/saslprep.ts'],
  ws: ['src/transport/websocket.ts'],
  socks: ['src/transport/socks-proxy.ts'],
  'node:crypto': [
    'src/authentication/',
    'src/cli/',
    'src/client/requests.ts',
    'src/testing/scram.ts',
    'src/transport/tls-identity.ts',
  ],
  'node:fs/promises': ['src/transport/tls-identity.ts'],
  'node:diagnostics_channel': ['src/diagnostics/channels.ts'],
  'node:dns': ['src/transport/socks-proxy.ts'],
  'node:http': ['src/transport/http-proxy.ts', 'src/cli/doctor/road.ts'],
  'node:dns/promises': ['src/cli/doctor/road.ts'],
  'node:tls': ['src/transport/', 'src/cli/doctor/certificate.ts'],
  'node:net': ['src/transport/', 'src/cli/doctor/', 'src/testing/'],
  'node:worker_threads': [
    'src/channel/host-task.ts',
    'src/client/host-threads.ts',
    'src/host/hosts.ts',
  ],
  'node:events': [
    'src/cli/',
    'src/client/mqtt-client.ts',
    'src/transport/tunnel.ts',
    'src/testing/',
  ],
  'node:os': ['src/cli/', 'src/client/worker-pool.ts'],
  'node:util': ['src/diagnostics/logger.ts', 'src/client/message-events.ts'],
  'node:url': [
    'src/bundling/',
    'src/cli/',
    'src/client/open-host.ts',
    'src/client/worker-pool.ts',
    'src/options/tls.ts',
    'src/testing/',
  ],
  commander: ['src/cli/program.ts', 'src/cli/run.ts'],
  picocolors: ['src/cli/'],
  'node:path': ['src/bundling/', 'src/cli/', 'src/client/open-host.ts', 'src/options/kinds.ts'],
  'node:stream/consumers': ['src/cli/'],
  'cli-progress': ['src/cli/bench/progress.ts'],
  'cli-table3': ['src/cli/'],
  'hdr-histogram-js': ['src/cli/bench/'],
  'node:perf_hooks': ['src/cli/bench/cost.ts'],
  'node:fs': ['src/cli/'],
  'node:readline': ['src/cli/'],
  'node:timers/promises': ['src/cli/'],
  'node:child_process': ['src/cli/', 'src/testing/'],
  'node:module': ['src/bundling/', 'src/cli/', 'src/testing/'],
};

const PURE_ROOMS = ['codec', 'protocol', 'validation'];
const IMPURE =
  /\b(Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask|Promise|async|await|Math\.random|process|EventEmitter|Buffer\.concat)\b/g;
const LINES_MAX = 400;
/** Files that were let grow beyond the limit, and why a split would not help the reader. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'src/client/mqtt-client.ts': 'the public surface: half of it is its documentation',
};

describe('imports', () => {
  test.each(SOURCES)('$path → only what its room may reach', ({ path, room, imports }) => {
    const allowed = DIRECTIONS[room];
    expect(allowed, `the room ${room} has a row`).toBeDefined();
    const forbidden = imports.filter(({ target, isType }) => {
      if (!target.startsWith('src/') && !target.startsWith('workers/')) return false;
      const to = roomOf(target);
      if (to === room) return false;
      const reach = allowed?.[to];
      return reach === undefined || (reach === 'types' && !isType);
    });
    expect(forbidden, path).toEqual([]);
  });

  test('the import graph, types included → no cycle', () => {
    const graph = new Map(SOURCES.map(({ path, imports }) => [path, imports]));
    const done = new Set<string>();
    const walk = (path: string, trail: readonly string[]): string[] | null => {
      if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
      if (done.has(path)) return null;
      for (const { target } of graph.get(path) ?? []) {
        const cycle = walk(target, [...trail, path]);
        if (cycle !== null) return cycle;
      }
      done.add(path);
      return null;
    };
    const cycles = SOURCES.map(({ path }) => walk(path, [])?.join(' → ')).filter(
      (cycle) => cycle !== undefined,
    );
    expect(cycles.slice(0, 1)).toEqual([]);
  });

  test('every imported file exists', () => {
    const paths = new Set(SOURCES.map(({ path }) => path));
    const missing = SOURCES.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => /^(src|workers)\//.test(target) && !paths.has(target))
        .map(({ target }) => `${path} → ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('packages and modules of the platform → only where they are needed', () => {
    const misplaced = SOURCES.flatMap(({ path, imports }) =>
      imports
        .filter(({ target }) => !/^(src|workers)\//.test(target))
        .filter(({ target }) => !(EXTERNALS[target] ?? []).some((place) => path.startsWith(place)))
        .map(({ target }) => `${path} → ${target}`),
    );
    expect(misplaced).toEqual([]);
  });
});

describe('purity', () => {
  test.each(SOURCES.filter(({ room }) => PURE_ROOMS.includes(room)))(
    '$path → no clock, timer, promise, randomness or process',
    ({ code }) => {
      expect(code.match(IMPURE) ?? []).toEqual([]);
    },
  );
});

describe('tidiness', () => {
  test('src → no any, no console, no enum, no default export outside workers', () => {
    const untidy = SOURCES.flatMap(({ path, code }) =>
      [
        ...code.matchAll(/(?:\bas\s+any\b|:\s*any\b|<any\b|\bconsole\.|^\s*(?:export )?enum )/gm),
      ].map(([found]) => `${path}: ${found}`),
    );
    expect(untidy).toEqual([]);
    const defaults = SOURCES.filter(({ code }) => /\bexport default\b/.test(code));
    expect(defaults.map(({ room }) => room)).toEqual(['workers']);
  });

  test(`src → no file longer than ${LINES_MAX} lines, but for the listed ones`, () => {
    const long = SOURCES.filter(({ text }) => text.split('\n').length - 1 > LINES_MAX);
    expect(long.map(({ path }) => path)).toEqual(Object.keys(LONG_FILES));
  });

  test('src → nothing is left to be done later', () => {
    // Words that mark unfinished work: they stand here because nothing in src may hold them.
    const left = SOURCES.filter(({ text }) => /\b(TODO|FIXME|XXX|HACK)\b/.test(text));
    expect(left.map(({ path }) => path)).toEqual([]);
  });
});

describe('tables', () => {
  const codeBut = (table: string): string =>
    SOURCES.filter(({ path }) => path !== table)
      .map(({ code }) => code)
      .join('\n');

  test('every error code → raised somewhere in src', () => {
    const code = codeBut('src/errors/codes.ts');
    expect(Object.keys(ERRORS).filter((name) => !code.includes(`'${name}'`))).toEqual([]);
  });

  test('every error code → named in a test', () => {
    expect(Object.keys(ERRORS).filter((name) => !TESTS.includes(name))).toEqual([]);
  });

  test('every violation → reported somewhere in src', () => {
    const code = codeBut('src/errors/violations.ts');
    const unused = Object.keys(VIOLATIONS).filter(
      // By its row, or by its name in a table of the codec.
      (name) => !new RegExp(`VIOLATIONS\\.${name}\\b|'${name}'`).test(code),
    );
    expect(unused).toEqual([]);
  });

  test('every toleration → reported somewhere in src', () => {
    const code = codeBut('src/errors/tolerations.ts');
    const unused = Object.keys(TOLERATIONS).filter(
      // By its row where only a strict client looks, by its name where a forgiving one counts.
      (name) => !new RegExp(`TOLERATIONS\\.${name}\\b|'${name}'`).test(code),
    );
    expect(unused).toEqual([]);
  });

  test('every counter → counted somewhere in src', () => {
    const code = codeBut('src/metrics/counters.ts');
    const derived: readonly string[] = Object.values(TOLERATION_COUNTERS);
    const unused = Object.keys(COUNTERS).filter(
      (name) =>
        !derived.includes(name) && !new RegExp(`COUNTER_SLOTS\\.${name}\\b|'${name}'`).test(code),
    );
    expect(unused).toEqual([]);
  });
});

function filesIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
    .sort();
}

function toSourceFile(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true);
  return {
    path,
    room: roomOf(path),
    text,
    code: withoutComments(source),
    imports: importsOf(source),
  };
}

function roomOf(path: string): string {
  const [top, room] = path.split('/');
  if (top === 'workers') return 'workers';
  if (path.startsWith('src/cli/doctor/')) return 'doctor';
  return path === 'src/index.ts' ? 'index' : (room ?? '');
}

function importsOf(source: ts.SourceFile): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isType: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const { text } = specifier;
    imports.push({ target: text.startsWith('.') ? resolve(source.fileName, text) : text, isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node.importClause));
    else if (ts.isExportDeclaration(node)) {
      const names = node.exportClause;
      const allTypes =
        names !== undefined &&
        ts.isNamedExports(names) &&
        names.elements.every(({ isTypeOnly }) => isTypeOnly);
      add(node.moduleSpecifier, node.isTypeOnly || allTypes);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return imports;
}

function isTypeImport(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const names = clause.namedBindings;
  return (
    clause.name === undefined &&
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.every(({ isTypeOnly }) => isTypeOnly)
  );
}

function resolve(from: string, specifier: string): string {
  return relative(ROOT, normalize(join(ROOT, dirname(from), specifier))).replace(/\.js$/, '.ts');
}

/** What is left of a file when all that stands between its tokens is taken away. */
function withoutComments(source: ts.SourceFile): string {
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.getChildCount(source) === 0) {
      tokens.push(node.getText(source));
      return;
    }
    for (const child of node.getChildren(source)) {
      if (!ts.isJSDoc(child)) visit(child);
    }
  };
  visit(source);
  // Member accesses are read as one word.
  return tokens.join(' ').replaceAll(' . ', '.');
}
