import type { Socket } from 'node:net';
import type { NetworkEndpoint } from '../../index.js';
import { parseUrl } from '../../options/url.js';
import type { ProxySettings } from '../../transport/route.js';
import { EXIT, type ExitCode } from '../cli-error.js';
import { type Connection, toConnection } from '../connection.js';
import { explain } from '../explain.js';
import { OUT } from '../style.js';
import { openTls } from './certificate.js';
import { type Finding, toLines } from './finding.js';
import type { DoctorValues } from './flags.js';
import { openThroughProxy, parseProxy, readEnvironment } from './proxy.js';
import { type Opened, openSocket, resolveName, upgrade } from './road.js';
import { examineSession } from './session.js';
import { examineFile, openFile } from './socket-file.js';

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
    const { endpoint } = parseUrl(url);
    const leadsThere = await ('path' in endpoint
      ? this.#examineFile(endpoint.path)
      : this.#examineRoad(endpoint));
    if (!leadsThere) return EXIT.unreachable;
    const limited = { connectTimeoutMs: Math.ceil(this.#timeoutMs), ...options };
    const { topic = 'gneiss/doctor' } = this.#values;
    const error = await examineSession(url, limited, topic, this.#timeoutMs, this.#tell);
    return error === null ? EXIT.failed : explain(error).exitCode;
  }

  /** @returns Whether somebody is there. */
  async #examineFile(path: string): Promise<boolean> {
    const file = examineFile(path);
    this.#tell(file);
    if (file.verdict === 'failed') return false;
    const accepted = await openFile(path, this.#timeoutMs);
    this.#tell(accepted);
    return accepted.verdict !== 'failed';
  }

  /** @returns Whether the road leads to the end. */
  async #examineRoad(target: NetworkEndpoint): Promise<boolean> {
    const opened = await this.#open(target);
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

  async #open(target: NetworkEndpoint): Promise<Socket | null> {
    const proxy = this.#findProxy(target);
    if (proxy === undefined) return null;
    return proxy === null
      ? this.#openDirectly(target)
      : this.#take(await openThroughProxy(proxy, target, this.#timeoutMs));
  }

  /** @returns Null when there is none on the way; undefined when it is not known which. */
  #findProxy(target: NetworkEndpoint): ProxySettings | null | undefined {
    const { proxy: input } = this.#values;
    if (input === undefined) return null;
    if (input !== 'environment') return parseProxy(input, target);
    const { finding, proxy } = readEnvironment(target);
    this.#tell(finding);
    return finding.verdict === 'failed' ? undefined : proxy;
  }

  async #openDirectly({ host, port }: NetworkEndpoint): Promise<Socket | null> {
    const name = await resolveName(host);
    this.#tell(name);
    return name.verdict === 'failed'
      ? null
      : this.#take(await openSocket(host, port, this.#timeoutMs));
  }

  #take({ finding, socket }: Opened): Socket | null {
    this.#tell(finding);
    return socket;
  }
}
