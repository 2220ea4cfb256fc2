// Bundles a small program as docs/bundling.md says, with every bundler and in every way, and runs what comes out of it.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** What the configurations of the guide import. */
const PACKAGES = [
  'esbuild',
  'rollup',
  '@rollup/plugin-commonjs',
  '@rollup/plugin-json',
  '@rollup/plugin-node-resolve',
  'vite',
  'webpack',
];

/** Of each bundler: its file in the guide, and the arguments for Node.js that make it read that. */
const BUNDLERS = {
  esbuild: ['esbuild.config.mjs', ['esbuild.config.mjs']],
  rollup: ['rollup.config.mjs', ['ROOT/rollup/dist/bin/rollup', '--config', '--silent']],
  vite: ['vite.config.mjs', ['ROOT/vite/bin/vite.js', 'build', '--logLevel', 'error']],
  webpack: ['webpack.config.mjs', ['run-webpack.mjs']],
};

const SECTIONS = { external: 'Leave the package out', inside: 'Take the package in' };

const RUN_WEBPACK = `
import webpack from 'webpack';
import config from './webpack.config.mjs';
webpack(config, (error, stats) => {
  if (error !== null || stats.hasErrors()) throw error ?? new Error(stats.toString('errors-only'));
});
`;

const CONNECT = `export { connect as connectTo } from 'gneiss-mqtt';\n`;

const USE = `
import { connectTo } from './mqtt.js';

export async function use(url, webSocketUrl, proxy, topicName) {
  for (const [place, options] of [[url], [webSocketUrl], [url, { proxy }]]) {
    const client = await connectTo(place, options);
    const received = new Promise((resolve) => {
      client.subscribe(topicName, { qos: 1 }, (message) => resolve(message.text()));
    });
    const { qos } = await client.publish(topicName, 'hello', { qos: 1 });
    console.log(qos, await received);
    await client.close();
  }
}
`;

const SAYS = '1 hello\n1 hello\n1 hello\n';

const MAIN = {
  node: `
import { use } from './use.js';
use(...process.argv.slice(2));
`,
  electron: `
import { app } from 'electron';
import { use } from './use.js';
app.whenReady().then(() => use(...process.argv.slice(2))).then(() => app.quit());
`,
};

/** As much of Electron as the program uses: its binary would be the only thing to have it from. */
const ELECTRON = 'exports.app = { whenReady: async () => {}, quit() {} };\n';

/**
 * @param root     The folder of the library, with the bundlers in its `node_modules`.
 * @param project  A folder below which the packed library is installed.
 * @param alone    A folder from which it is not found.
 * @param roads    To a broker: its URL, one of a WebSocket, and a SOCKS proxy.
 */
export async function checkBundlers(root, project, alone, roads) {
  for (const name of PACKAGES) {
    const link = join(project, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), link);
  }
  for (const folder of [project, alone]) {
    writeFile(join(folder, 'node_modules', 'electron', 'index.js'), ELECTRON);
  }
  const guide = readFileSync(join(root, 'docs', 'bundling.md'), 'utf8');
  const cases = [];
  for (const bundler of Object.keys(BUNDLERS))
    for (const shape of Object.keys(SECTIONS))
      for (const format of ['module', 'commonjs'])
        for (const program of Object.keys(MAIN)) cases.push({ bundler, shape, format, program });
  const left = cases.map((one) => async () => {
    const name = Object.values(one).join('-');
    const folder = join(project, 'bundles', name);
    writeProgram(guide, folder, one);
    await exec(process.execPath, commandOf(root, one.bundler), { cwd: folder });
    const made = join(folder, 'dist');
    writeFile(join(made, 'package.json'), JSON.stringify({ type: one.format }));
    const place = one.shape === 'external' ? made : join(alone, name);
    if (place !== made) cpSync(made, place, { recursive: true });
    const args = [join(place, 'main.js'), ...roads, name];
    // It ends by itself, or fails.
    const { stdout } = await exec(process.execPath, args, { timeout: 60_000 });
    if (stdout !== SAYS) throw new Error(`${name}: ${stdout}`);
  });
  await Promise.all(Array.from({ length: availableParallelism() }, () => work(left)));
  return cases.length;
}

async function work(left) {
  for (let next = left.shift(); next !== undefined; next = left.shift()) await next();
}

function writeProgram(guide, folder, { bundler, shape, format, program }) {
  const [name] = BUNDLERS[bundler];
  const config = snippet(guide, SECTIONS[shape], name);
  // Webpack reads files of a folder whose modules are CommonJS as nothing else.
  writeFile(join(folder, 'package.json'), '{}');
  writeFile(join(folder, name), choose(config, format, program));
  writeFile(join(folder, 'run-webpack.mjs'), RUN_WEBPACK);
  writeFile(join(folder, 'src', 'main.js'), MAIN[program]);
  writeFile(join(folder, 'src', 'use.js'), USE);
  const note = format === 'commonjs' ? ', for CommonJS' : '';
  const mqtt =
    shape === 'external' ? CONNECT : snippet(guide, SECTIONS[shape], `src/mqtt.js${note}`);
  writeFile(join(folder, 'src', 'mqtt.js'), mqtt);
}

/** The code of a section that begins with this comment. */
function snippet(guide, section, title) {
  const text = guide.split(/^## /m).find((one) => one.startsWith(section)) ?? '';
  const blocks = Array.from(text.matchAll(/^```m?js\n(.*?)^```$/gms), ([, code]) => code);
  const found = blocks.find(
    (code) => code.startsWith(`// ${title}`) && !code.startsWith(`// ${title}, for`),
  );
  if (found === undefined) throw new Error(`docs/bundling.md: no ${title} in "${section}"`);
  return found;
}

/** Does what the comments of a configuration say. */
function choose(config, format, program) {
  let chosen = config;
  if (format === 'commonjs') chosen = chosen.replace(/^(\s*\w+: ).*, \/\/ or (.*)$/gm, '$1$2,');
  if (program === 'electron')
    chosen = chosen.replace(/^(\s*\w+: ).*, \/\/ (.*) in Electron$/gm, '$1$2,');
  return chosen;
}

function commandOf(root, bundler) {
  return BUNDLERS[bundler][1].map((arg) => arg.replace('ROOT', join(root, 'node_modules')));
}

function writeFile(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
