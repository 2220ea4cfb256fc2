import type { Socket } from 'node:net';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Gate } from './gate.js';

/** `up` is what the client sends, `down` what it receives. */
export type Direction = 'up' | 'down';
export const DIRECTIONS: readonly Direction[] = ['up', 'down'];

/** How both sides see the end of a connection: FIN or RST. */
export type End = 'end' | 'reset';

/** Where a connection is cut. */
export interface Cut {
  readonly direction: Direction;
  /** How many bytes still pass in this direction. */
  readonly after: number;
  readonly by: End;
}

/** How the bytes of a direction travel. Changes are for what comes after them. */
export interface Traffic {
  /** Largest piece that arrives at once. */
  pieceBytes: number;
  /** Time before each piece. */
  delayMs: number;
  /** `swallow`: read and thrown away, FIN and RST as well; `hold`: not read, until `pass` again. */
  mode: 'pass' | 'swallow' | 'hold';
}

/** What a link tells its proxy. */
export interface LinkEvents {
  passed(direction: Direction, length: number): void;
  cut(): void;
}

/** One connection of a client, and the one to the Server that belongs to it. */
export class FaultyLink {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #traffic: Readonly<Record<Direction, Traffic>>;
  readonly #plan: Cut | null;
  readonly #events: LinkEvents;
  readonly #passed: Record<Direction, number> = { up: 0, down: 0 };
  #modeChange = new Gate();
  /** Of two directions one is cut, and with it the other. */
  #isCut = false;

  constructor(
    client: Socket,
    server: Socket,
    traffic: Readonly<Record<Direction, Traffic>>,
    plan: Cut | null,
    events: LinkEvents,
  ) {
    this.#client = client;
    this.#server = server;
    this.#traffic = traffic;
    this.#plan = plan;
    this.#events = events;
    this.#forward(client, server, 'up');
    this.#forward(server, client, 'down');
  }

  cut(by: End): void {
    this.#isCut = true;
    for (const socket of [this.#client, this.#server]) {
      if (by === 'reset') socket.resetAndDestroy();
      else socket.destroySoon();
    }
  }

  destroy(): void {
    this.#client.destroy();
    this.#server.destroy();
    this.modeChanged();
  }

  modeChanged(): void {
    this.#modeChange.open();
    this.#modeChange = new Gate();
  }

  #forward(from: Socket, to: Socket, direction: Direction): void {
    const traffic = this.#traffic[direction];
    from.on('error', () => {});
    from.on('data', (chunk: Buffer) => {
      if (isPlain(traffic, chunk)) {
        if (!this.#pass(chunk, to, direction)) pauseUntilDrained(from, to);
        return;
      }
      from.pause();
      void this.#carry(chunk, to, direction).then(() => from.resume());
    });
    from.on('end', () => {
      if (traffic.mode !== 'swallow') to.end();
    });
    from.on('close', () => {
      if (traffic.mode !== 'swallow') to.destroySoon();
    });
    if (this.#plan?.direction === direction && this.#plan.after === 0)
      this.#pass(Buffer.alloc(0), to, direction);
  }

  /** Carries a chunk the slow way: in pieces, late, or not at all. */
  async #carry(chunk: Buffer, to: Socket, direction: Direction): Promise<void> {
    const traffic = this.#traffic[direction];
    for (let start = 0; start < chunk.length; ) {
      await this.#released(traffic, to);
      if (to.destroyed) return;
      const piece = chunk.subarray(start, start + traffic.pieceBytes);
      start += piece.length;
      if (traffic.mode === 'swallow') continue;
      if (traffic.delayMs > 0) await setTimeout(traffic.delayMs);
      // A turn of the event loop between two of them keeps the pieces apart.
      else await setImmediate();
      if (!this.#pass(piece, to, direction)) await drained(to);
    }
  }

  /** Resolves when the bytes are not, or no longer, held. */
  async #released(traffic: Traffic, to: Socket): Promise<void> {
    while (traffic.mode === 'hold' && !to.destroyed) await this.#modeChange.promise;
  }

  /** Writes what may still pass. @returns False when the receiver is full. */
  #pass(chunk: Buffer, to: Socket, direction: Direction): boolean {
    if (this.#isCut) return true;
    const cut = this.#plan?.direction === direction ? this.#plan : null;
    const rest = cut === null ? Number.POSITIVE_INFINITY : cut.after - this.#passed[direction];
    const part = chunk.subarray(0, rest);
    this.#passed[direction] += part.length;
    this.#events.passed(direction, part.length);
    if (cut === null || chunk.length < rest) return to.write(part);
    this.#isCut = true;
    this.#events.cut();
    to.write(part, () => {
      this.cut(cut.by);
    });
    return true;
  }
}

export function newTraffic(): Traffic {
  return { pieceBytes: Number.POSITIVE_INFINITY, delayMs: 0, mode: 'pass' };
}

function isPlain({ pieceBytes, delayMs, mode }: Traffic, chunk: Buffer): boolean {
  return mode === 'pass' && delayMs === 0 && chunk.length <= pieceBytes;
}

function pauseUntilDrained(from: Socket, to: Socket): void {
  from.pause();
  void drained(to).then(() => from.resume());
}

/** Resolves when there is room again, or never will be. */
async function drained(to: Socket): Promise<void> {
  if (to.destroyed || !to.writableNeedDrain) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      to.off('drain', done);
      to.off('close', done);
      resolve();
    };
    to.on('drain', done);
    to.on('close', done);
  });
}
