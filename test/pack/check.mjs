// Packs the library, installs the tarball in an empty folder, and uses it there as a stranger would.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { checkBundlers } from './bundlers.mjs';
import { checkRuntimes } from './runtimes.mjs';
import { loadSupport } from './support.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TSC = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
const ATTW = join(ROOT, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js');
const NODE_TYPES = join(ROOT, 'node_modules', '@types');
const folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-pack-'));
const project = join(folder, 'project');

const TARBALL_BYTES_MAX = 400_000;
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];

const run = (command, args, cwd) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const write = (name, text) => writeFileSync(join(project, name), text);

const USE = `
  const names = [typeof connect, typeof MqttClient, typeof MqttError, typeof startBroker];
  if (names.some((name) => name !== 'function')) throw new Error(names.join());
  const broker = await startBroker();
  const client = await connect(broker.url);
  const received = new Promise((resolve) => {
    client.subscribe('pack/#', { qos: 1 }, (message) => resolve(message.text())).catch(resolve);
  });
  const { qos } = await client.publish('pack/a', 'hello', { qos: 1, retain: true });
  if (qos !== 1 || (await received) !== 'hello') throw new Error('not delivered');
  const failed = await client.publish('#', '').catch((error) => error);
  if (!(failed instanceof MqttError) || failed.code !== 'GNEISS_ERR_INVALID_TOPIC') throw failed;
  await client.close();
  await broker.close();
`;

const TYPED = `
import { connect, type ClientOptions, type Message, MqttClient, MqttError } from 'gneiss-mqtt';
import { type ClientMetrics, type PrometheusLibrary, prometheusMetrics } from 'gneiss-mqtt/metrics';
import { startBroker } from 'gneiss-mqtt/testing';

// Neither of the libraries is installed.
export const observe = (prom: PrometheusLibrary<object>, client: MqttClient): Disposable => {
  const metrics: ClientMetrics = prometheusMetrics(prom);
  return metrics.observe(client, 'typed');
};
const options: ClientOptions = { clientId: 'typed', keepAlive: 30, protocolVersion: 5 };
export async function use(): Promise<number> {
  await using broker = await startBroker();
  await using client: MqttClient = await connect(broker.url, options);
  await using subscription = await client.subscribe('a/#', { qos: 1 }, async (message: Message) => {
    const bytes: Uint8Array = message.payload;
    void bytes;
  });
  for await (const message of subscription) void message.topicName;
  client.on('disconnection', ({ error }) => void error.reasonCode?.toFixed());
  try {
    const { reasonCode } = await client.publish('a', 'x', { qos: 1 });
    return reasonCode;
  } catch (error) {
    if (error instanceof MqttError && error.code === 'GNEISS_ERR_OFFLINE') return -1;
    throw error;
  }
}
// @ts-expect-error There is no QoS 3.
export const wrong: ClientOptions = { will: { topicName: 'a', payload: '', qos: 3 } };
`;

const TYPED_REQUIRE = `
import { connect, type MqttClient } from 'gneiss-mqtt';
import mqtt = require('gneiss-mqtt');
import testing = require('gneiss-mqtt/testing');

export async function use(): Promise<MqttClient[]> {
  const broker: testing.TestBroker = await testing.startBroker();
  return [await connect(broker.url), await mqtt.connect(broker.url)];
}
`;

/** Nothing runs when it is installed, neither of its own nor of what it depends on. */
function checkInstallScripts() {
  const { scripts } = JSON.parse(
    readFileSync(join(project, 'node_modules', 'gneiss-mqtt', 'package.json'), 'utf8'),
  );
  const own = INSTALL_SCRIPTS.filter((name) => name in scripts);
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8'));
  const others = Object.keys(packages).filter((path) => packages[path].hasInstallScript);
  if (own.length + others.length > 0) throw new Error(`install scripts: ${[...own, ...others]}`);
}

function checkTypes(tarball) {
  // What require() finds is an ES module. Node.js has that from 20.19 on, and it is done below.
  const options = ['--profile', 'node16', '--ignore-rules', 'cjs-resolves-to-esm'];
  run(process.execPath, [ATTW, tarball, '--quiet', ...options], ROOT);
}

/** In both shapes, with every bundler, over roads whose code is loaded when they are taken. */
async function useBundled() {
  const { startBroker } = await import(
    join(project, 'node_modules/gneiss-mqtt/dist/testing/index.js')
  );
  const { Front, startSocksProxy } = await loadSupport(ROOT);
  const broker = await startBroker();
  const front = await Front.before(Number(new URL(broker.url).port), 'ws');
  const proxy = await startSocksProxy();
  const roads = [broker.url, front.url, `socks5://127.0.0.1:${proxy.port}`];
  const bundles = await checkBundlers(ROOT, project, join(folder, 'alone'), roads);
  await front[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  await broker.close();
  return bundles;
}

/** The command as npm installs it: a message from one to the other. */
async function useCommandLine() {
  const help = run('npx', ['gneiss', '--help'], project);
  if (!help.includes('Usage: gneiss')) throw new Error(help);
  const { startBroker } = await import(
    join(project, 'node_modules/gneiss-mqtt/dist/testing/index.js')
  );
  const broker = await startBroker();
  const gneiss = join(project, 'node_modules', '.bin', 'gneiss');
  const subscribed = broker.waitFor('subscribe');
  const sub = spawn(gneiss, ['sub', broker.url, '-t', 'pack/#', '-v', '-C', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const printed = text(sub.stdout);
  await subscribed;
  const pub = spawn(gneiss, ['pub', broker.url, '-t', 'pack/a', '-m', 'hello'], {
    stdio: 'inherit',
  });
  const [code] = await once(pub, 'exit');
  if (code !== 0 || (await printed) !== 'pack/a hello\n') throw new Error('gneiss pub and sub');
  await broker.close();
}

const COMPILER_OPTIONS = {
  module: 'NodeNext',
  target: 'ES2022',
  lib: ['ES2023', 'ESNext.Disposable'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
  typeRoots: [NODE_TYPES],
};

try {
  mkdirSync(project);
  run('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
  const tarball = join(
    folder,
    readdirSync(folder).find((name) => name.endsWith('.tgz')),
  );
  const bytes = statSync(tarball).size;
  process.stdout.write(`tarball: ${bytes} bytes, at most ${TARBALL_BYTES_MAX}\n`);
  if (bytes > TARBALL_BYTES_MAX) throw new Error('the tarball has grown too large');
  checkTypes(tarball);
  write('package.json', JSON.stringify({ name: 'stranger', private: true, type: 'module' }));
  const quiet = ['--silent', '--no-audit', '--no-fund', '--ignore-scripts'];
  run('npm', ['install', ...quiet, tarball], project);
  checkInstallScripts();

  write(
    'import.mjs',
    `import { connect, MqttClient, MqttError } from 'gneiss-mqtt';
import 'gneiss-mqtt/bundling';
import 'gneiss-mqtt/metrics';
import { startBroker } from 'gneiss-mqtt/testing';
${USE}`,
  );
  run(process.execPath, ['import.mjs'], project);
  write(
    'require.cjs',
    `const { connect, MqttClient, MqttError } = require('gneiss-mqtt');
const { startBroker } = require('gneiss-mqtt/testing');
(async () => {${USE}})().catch((error) => { console.error(error); process.exit(1); });`,
  );
  run(process.execPath, ['require.cjs'], project);

  await useCommandLine();

  write('typed.ts', TYPED);
  write('typed.cts', TYPED_REQUIRE);
  write(
    'tsconfig.json',
    JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['typed.ts', 'typed.cts'] }),
  );
  run(process.execPath, [TSC, '--project', project], project);

  process.stdout.write(`bundles: ${await useBundled()} were made and have run\n`);
  if (process.argv.includes('--runtimes'))
    await checkRuntimes(ROOT, project, ['import.mjs', 'require.cjs'], join(folder, 'runtimes'));
  process.stdout.write('ok\n');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
