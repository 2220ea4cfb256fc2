import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

const DIRECTORIES = ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/sbin'];
const { PATH = '' } = process.env;
const ENVIRONMENT = { ...process.env, PATH: [PATH, ...DIRECTORIES].join(':') };

/** Whether mosquitto and its command line clients can be run here. */
export const HAS_MOSQUITTO = ['mosquitto', 'mosquitto_pub', 'mosquitto_sub'].every((program) => {
  try {
    execFileSync('which', [program], { env: ENVIRONMENT, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

if (!HAS_MOSQUITTO) process.stdout.write('mosquitto is not installed: its tests are skipped\n');

/** Below those of outgoing connections: from 32,768 on with Linux, from 49,152 on elsewhere. */
const PORT_MIN = 10_000;
const PORT_MAX = 32_768;

/** What mosquitto saves: nothing, what it saves by itself now and then, or everything at once, which is slow and outlives a kill. */
const PERSISTENCE = {
  none: [],
  normal: ['persistence true'],
  durable: ['persistence true', 'autosave_interval 1', 'autosave_on_changes true'],
} as const;
export type Persistence = keyof typeof PERSISTENCE;

/** What its port speaks. Default: MQTT over TCP. */
export interface Listener {
  readonly webSockets?: boolean;
  /** Its certificate and key; with `ca`, it demands certificates of that authority from its clients. All in PEM. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca?: string };
}

/** A mosquitto of our own, on a port that it keeps. */
export class Mosquitto {
  readonly port: number;
  readonly url: string;
  readonly #directory: string;
  #process: ChildProcess | null = null;

  private constructor(port: number, persistence: Persistence, listener: Listener) {
    this.port = port;
    this.url = toUrl(port, listener);
    this.#directory = mkdtempSync(join(tmpdir(), 'gneiss-mqtt-'));
    writeFileSync(
      join(this.#directory, 'mosquitto.conf'),
      [
        `listener ${port} 127.0.0.1`,
        ...toLines(listener, this.#directory),
        'allow_anonymous true',
        'user root',
        `persistence_location ${this.#directory}/`,
        ...PERSISTENCE[persistence],
        'max_queued_messages 0',
        'max_inflight_messages 0',
        'log_dest stderr',
        // Mosquitto 2.0.11 ends at once when all it listens for is WebSockets.
        ...(listener.webSockets === true ? [`listener 0 ${join(this.#directory, 'socket')}`] : []),
        '',
      ].join('\n'),
    );
  }

  static async start(
    persistence: Persistence = 'none',
    listener: Listener = {},
  ): Promise<Mosquitto> {
    const broker = new Mosquitto(await freePort(), persistence, listener);
    await broker.run();
    return broker;
  }

  /** Starts it, also again after a kill; resolves once it listens. */
  async run(): Promise<void> {
    const child = spawn('mosquitto', ['-c', join(this.#directory, 'mosquitto.conf')], {
      env: ENVIRONMENT,
      // Its log is not buffered there.
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      createInterface(child.stderr).on('line', (line) => {
        if (line.includes('running')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}`)));
    });
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** Ends it; with SIGKILL as a crash does. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (child === null) return;
    this.#process = null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Publishes with mosquitto_pub. */
  async publish(args: readonly string[]): Promise<void> {
    const child = spawn('mosquitto_pub', ['-p', `${this.port}`, '-h', '127.0.0.1', ...args], {
      env: ENVIRONMENT,
      stdio: 'inherit',
    });
    const [code] = (await once(child, 'exit')) as [number];
    if (code !== 0) throw new Error(`mosquitto_pub ended with ${code}`);
  }

  /** Subscribes with mosquitto_sub. @returns What it prints of one message. */
  async subscribe(args: readonly string[]): Promise<string> {
    const common = ['-p', `${this.port}`, '-h', '127.0.0.1', '-C', '1', '-N'];
    const child = spawn('mosquitto_sub', [...common, ...args], {
      env: ENVIRONMENT,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return text(child.stdout);
  }
}

function toUrl(port: number, { webSockets = false, tls }: Listener): string {
  if (webSockets) return `${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}/mqtt`;
  return `${tls === undefined ? 'mqtt' : 'mqtts'}://127.0.0.1:${port}`;
}

/** What the configuration says of a listener, whose certificates are written to files. */
function toLines({ webSockets = false, tls }: Listener, directory: string): readonly string[] {
  const lines = webSockets ? ['protocol websockets'] : [];
  if (tls === undefined) return lines;
  for (const [option, pem] of [
    ['certfile', tls.cert],
    ['keyfile', tls.key],
    ['cafile', tls.ca],
  ] as const) {
    if (pem === undefined) continue;
    const path = join(directory, option);
    writeFileSync(path, pem);
    lines.push(`${option} ${path}`);
  }
  return tls.ca === undefined ? lines : [...lines, 'require_certificate true'];
}

/** A port that the operating system gives to nobody who connects: between two runs of a broker a client could have got it. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORT_MIN, PORT_MAX);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
