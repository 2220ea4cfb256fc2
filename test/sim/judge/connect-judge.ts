import type { ClientPacket } from '../broker/client-packet.js';
import { ASSIGNED_CLIENT_ID } from '../broker/connection.js';
import { Type } from '../broker/packet-names.js';
import type { World } from '../world/world.js';

/** What a CONNECT depends on. */
export interface ConnectFacts {
  readonly clientId: string;
  readonly rejoinSession: 'post-success' | 'always' | 'never';
  readonly keepAlive: number;
}

/** A client says these also before it knows that it was accepted, at the end of an attempt that failed for one. */
const SAID_UNACCEPTED: ReadonlySet<number> = new Set([Type.CONNECT, Type.AUTH, Type.DISCONNECT]);

/** Judges what CONNECT says. */
export class ConnectJudge {
  readonly #world: World;
  readonly #facts: ConnectFacts;
  /** A Server has accepted the client: it may know … */
  #wasAccepted = false;
  /** … and it has spoken since: it knows. */
  #knows = false;

  constructor(world: World, facts: ConnectFacts) {
    this.#world = world;
    this.#facts = facts;
  }

  accepted(): void {
    this.#wasAccepted = true;
  }

  wrote(packet: ClientPacket): void {
    if (!SAID_UNACCEPTED.has(packet.type)) this.#knows = this.#wasAccepted;
    if (packet.type !== Type.CONNECT) return;
    const { cleanStart, clientId, keepAlive } = packet;
    const { rejoinSession } = this.#facts;
    const check = (condition: boolean, what: string): void => {
      this.#world.check(condition, 'connect', () => `${what} of CONNECT`);
    };
    check(keepAlive === this.#facts.keepAlive, 'keep alive');
    if (this.#wasAccepted !== this.#knows) return;
    const isClean = rejoinSession === 'never' || (rejoinSession === 'post-success' && !this.#knows);
    check(cleanStart === isClean, 'Clean Start');
    const isAssigned = this.#facts.clientId === '' && this.#knows;
    check(
      clientId === (isAssigned ? ASSIGNED_CLIENT_ID : this.#facts.clientId),
      'Client Identifier',
    );
  }
}
