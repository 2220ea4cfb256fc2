import type { MqttError } from '../../../src/errors/mqtt-error.js';
import type { ConnectionAttempt } from '../../../src/options/connect-options.js';
import type { ServerInfo } from '../../../src/options/server.js';
import type { World } from '../world/world.js';

const DEFAULT_PORT = 1883;
const USE_ANOTHER_SERVER = 0x9c;
const SERVER_MOVED = 0x9d;

/** Which Servers there are, and who may choose among them. */
export interface ServerFacts {
  /** Addresses of the list, as `host:port`. */
  readonly servers: readonly string[];
  readonly serverOrder: 'round-robin' | 'random';
  readonly follows: boolean;
}

/** A CONNACK or DISCONNECT. */
interface RefusalPacket {
  readonly properties: { readonly serverReference?: string };
}

/** Servers that one has named. */
interface Detour {
  readonly servers: readonly string[];
  readonly isPermanent: boolean;
  next: number;
  /** Attempts before the list has its turn. */
  left: number;
}

/** Judges which Server each attempt goes to, by what the client says of the attempts and connections before. */
export class ServerJudge {
  readonly #world: World;
  readonly #facts: ServerFacts;
  /** Those of the list that are still to come in this round. */
  #left: string[] = [];
  #last: string | null = null;
  #detour: Detour | null = null;
  /** What `connectOptions` was asked about last. */
  #asked = 0;
  #error: MqttError | null = null;

  constructor(world: World, facts: ServerFacts) {
    this.#world = world;
    this.#facts = facts;
  }

  /** The user starts a client that is stopped: the list begins anew. */
  started(): void {
    this.#left = [];
    this.#last = null;
    this.#detour = null;
  }

  /** `connectOptions` is asked. */
  asked({ number, server, error }: ConnectionAttempt): void {
    this.#check(number === ++this.#asked, `the question is about attempt ${number}`);
    this.#check(error === this.#error, `attempt ${number} is said to come after ${error?.code}`);
    this.#expect(toKey(server));
  }

  attempt(server: ServerInfo): void {
    const key = toKey(server);
    this.#expect(key);
    const detour = this.#detour;
    if (detour !== null && detour.left > 0) {
      detour.next++;
      detour.left--;
      this.#world.saw('attempt where a Server sent the client');
      return;
    }
    this.#detour = null;
    if (this.#left.length === 0) this.#left = [...this.#facts.servers];
    this.#left = this.#left.filter((other) => other !== key);
    if (this.#last !== null && this.#last !== key) this.#world.saw('another Server of the list');
    this.#last = key;
  }

  /** An attempt has failed, or a connection ended. */
  ended(server: ServerInfo, error: MqttError, wasAccepted: boolean): void {
    this.#error = error;
    const detour = this.#detour;
    if (wasAccepted && detour !== null)
      detour.left = detour.isPermanent ? detour.servers.length : 0;
    if (!this.#facts.follows) return;
    const { reasonCode, packet } = error;
    if (reasonCode !== USE_ANOTHER_SERVER && reasonCode !== SERVER_MOVED) return;
    const { serverReference: reference } = (packet as RefusalPacket).properties;
    if (reference === undefined) return;
    this.#world.saw(`sent elsewhere by ${toKey(server).includes('elsewhere') ? 'another' : 'one'}`);
    const servers = reference
      .split(' ')
      .map((name) => (name.includes(':') ? name : `${name}:${DEFAULT_PORT}`));
    const isPermanent = reasonCode === SERVER_MOVED;
    this.#detour = { servers, isPermanent, next: 0, left: servers.length };
  }

  #expect(key: string): void {
    const may = this.#expected();
    this.#check(may.includes(key), `an attempt goes to ${key}, ${may.join(' or ')} is next`);
  }

  #expected(): readonly string[] {
    const detour = this.#detour;
    if (detour !== null && detour.left > 0)
      return [detour.servers[detour.next % detour.servers.length]!];
    const { servers, serverOrder } = this.#facts;
    if (serverOrder === 'round-robin') return [this.#left[0] ?? servers[0]!];
    if (this.#left.length > 0) return this.#left;
    return servers.length === 1 ? servers : servers.filter((server) => server !== this.#last);
  }

  #check(condition: boolean, text: string): void {
    this.#world.check(condition, 'servers', () => text);
  }
}

function toKey({ host, port }: ServerInfo): string {
  return `${host}:${port}`;
}
