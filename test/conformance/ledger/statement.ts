/**
 * Whom a statement binds: the Client as `sender` or `receiver`; the Server as its `peer`, where the Client can see a
 * breach and must bear it; or the `server` alone.
 */
export type Concerns =
  | 'sender'
  | 'receiver'
  | 'peer'
  | 'sender, receiver'
  | 'sender, peer'
  | 'peer, receiver'
  | 'server';

/** Why no test of this client is asked for, or how far it is from one. */
export interface Reason {
  readonly kind:
    | 'server' // only the Server keeps or breaks it, and no byte tells the Client which
    | 'moot' // what it speaks of can not happen to this client
    | 'intent' // it says what is meant, and nothing that could be looked at
    | 'open' // to be built, or to be tested
    | 'unmet'; // this client breaks it
  readonly why: string;
}

/** One normative statement. */
export interface Statement {
  readonly concerns: Concerns;
  /** What it demands, in words of ours. */
  readonly text: string;
  /** Null: tests that bear its id prove it. */
  readonly reason: Reason | null;
}

/** Id → statement, in the order of the specification. */
export type Ledger = Readonly<Record<string, Statement>>;

/** A statement; without a reason, tests must prove it. What concerns the Server alone needs neither. */
export function row(concerns: Concerns, text: string, reason: Reason | null = null): Statement {
  return { concerns, text, reason };
}

export function byServer(why: string): Reason {
  return { kind: 'server', why };
}

export function moot(why: string): Reason {
  return { kind: 'moot', why };
}

export function intent(why: string): Reason {
  return { kind: 'intent', why };
}

export function open(why: string): Reason {
  return { kind: 'open', why };
}

export function unmet(why: string): Reason {
  return { kind: 'unmet', why };
}
