import { StrictStream } from '../../support/strict/stream.js';
import type { ServerLimits } from '../broker/connection.js';
import type { ServerPacket } from '../broker/server-packet.js';
import type { Link } from '../network/link.js';

/** A message of the Server that waits for its PUBACK or PUBREC. */
export interface Owed {
  readonly packetId: number;
  readonly message: number;
  /** How many handlers had begun, and ended, with the message when it came. */
  readonly begunBefore: number;
  readonly endedBefore: number;
  /** Whether a subscription asked for it when it came. */
  readonly isAskedFor: boolean;
}

/** What the judge knows of one connection. */
export class LinkState {
  readonly link: Link;
  /** A decoder that shares nothing with the client, nor with the model. */
  readonly stream: StrictStream;
  hasConnect = false;
  cleanStart = false;
  /** All of a good CONNACK has come to the client. */
  isAccepted = false;
  acceptedAt = 0;
  /** A good CONNACK whose Server the client has not accepted yet. */
  unverified: ServerPacket | null = null;
  /** The user's side of enhanced authentication has failed. */
  hasFailedToAuthenticate = false;
  limits: ServerLimits | null = null;
  hasDisconnect = false;
  disconnectReason = 0;
  /** When the client last handed something to its transport, or was accepted. */
  spokeAt = 0;
  /** Identifiers that count against the Receive Maximum of the Server. */
  readonly inflight: Set<number> = new Set();
  /** Alias → topic, as defined on this connection. */
  readonly aliases: Map<number, string> = new Map();
  /** Aliases that were used, the last one last. */
  readonly aliasUses: Set<number> = new Set();
  /** Something that no earlier connection has carried was published on this one. */
  hasPublishedNew = false;
  /** The last new message, whatever its QoS. */
  lastNew = 0;
  /** The last message that was sent again. */
  lastResent = 0;
  /** QoS 0 messages of this connection. */
  readonly sentQos0: Set<number> = new Set();
  /** Identifiers of PUBRECs that came on this connection and wait for PUBREL, in order; and those that nothing is known of. */
  readonly pubrecs: number[] = [];
  readonly strays: number[] = [];
  // What the client owes, in the order in which it came.
  readonly owed1: Owed[] = [];
  readonly owed2: Owed[] = [];
  readonly owedPubcomps: number[] = [];
  /** The user, or the Server, wants the connection to end. */
  isUnwanted = false;
  /** By when the user wants it to have ended, whatever is open. */
  endsBy = Number.POSITIVE_INFINITY;
  /** Since when a PINGREQ may have been due that was not answered; 0: there is none. */
  pingedAt = 0;
  /** The keep-alive had a reason to give the connection up. */
  wasOverdue = false;
  /** Since when a write has been with the transport; 0: none is. */
  writingSince = 0;
  /** A write took longer than it may. */
  wasStuck = false;
  /** The reason code of a CONNACK that refuses; 0: there was none. */
  refusal = 0;
  /** The reason code of a DISCONNECT of the Server; -1: there was none. */
  serverDisconnect = -1;
  closedAt = 0;
  /** The reason code that an offence of the Server deserves; 0: there was none. */
  offence = 0;
  /** When it came the client may have been leaving already, for another reason. */
  wasLeaving = false;

  constructor(link: Link, version: 4 | 5) {
    this.link = link;
    this.stream = new StrictStream({ sender: 'client', version });
  }
}
