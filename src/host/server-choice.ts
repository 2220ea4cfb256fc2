import type { ErrorRecord } from '../errors/mqtt-error.js';
import type { WorkerOptions } from '../options/schema.js';
import type { Server } from '../options/server.js';
import type { Endpoint, NetworkEndpoint } from '../transport/route.js';
import { ServerOrder } from './server-order.js';
import { type Referral, readReferral } from './server-reference.js';

/** So many Servers in a row may send the client on before it takes its time. */
const REFERRALS_MAX = 4;

/** Where an attempt goes. */
export interface Target {
  readonly server: Server;
  /** Another Server has named it, on another host: it is shown no credentials. */
  readonly isForeign: boolean;
}

/** Servers that another one has named, on the way back to the list. */
interface Detour {
  readonly targets: readonly Target[];
  readonly isPermanent: boolean;
  next: number;
  /** Attempts before the list has its turn again. */
  left: number;
}

export type ServerChoiceOptions = Pick<
  WorkerOptions,
  'servers' | 'serverOrder' | 'serverReference'
>;

/**
 * Chooses the Server of each attempt: the next of the list, or one that a Server has named. Named by 'Use another server' each has one
 * attempt; by 'Server moved' they take the place of the list, until none of them has accepted the client any more.
 */
export class ServerChoice {
  readonly #options: ServerChoiceOptions;
  readonly #order: ServerOrder;
  #detour: Detour | null = null;
  /** Servers that were tried since the last stable connection. Those beyond the referrals that count are not noted. */
  readonly #tried = new Set<string>();
  #referrals = 0;
  #current: Target;
  #upcoming: Target | null = null;

  /** @param random Uniform in [0, 1). */
  constructor(options: ServerChoiceOptions, random: () => number) {
    this.#options = options;
    this.#order = new ServerOrder(options.servers, options.serverOrder, random);
    this.#current = toListed(options.servers[0]!);
  }

  /** The user starts the client: the list begins anew. */
  restart(): void {
    this.#order.restart();
    this.#detour = null;
    this.#upcoming = null;
    this.#tried.clear();
    this.#referrals = 0;
  }

  /** An attempt begins. @returns Where it goes. */
  next(): Target {
    this.#current = this.#upcoming ?? this.#choose();
    this.#upcoming = null;
    if (this.#referrals <= REFERRALS_MAX) this.#tried.add(toKey(this.#current));
    return this.#current;
  }

  /** The attempt goes elsewhere: the user has said so. */
  redirect(server: Server): Target {
    this.#current = toListed(server);
    return this.#current;
  }

  /** The Server has accepted the client. */
  accepted(): void {
    const detour = this.#detour;
    if (detour !== null) detour.left = detour.isPermanent ? detour.targets.length : 0;
  }

  /**
   * The attempt, or the connection, has ended.
   *
   * @param wasStable  The connection had lasted for so long that everything begins anew.
   * @returns Whether the next attempt goes to a Server that was not tried since.
   */
  ended(error: ErrorRecord, wasStable: boolean): boolean {
    if (wasStable) {
      this.#tried.clear();
      this.#tried.add(toKey(this.#current));
      this.#referrals = 0;
    }
    this.#follow(error);
    this.#upcoming = this.#choose();
    return this.#referrals <= REFERRALS_MAX && !this.#tried.has(toKey(this.#upcoming));
  }

  #follow(error: ErrorRecord): void {
    const { endpoint } = this.#current.server;
    if (this.#options.serverReference === 'ignore' || 'path' in endpoint) return;
    const referral = readReferral(error, endpoint);
    if (referral === null) return;
    this.#referrals++;
    this.#detour = this.#toDetour(referral, endpoint);
  }

  #toDetour({ endpoints, isPermanent }: Referral, from: NetworkEndpoint): Detour {
    const targets = endpoints.map((endpoint) => this.#toTarget(endpoint, from));
    return { targets, isPermanent, next: 0, left: targets.length };
  }

  #toTarget(endpoint: NetworkEndpoint, from: NetworkEndpoint): Target {
    const listed = this.#options.servers.find((server) => isSame(server.endpoint, endpoint));
    if (listed !== undefined) return toListed(listed);
    const { isForeign, server } = this.#current;
    if (
      this.#options.serverReference === 'follow-with-credentials' ||
      (endpoint.host === from.host && !isForeign)
    )
      return toListed({ ...server, endpoint });
    return { server: withoutCredentials(endpoint), isForeign: true };
  }

  #choose(): Target {
    const detour = this.#detour;
    if (detour !== null && detour.left > 0) {
      detour.left--;
      return detour.targets[detour.next++ % detour.targets.length]!;
    }
    this.#detour = null;
    return toListed(this.#order.next());
  }
}

function toListed(server: Server): Target {
  return { server, isForeign: false };
}

/** A query of a WebSocket may be a token. */
function withoutCredentials(endpoint: NetworkEndpoint): Server {
  const resource = endpoint.resource?.split('?')[0] ?? null;
  return { endpoint: { ...endpoint, resource }, username: undefined, password: undefined };
}

/** Whether a Server that was named is one of the user's, spoken to in the same way; its own path is better known to him. */
function isSame(listed: Endpoint, named: NetworkEndpoint): boolean {
  return !('path' in listed) && toAddress(listed) === toAddress(named);
}

function toAddress({ host, port, secure, resource }: NetworkEndpoint): string {
  return [host, port, secure, resource !== null].join(' ');
}

function toKey({ server: { endpoint } }: Target): string {
  return 'path' in endpoint ? endpoint.path : toAddress(endpoint);
}
