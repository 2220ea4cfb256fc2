import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serialize } from 'node:v8';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { PacketType } from '../../src/codec/packet-types.js';
import { startBroker, type TestBroker } from '../../src/testing/broker.js';
import { Inbox } from '../support/scripted-server.js';

interface Frame {
  readonly connected: boolean;
  readonly values: readonly (readonly [topicName: string, payload: Uint8Array])[];
  readonly skipped: number;
}

const PASSWORD = 'correct horse battery staple';

let app: string;
let broker: TestBroker;

// As `npm install` lays it out, with the package as a link.
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
  cpSync(new URL('../../examples/electron', import.meta.url), app, { recursive: true });
  mkdirSync(join(app, 'node_modules'), { recursive: true });
  const root = fileURLToPath(new URL('../..', import.meta.url));
  symlinkSync(root, join(app, 'node_modules/gneiss-mqtt'), 'junction');
});

afterAll(() => {
  rmSync(app, { recursive: true });
});

beforeEach(async () => {
  broker = await startBroker({
    authenticate: ({ password }) =>
      Buffer.from(password ?? '').toString() === PASSWORD ? 0 : 0x86,
  });
});

afterEach(async () => {
  await broker.close();
});

test('many messages while a window draws → one message to it, with all of them in order', async () => {
  const utility = await UtilityProcess.start();
  const window = await utility.openWindow(['plant/']);
  await publish(100, (at) => [`plant/${at}`, `value ${at}`]);
  window.ask();
  const { values, skipped, connected } = await window.frame();
  expect(values.map(([topicName, payload]) => [topicName, textOf(payload)])).toEqual(
    Array.from({ length: 100 }, (_, at) => [`plant/${at}`, `value ${at}`]),
  );
  expect([skipped, connected]).toEqual([0, true]);
});

test('a window that does not ask → gets the latest values when it does, and holds nobody up', async () => {
  const utility = await UtilityProcess.start();
  const slow = await utility.openWindow(['plant/']);
  const fast = await utility.openWindow(['plant/']);
  const seen = new Map<string, string>();
  let shown = 0;
  const drawing = (async () => {
    while (shown < 3000) {
      fast.ask();
      const { values, skipped } = await fast.frame();
      shown += values.length + skipped;
      for (const [topicName, payload] of values) seen.set(topicName, textOf(payload));
    }
  })();
  await publish(3000, (at) => [`plant/${at % 10}`, String(at)]);
  await drawing;
  const latest = Array.from({ length: 10 }, (_, at) => [`plant/${at}`, String(2990 + at)]);
  expect([...seen].sort()).toEqual(latest);

  slow.ask();
  const { values, skipped } = await slow.frame();
  expect(values.map(([topicName, payload]) => [topicName, textOf(payload)])).toEqual(latest);
  expect(skipped).toBe(2990);
  // Nothing new, nothing sent: the answer to the next request is the next news.
  slow.ask();
  await publish(1, () => ['plant/new', '1']);
  expect((await slow.frame()).values).toHaveLength(1);
});

test('more topics than a window may have waiting → the oldest are skipped', async () => {
  const utility = await UtilityProcess.start();
  const window = await utility.openWindow(['plant/']);
  await publish(10_005, (at) => [`plant/${at}`, '']);
  window.ask();
  const { values, skipped } = await window.frame();
  expect([values.length, skipped, values[0]?.[0]]).toEqual([10_000, 5, 'plant/5']);
});

test('a window → sees its topics, and nothing that is secret', async () => {
  const utility = await UtilityProcess.start();
  const all = await utility.openWindow(['plant/']);
  const one = await utility.openWindow(['plant/7/']);
  await publish(10, (at) => [`plant/${at}/state`, 'on']);
  one.ask();
  expect((await one.frame()).values.map(([topicName]) => topicName)).toEqual(['plant/7/state']);
  all.ask();
  expect((await all.frame()).values).toHaveLength(10);
  expect(utility.posted.length).toBeGreaterThan(0);
  for (const message of utility.posted) {
    expect(serialize(message).includes(PASSWORD)).toBe(false);
  }
});

test('what comes to a window → is its own', async () => {
  const utility = await UtilityProcess.start();
  const window = await utility.openWindow(['plant/']);
  await publish(1, () => ['plant/7', 'first']);
  window.ask();
  const { values } = await window.frame();
  // So many that all memory of the client is used again.
  await publish(200, () => ['plant/7', 'x'.repeat(100_000)]);
  expect(textOf(values[0]![1])).toBe('first');
});

test('a view of shared memory → is refused by the stand-in, as Electron refuses it', async () => {
  const utility = new UtilityProcess(`data:text/javascript,
    process.parentPort.on('message', ({ ports: [port] }) => {
      for (const memory of [ArrayBuffer, SharedArrayBuffer]) {
        try {
          port.postMessage({ values: [['plant/7', new Uint8Array(new memory(1))]] });
        } catch (error) {
          port.postMessage(error.message);
        }
      }
    });`);
  const { frames } = utility.connect([]);
  expect(await frames.take()).toEqual({ values: [['plant/7', new Uint8Array(1)]] });
  expect(await frames.take()).toBe('An object could not be cloned.');
});

test('a window that is closed → gets nothing any more, others do', async () => {
  const utility = await UtilityProcess.start();
  const closed = await utility.openWindow(['plant/']);
  closed.ask();
  closed.close();
  // When this one is open the other one is closed: what is sent to the process comes in order.
  const open = await utility.openWindow(['plant/']);
  await publish(10, (at) => [`plant/${at}`, 'on']);
  open.ask();
  expect((await open.frame()).values).toHaveLength(10);
  expect(closed.isQuiet).toBe(true);
});

test('a connection that is lost → is told to the window, as is the next one', async () => {
  const utility = await UtilityProcess.start();
  const window = await utility.openWindow(['plant/']);
  window.ask();
  const resumed = broker.waitFor('connect');
  broker.clients()[0]?.destroy();
  expect((await window.frame()).connected).toBe(false);
  window.ask();
  await resumed;
  expect((await window.frame()).connected).toBe(true);
});

test('SIGTERM → DISCONNECT, exit status 0', async () => {
  const utility = await UtilityProcess.start();
  const left = broker.waitFor('disconnect');
  expect(await utility.end()).toBe(0);
  expect((await left)[1]).toEqual({ by: 'client', reasonCode: 0 });
});

/** Publishes through the broker, and resolves when the utility process has handled all of it. */
async function publish(count: number, messageOf: (at: number) => [string, string]): Promise<void> {
  let left = count;
  const handled = broker.waitFor(
    'packet',
    (_, { type }) => type === PacketType.PUBACK && --left === 0,
  );
  for (let at = 0; at < count; at++) {
    const [topicName, payload] = messageOf(at);
    broker.publish({ topicName, payload, qos: 1 });
  }
  await handled;
}

function textOf(payload: Uint8Array): string {
  return new TextDecoder().decode(payload);
}

/** The utility process, as the main process and the windows see it. */
class UtilityProcess {
  /** Everything that has left it. */
  readonly posted: unknown[] = [];
  readonly #child: ChildProcess;
  readonly #windows: WindowStandIn[] = [];

  constructor(entry = join(app, 'mqtt-process.mjs')) {
    const standIn = fileURLToPath(new URL('../support/electron-stand-in.mjs', import.meta.url));
    this.#child = fork(standIn, [entry], {
      serialization: 'advanced',
      execArgv: [],
      env: {
        ...process.env,
        MQTT_URL: broker.url,
        MQTT_USERNAME: 'window',
        MQTT_PASSWORD: PASSWORD,
      },
    });
    onTestFinished(() => {
      this.#child.kill('SIGKILL');
    });
    this.#child.on('message', (message: { port: number; message: Frame }) => {
      this.posted.push(message);
      this.#windows[message.port]?.frames.push(message.message);
    });
  }

  /** Resolves when it has subscribed. */
  static async start(): Promise<UtilityProcess> {
    const subscribed = broker.waitFor('subscribe');
    const utility = new UtilityProcess();
    await subscribed;
    return utility;
  }

  /** What the main process does for a window. */
  connect(topics: readonly string[]): WindowStandIn {
    const port = this.#windows.length;
    const window = new WindowStandIn((kind, data) => this.#child.send({ kind, port, data }));
    this.#windows.push(window);
    this.#child.send({ kind: 'open', port, data: { topics } });
    return window;
  }

  /** Resolves when the window has its first frame. */
  async openWindow(topics: readonly string[]): Promise<WindowStandIn> {
    const window = this.connect(topics);
    window.ask();
    expect(await window.frame()).toEqual({ connected: true, values: [], skipped: 0 });
    return window;
  }

  async end(): Promise<number | null> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await ended;
    return this.#child.exitCode;
  }
}

/** A page at the other end of a port. */
class WindowStandIn {
  readonly frames: Inbox<Frame> = new Inbox();
  readonly #send: (kind: 'message' | 'close', data?: string) => void;

  constructor(send: (kind: 'message' | 'close', data?: string) => void) {
    this.#send = send;
  }

  /** It has drawn what it got. */
  ask(): void {
    this.#send('message', 'next');
  }

  async frame(): Promise<Frame> {
    return this.frames.take();
  }

  close(): void {
    this.#send('close');
  }

  get isQuiet(): boolean {
    return this.frames.items.length === 0;
  }
}
