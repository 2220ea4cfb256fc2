import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { connect } from 'gneiss-mqtt';
import { workerEntries } from 'gneiss-mqtt/bundling';
import { startBroker } from 'gneiss-mqtt/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority } from '../support/certificates.js';
import { Front, ROADS } from '../support/front.js';
import { startSocksProxy } from '../support/proxies.js';
import { Inbox } from '../support/scripted-server.js';

const authority = await Authority.create();
const identity = await authority.issue(['127.0.0.1']);

/** What CommonJS modules take for granted, which those of ws and socks are. */
const BANNERS = {
  esm: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`,
  cjs: '',
};
const FORMATS = ['esm', 'cjs'] as const;
const TYPES = { esm: 'module', cjs: 'commonjs' };

// In a folder from which no package is found.
const folder = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-bundled-'));

beforeAll(async () => {
  for (const format of FORMATS) {
    const outdir = join(folder, format);
    await build({
      entryPoints: workerEntries,
      bundle: true,
      platform: 'node',
      format,
      outdir,
      banner: { js: BANNERS[format] },
      external: ['@napi-rs/nice'],
      minify: true,
      logLevel: 'warning',
    });
    writeFileSync(join(outdir, 'package.json'), JSON.stringify({ type: TYPES[format] }));
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

const CASES = FORMATS.flatMap((format) =>
  (['worker', 'inline'] as const).flatMap((thread) =>
    ROADS.flatMap((road) =>
      ([undefined, 'socks5'] as const).map((proxy) => ({ format, thread, road, proxy })),
    ),
  ),
).filter(({ road, proxy }) => road !== 'mqtt+unix' || proxy === undefined);

test.each(CASES)(
  'worker bundled as $format, $thread, $road, proxy $proxy → messages both ways',
  async ({ format, thread, road, proxy }) => {
    const broker = await startBroker();
    await using front = await Front.before(Number(new URL(broker.url).port), road, {
      tls: identity,
    });
    await using socks = await startSocksProxy();
    await using client = await connect(front.url, {
      thread,
      workerUrl: join(folder, format, 'mqtt-worker.js'),
      tls: { ca: authority.cert },
      proxy: proxy && `${proxy}://127.0.0.1:${socks.port}`,
    });
    const received = new Inbox<number>();
    await client.subscribe('a', { qos: 1 }, ({ payload }) => received.push(payload.length));
    for (const size of [0, 127, 100_000]) {
      await client.publish('a', new Uint8Array(size), { qos: 1 });
      expect(await received.take()).toBe(size);
    }
    await client.close();
    await broker.close();
  },
);
