import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `up` is what the client sends, `down` what it receives. */
export type Direction = 'up' | 'down';

/** Where a connection is cut, and how both sides see it. */
export interface Cut {
  readonly direction: Direction;
  /** How many bytes still pass in this direction. */
  readonly after: number;
  /** FIN or RST. */
  readonly by: 'end' | 'reset';
}

/** Stands between a client and a Server on this machine, counts the bytes of the first connection, and cuts that one if told to. */
export class CuttingProxy {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #cut: Cut | null;
  #connections = 0;
  /** Bytes that have passed on the first connection. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 };
  isCut = false;

  private constructor(target: number, cut: Cut | null) {
    this.#target = target;
    this.#cut = cut;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      this.#accept(client);
    });
  }

  /** @param target The port of the Server. */
  static async start(target: number, cut: Cut | null): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target, cut);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get connections(): number {
    return this.#connections;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #accept(client: Socket): void {
    const isFirst = this.#connections++ === 0;
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true });
    server.setNoDelay(true);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    this.#forward(client, server, 'up', isFirst);
    this.#forward(server, client, 'down', isFirst);
  }

  #forward(from: Socket, to: Socket, direction: Direction, isFirst: boolean): void {
    const cut = isFirst && this.#cut?.direction === direction ? this.#cut : null;
    const forward = (chunk: Buffer): void => {
      // Of two directions one is cut, and with it the other.
      if (isFirst && this.isCut) return;
      const isLast = cut !== null && this.passed[direction] + chunk.length >= cut.after;
      const part = isLast ? chunk.subarray(0, cut.after - this.passed[direction]) : chunk;
      if (isFirst) this.passed[direction] += part.length;
      if (!isLast) {
        to.write(part);
        return;
      }
      this.isCut = true;
      to.write(part, () => {
        for (const socket of [from, to]) {
          if (cut.by === 'reset') socket.resetAndDestroy();
          else socket.destroySoon();
        }
      });
    };
    from.on('data', forward);
    from.on('end', () => to.end());
    from.on('close', () => to.destroySoon());
    if (cut?.after === 0) forward(Buffer.alloc(0));
  }
}
