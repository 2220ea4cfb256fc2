import type { Version } from '../test/support/strict/packets.js';
import type { Scratch } from './scratch.js';

/** The exchanges in which a Server answers, by the packet that it answers with. */
export type Answer = 'puback' | 'pubrec' | 'pubrel' | 'pubcomp' | 'suback' | 'unsuback';

/** A packet in parts: what stands before its properties, these, and what stands behind them. */
export interface PacketParts {
  readonly header: number;
  readonly head: Uint8Array;
  /** Null where the packet has no property section at all. */
  readonly properties: readonly Uint8Array[] | null;
  readonly tail: Uint8Array;
  /** The body begins with the Packet Identifier of an exchange of this kind; null: with something else. */
  readonly answer: Answer | null;
}

/** A SUBACK with these reason codes. */
export function suback(version: Version, reasonCodes: readonly number[]): PacketParts {
  const properties = version === 5 ? [] : null;
  const tail = Uint8Array.from(reasonCodes);
  return { header: 0x90, head: Uint8Array.of(0, 1), properties, tail, answer: 'suback' };
}

/** Writes the body. @param lengthError Added to the Property Length. */
export function writeBody(
  { head, tail }: PacketParts,
  properties: readonly Uint8Array[] | null,
  lengthError: number,
  body: Scratch,
): void {
  body.length = 0;
  body.append(head);
  if (properties !== null) {
    let length = lengthError;
    for (const property of properties) length += property.length;
    body.variableByteInteger(Math.max(0, length));
    for (const property of properties) body.append(property);
  }
  body.append(tail);
}
