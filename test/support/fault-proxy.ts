import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import {
  type Cut,
  DIRECTIONS,
  type Direction,
  type End,
  FaultyLink,
  newTraffic,
  type Traffic,
} from './faulty-link.js';
import { Gate } from './gate.js';

/** Stands between a client and a Server on this machine, and does to their connections what networks do. */
export class FaultProxy {
  /** The port of the Server, for connections to come. */
  target: number;
  readonly #cut: Cut | null;
  readonly #links = new Set<FaultyLink>();
  /** Those that the client has not let go of. */
  readonly #attached = new Set<FaultyLink>();
  #server: Server;
  #port = 0;
  #idle = new Gate();
  #connections = 0;
  /** Of both directions of all connections. */
  readonly traffic: Readonly<Record<Direction, Traffic>> = { up: newTraffic(), down: newTraffic() };
  /** Bytes that have passed on the first connection. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  isCut = false;

  private constructor(target: number, cut: Cut | null) {
    this.target = target;
    this.#cut = cut;
    this.#server = this.#createServer();
  }

  /**
   * @param target The port of the Server.
   * @param cut    Where the first connection is cut; null: nowhere.
   */
  static async start(target: number, cut: Cut | null = null): Promise<FaultProxy> {
    const proxy = new FaultProxy(target, cut);
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  /** How many connections there were. */
  get connections(): number {
    return this.#connections;
  }

  /** Resolves when the client has no connection, at once when it has none now. */
  async idle(): Promise<void> {
    if (this.#attached.size > 0) await this.#idle.promise;
  }

  /** Closes the port: whoever connects is refused. Connections stay. */
  refuse(): void {
    this.#server.close();
  }

  /** Opens the port, the same one again after {@link refuse}. */
  async accept(): Promise<void> {
    if (this.#server.listening) return;
    this.#server = this.#createServer();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** Sets how the bytes travel. */
  shape(traffic: Partial<Traffic>, directions: readonly Direction[] = DIRECTIONS): void {
    for (const direction of directions) Object.assign(this.traffic[direction], traffic);
    if (traffic.mode === undefined) return;
    for (const link of this.#links) link.modeChanged();
  }

  /** Cuts every connection. */
  cut(by: End): void {
    for (const link of this.#links) link.cut(by);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#server.listening ? once(this.#server, 'close') : null;
    this.#server.close();
    for (const link of this.#links) link.destroy();
    await closed;
  }

  #createServer(): Server {
    return createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      const isFirst = this.#connections++ === 0;
      const server = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
      server.setNoDelay(true);
      const link = new FaultyLink(client, server, this.traffic, isFirst ? this.#cut : null, {
        passed: (direction, length) => {
          if (isFirst) this.passed[direction] += length;
        },
        cut: () => {
          this.isCut = true;
        },
      });
      this.#links.add(link);
      // What the client has ended may stay half-open: it is told, or not, by the Server beyond.
      const left = (): void => {
        if (!this.#attached.delete(link) || this.#attached.size > 0) return;
        this.#idle.open();
        this.#idle = new Gate();
      };
      this.#attached.add(link);
      client.once('end', left);
      client.once('close', () => {
        left();
        this.#links.delete(link);
      });
    });
  }
}
