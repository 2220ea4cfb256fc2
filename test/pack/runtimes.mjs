// Uses the installed package on other versions of Node.js and on other runtimes, which npm has as packages too.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadSupport } from './support.mjs';

const exec = promisify(execFile);

const PLATFORM = `${process.platform}-${process.arch}`;

/** What has no package for this machine, or can not be fetched, is left out, and said to be. */
const RUNTIMES = [
  { name: 'Node.js 22', from: `node-${PLATFORM}@22`, file: 'bin/node', args: [], hasDemo: true },
  { name: 'Node.js 24', from: `node-${PLATFORM}@24`, file: 'bin/node', args: [], hasDemo: true },
  // Read the paths of tsconfig.json, and so the sources instead of the package, in the folder of the demo.
  { name: 'Bun', from: `@oven/bun-${PLATFORM}@1.4.5`, file: 'bin/bun', args: [], hasDemo: false },
  {
    name: 'Deno',
    from: `@deno/${PLATFORM}-glibc@2.9.6`,
    file: 'deno',
    args: ['run', '--allow-all'],
    hasDemo: false,
  },
];

const SIZES = [0, 127, 1_000_000];

/** Over every road and on both threads, messages of every QoS. Ends by itself. */
const ROADS = `
import { readFileSync } from 'node:fs';
import { connect } from 'gneiss-mqtt';

const [, , ca, ...urls] = process.argv;
for (const url of urls) {
  for (const thread of ['worker', 'inline']) {
    const client = await connect(url, { thread, tls: { ca: readFileSync(ca, 'utf8') } });
    const received = [];
    const all = new Promise((resolve) => {
      client.subscribe('roads/' + thread, { qos: 2 }, ({ payload }) => {
        if (received.push(payload.length) === ${SIZES.length}) resolve();
      });
    });
    for (const [qos, size] of [${SIZES}].entries())
      await client.publish('roads/' + thread, new Uint8Array(size), { qos });
    await all;
    await client.close();
    console.log(new URL(url).protocol, thread, received.join());
  }
}
`;

/**
 * @param root      The folder of the library.
 * @param project   The folder of a project that has the library installed, with the programs to run there.
 * @param programs  Their names.
 * @param folder    Where runtimes may be put.
 */
export async function checkRuntimes(root, project, programs, folder) {
  const { startBroker } = await import(
    join(project, 'node_modules/gneiss-mqtt/dist/testing/index.js')
  );
  const { Authority, Front } = await loadSupport(root);
  const authority = await Authority.create();
  const tls = await authority.issue(['127.0.0.1']);
  writeFileSync(join(project, 'roads.mjs'), ROADS);
  writeFileSync(join(project, 'ca.pem'), authority.cert);
  const broker = await startBroker();
  const roads = ['mqtt', 'mqtts', 'ws', 'wss'];
  const fronts = await Promise.all(
    roads.map((road) => Front.before(Number(new URL(broker.url).port), road, { tls })),
  );
  const urls = fronts.map(({ url }) => url);
  const expected = roads.flatMap((road) =>
    ['worker', 'inline'].map((thread) => `${road}: ${thread} ${SIZES}\n`),
  );
  for (const { name, from, file, args, hasDemo } of RUNTIMES) {
    const program = fetchRuntime(join(folder, name), from, file);
    if (program === null) {
      process.stdout.write(`${name}: ${from} can not be fetched; left out\n`);
      continue;
    }
    // What hangs shall fail.
    const run = (cwd, ...rest) => exec(program, [...args, ...rest], { cwd, timeout: 60_000 });
    for (const one of programs) await run(project, one);
    const { stdout } = await run(project, 'roads.mjs', 'ca.pem', ...urls);
    if (stdout !== expected.join('')) throw new Error(`${name}: ${stdout}`);
    if (hasDemo) await run(root, 'examples/telemetry/main.mjs', '--seconds', '1');
    const { stdout: version } = await exec(program, ['--version']);
    process.stdout.write(`${name}: ${version.split('\n')[0]}, ok\n`);
  }
  for (const front of fronts) await front[Symbol.asyncDispose]();
  await broker.close();
}

/** @returns The program, or null when npm does not get the package. */
function fetchRuntime(folder, from, file) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}');
  const quiet = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts'];
  try {
    execFileSync('npm', ['install', ...quiet, from], { cwd: folder, stdio: 'ignore' });
  } catch {
    return null;
  }
  return join(folder, 'node_modules', from.slice(0, from.lastIndexOf('@')), file);
}
