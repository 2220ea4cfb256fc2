import type { Server } from '../options/server.js';

/** The order in which the Servers of a list are tried: each of them once a round. */
export class ServerOrder {
  readonly #servers: readonly Server[];
  readonly #order: 'round-robin' | 'random';
  readonly #random: () => number;
  /** Those still to come in this round. */
  #left: Server[] = [];
  #last: Server | null = null;

  /** @param random Uniform in [0, 1). */
  constructor(servers: readonly Server[], order: 'round-robin' | 'random', random: () => number) {
    this.#servers = servers;
    this.#order = order;
    this.#random = random;
  }

  /** The next round begins with the next Server. */
  restart(): void {
    this.#left = [];
    this.#last = null;
  }

  next(): Server {
    if (this.#left.length === 0)
      this.#left = this.#order === 'random' ? this.#shuffled() : [...this.#servers];
    this.#last = this.#left.shift()!;
    return this.#last;
  }

  /** In any order, but no Server twice in a row. */
  #shuffled(): Server[] {
    const servers = [...this.#servers];
    for (let last = servers.length - 1; last > 0; last--)
      swap(servers, last, Math.floor(this.#random() * (last + 1)));
    if (servers[0] === this.#last) swap(servers, 0, servers.length - 1);
    return servers;
  }
}

function swap(servers: Server[], one: number, other: number): void {
  [servers[one], servers[other]] = [servers[other]!, servers[one]!];
}
