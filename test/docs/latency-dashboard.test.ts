import { expect, test } from 'vitest';
import { startBroker } from '../../src/testing/broker.js';
import { ExampleProcess } from '../support/example.js';

interface Summary {
  readonly count: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  readonly maximum: number | null;
}
interface Snapshot {
  readonly connected: boolean;
  readonly sent: number;
  readonly received: number;
  readonly unsent: number;
  readonly lost: number;
  readonly latest: Summary;
  readonly all: Summary;
}

const FLAGS = ['--port', '0', '--rate', '500', '--probes', '300'];

test.each([0, 1, 2])('QoS %i → every probe is counted once', async (qos) => {
  await using broker = await startBroker();
  let published = 0;
  broker.on('publish', () => published++);
  const dashboard = new ExampleProcess('latency-dashboard/main.mjs', [
    broker.url,
    ...FLAGS,
    '--qos',
    String(qos),
  ]);
  const [, url] = await dashboard.says(/(http:\S+)/);
  const snapshots = await snapshotsOf(url!, ({ received }) => received === 300);
  const { all, ...totals } = snapshots.at(-1)!;
  expect(totals).toMatchObject({ connected: true, sent: 300, received: 300, unsent: 0, lost: 0 });
  expect(published).toBe(300);
  expect(all.count).toBe(300);
  expect(snapshots.reduce((sum, { latest }) => sum + latest.count, 0)).toBe(300);
  const inOrder = [all.p50, all.p90, all.p99, all.p999, all.maximum].map(Number);
  expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));

  // Who opens the page later gets what there was before.
  expect((await snapshotsOf(url!, ({ received }) => received === 300)).length).toBeGreaterThan(0);
  expect(await dashboard.end('SIGTERM')).toMatchObject({ code: 0, stderr: '' });
});

test('without an address → a broker of its own, and a page with all its parts', async () => {
  const dashboard = new ExampleProcess('latency-dashboard/main.mjs', FLAGS);
  const [, url] = await dashboard.says(/(http:\S+)/);
  const page = await fetch(url!);
  const html = await page.text();
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const parts = Array.from(html.matchAll(/(?:href|src)="(\/[^"]+)"/g), ([, path]) => path!);
  expect(parts).toHaveLength(3);
  for (const path of [...parts, '/uplot.js']) {
    const part = await fetch(new URL(path, url));
    expect([path, part.status, (await part.text()).length > 100]).toEqual([path, 200, true]);
  }
  expect((await fetch(new URL('/main.mjs', url))).status).toBe(404);
  expect((await fetch(url!, { method: 'POST' })).status).toBe(405);
  // Every element that the script looks for is there.
  const script = await (await fetch(new URL('/page.js', url))).text();
  for (const [, id] of script.matchAll(/(?:byId|setFigure|plotOf)\('(\w+)'/g)) {
    expect(html).toContain(`id="${id}"`);
  }
  expect(await dashboard.end('SIGINT')).toMatchObject({ code: 0, stderr: '' });
});

test.each([
  [['--rate', '0'], '--rate must be a whole number from 1 to 10000'],
  [['--nope'], "Unknown option '--nope'"],
  [['mqtt://127.0.0.1:1'], 'ECONNREFUSED'],
])('%s → says what is wrong', async (args, words) => {
  const { code, stderr } = await new ExampleProcess('latency-dashboard/main.mjs', args).end();
  expect(code).toBe(1);
  expect(stderr).toContain(words);
});

/** Reads the stream of events until a snapshot is the last one wanted. */
async function snapshotsOf(url: string, isLast: (snapshot: Snapshot) => boolean) {
  const snapshots: Snapshot[] = [];
  const response = await fetch(new URL('/events', url));
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop()!;
    for (const event of events) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/.exec(event) ?? [];
      if (name !== 'snapshot') continue;
      const snapshot = JSON.parse(data!) as Snapshot;
      snapshots.push(snapshot);
      if (isLast(snapshot)) return snapshots;
    }
  }
  throw new Error('the stream has ended');
}
