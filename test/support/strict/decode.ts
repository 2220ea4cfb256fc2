import { type Context, readBody } from './bodies.js';
import { Cursor, UNREADABLE } from './cursor.js';
import type { PacketName, Side, StrictPacket, Version } from './packets.js';
import { RULES, type RuleName } from './rules.js';

/** Whose bytes they are. */
export interface Origin {
  readonly sender: Side;
  readonly version: Version;
  /** The receiver's Maximum Packet Size; without it, what the protocol can express. */
  readonly maximumPacketSize?: number;
}

/** Why bytes are refused. A packet with several faults may be answered for any of them (§4.13.1). */
export interface Refusal {
  /** The first broken rule, in the order of the bytes. */
  readonly rule: RuleName;
  /** All that could be found, the first included. */
  readonly rules: readonly RuleName[];
  readonly reasonCode: number;
  readonly statement: string;
}

/**
 * One packet at the beginning of the bytes, a refusal (with what could be read all the same), or not
 * enough bytes to tell; `needed` of them, counted from the beginning of the packet, are worth another look.
 */
export type Verdict =
  | { readonly kind: 'packet'; readonly packet: StrictPacket; readonly length: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly packet: StrictPacket | null }
  | { readonly kind: 'incomplete'; readonly needed: number };

type Senders = Side | 'both' | null;
type Row = readonly [name: PacketName, flags: number | null, in5: Senders, in311: Senders];

/** By packet type less one: name, fixed header flags (null where they carry meaning), who sends it. */
const TYPES: readonly Row[] = [
  ['CONNECT', 0, 'client', 'client'],
  ['CONNACK', 0, 'server', 'server'],
  ['PUBLISH', null, 'both', 'both'],
  ['PUBACK', 0, 'both', 'both'],
  ['PUBREC', 0, 'both', 'both'],
  ['PUBREL', 2, 'both', 'both'],
  ['PUBCOMP', 0, 'both', 'both'],
  ['SUBSCRIBE', 2, 'client', 'client'],
  ['SUBACK', 0, 'server', 'server'],
  ['UNSUBSCRIBE', 2, 'client', 'client'],
  ['UNSUBACK', 0, 'server', 'server'],
  ['PINGREQ', 0, 'client', 'client'],
  ['PINGRESP', 0, 'server', 'server'],
  ['DISCONNECT', 0, 'both', 'client'],
  ['AUTH', 0, 'both', null],
];

/** Judges the packet that begins at `start`; never throws, whatever the bytes. */
export function decodeOne(bytes: Uint8Array, start: number, origin: Origin): Verdict {
  if (start >= bytes.length) return incomplete(1);
  const row = TYPES[(bytes[start]! >>> 4) - 1];
  const senders = origin.version === 5 ? row?.[2] : row?.[3];
  if (row === undefined || senders === null || senders === undefined) {
    return refuse(['reservedType'], origin);
  }
  const flags = bytes[start]! & 0x0f;
  const headerFault = flagFault(row[1], flags);
  if (headerFault !== null) return refuse([headerFault], origin);
  const length = remainingLength(bytes, start + 1, origin.version);
  if (length === null) return incomplete(bytes.length - start + 1);
  if (typeof length === 'string') return refuse([length], origin);
  const end = length.bodyStart + length.value;
  if (end - start > (origin.maximumPacketSize ?? Number.POSITIVE_INFINITY)) {
    return refuse(['packetTooLarge'], origin);
  }
  if (end > bytes.length) return incomplete(end - start);
  if (senders !== 'both' && senders !== origin.sender) return refuse(['wrongSender'], origin);
  const cursor = new Cursor(bytes, length.bodyStart, end);
  const packet = readWhole(row[0], { cursor, flags, ...origin });
  if (packet === null || cursor.broken.length > 0) return refuse(cursor.broken, origin, packet);
  return { kind: 'packet', packet, length: end - start };
}

function readWhole(type: PacketName, context: Context): StrictPacket | null {
  try {
    const packet = readBody(type, context);
    context.cursor.demand(context.cursor.remaining === 0, 'trailingBytes');
    return packet;
  } catch (error) {
    if (error !== UNREADABLE) throw error;
    return null;
  }
}

function flagFault(expected: number | null, flags: number): RuleName | null {
  if (expected === null) return (flags & 0x06) === 0x06 ? 'publishQos3' : null;
  return flags === expected ? null : 'headerFlags';
}

/** A rule when the field is broken, null when it is not all there. MQTT 3.1.1 allows needless bytes. */
function remainingLength(
  bytes: Uint8Array,
  start: number,
  version: Version,
): { readonly value: number; readonly bodyStart: number } | RuleName | null {
  let value = 0;
  for (let count = 0; count < 4; count += 1) {
    const byte = bytes[start + count];
    if (byte === undefined) return null;
    value += (byte % 128) * 128 ** count;
    if (byte >= 128) continue;
    if (version === 5 && byte === 0 && count > 0) return 'lengthNotMinimal';
    return { value, bodyStart: start + count + 1 };
  }
  return 'lengthTooLong';
}

function incomplete(needed: number): Verdict {
  return { kind: 'incomplete', needed };
}

function refuse(
  rules: readonly RuleName[],
  { version }: Origin,
  packet: StrictPacket | null = null,
): Verdict {
  const rule = rules[0]!;
  const { statement, statement311, reasonCode } = RULES[rule];
  const cited = version === 5 ? statement : (statement311 ?? statement);
  const refusal = { rule, rules, reasonCode, statement: cited };
  return { kind: 'refused', refusal, packet };
}
