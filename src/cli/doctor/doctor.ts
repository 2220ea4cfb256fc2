import type { Socket } from 'node:net';
import { EXIT, type ExitCode } from '../cli-error.js';
import { type Connection, toConnection } from '../connection.js';
import { explain } from '../explain.js';
import { OUT } from '../style.js';
import { openTls } from './certificate.js';
import { type Finding, toLines } from './finding.js';
import type { DoctorValues } from './flags.js';
import {
  type Opened,
  openSocket,
  openThroughProxy,
  resolveName,
  type Target,
  toTarget,
  upgrade,
} from './road.js';
import { examineSession } from './session.js';

const TIMEOUT_MS = 10_000;

/** `gneiss doctor` */
export async function examine(url: string | undefined, values: DoctorValues): Promise<ExitCode> {
  const connection = await toConnection(url, values);
  const findings: Finding[] = [];
  const tell = (finding: Finding): void => {
    findings.push(finding);
    if (!values.json) process.stdout.write(toLines(finding));
  };
  const exitCode = await new Examination(connection, values, tell).run();
  const failed = findings.filter(({ verdict }) => verdict === 'failed');
  process.stdout.write(
    values.json ? `${JSON.stringify({ findings })}\n` : `\n${conclude(failed)}\n`,
  );
  return failed.length === 0 ? EXIT.done : exitCode;
}

/** What it comes to, in plain words. */
function conclude([first, ...others]: readonly Finding[]): string {
  if (first === undefined) return OUT.green('Nothing is wrong.');
  const rest = others.map(({ step }) => step).join(', ');
  return OUT.red(`${first.step}: ${first.text}${rest === '' ? '' : `; and ${rest}`}`);
}

/** The steps from the name to the messages, until one leads nowhere. */
class Examination {
  readonly #connection: Connection;
  readonly #values: DoctorValues;
  readonly #tell: (finding: Finding) => void;
  readonly #timeoutMs: number;

  constructor(connection: Connection, values: DoctorValues, tell: (finding: Finding) => void) {
    this.#connection = connection;
    this.#values = values;
    this.#tell = tell;
    this.#timeoutMs = values.timeout ?? TIMEOUT_MS;
  }

  async run(): Promise<ExitCode> {
    const { url, options } = this.#connection;
    const target = toTarget(url);
    // A Unix domain socket has no road; which proxy the environment means, the client decides.
    const { proxy } = this.#values;
    const hasRoad = target !== null && (proxy === undefined || URL.canParse(proxy));
    if (hasRoad && !(await this.#examineRoad(target))) return EXIT.unreachable;
    const limited = { connectTimeoutMs: Math.ceil(this.#timeoutMs), ...options };
    const { topic = 'gneiss/doctor' } = this.#values;
    const error = await examineSession(url, limited, topic, this.#timeoutMs, this.#tell);
    return error === null ? EXIT.failed : explain(error).exitCode;
  }

  /** @returns Whether the road leads to the end. */
  async #examineRoad(target: Target): Promise<boolean> {
    const { proxy } = this.#values;
    const opened = await (proxy === undefined
      ? this.#openDirectly(target)
      : this.#openByProxy(new URL(proxy), target));
    if (opened === null) return false;
    let socket: Socket = opened;
    try {
      if (target.secure) {
        const secure = this.#take(await openTls(socket, target, this.#values, this.#timeoutMs));
        if (secure === null) return false;
        socket = secure;
      }
      if (target.resource === null) return true;
      const headers = Object.fromEntries(this.#values.header);
      const finding = await upgrade(socket, target, headers, this.#timeoutMs);
      this.#tell(finding);
      return finding.verdict !== 'failed';
    } finally {
      socket.destroy();
      opened.destroy();
    }
  }

  async #openDirectly({ host, port }: Target): Promise<Socket | null> {
    const name = await resolveName(host);
    this.#tell(name);
    return name.verdict === 'failed'
      ? null
      : this.#take(await openSocket(host, port, this.#timeoutMs));
  }

  async #openByProxy(proxy: URL, target: Target): Promise<Socket | null> {
    return this.#take(await openThroughProxy(proxy, target, this.#timeoutMs));
  }

  #take({ finding, socket }: Opened): Socket | null {
    this.#tell(finding);
    return socket;
  }
}
