import type { Version } from './packets.js';

/** What the peer has to know of a CONNECT packet. */
export interface ConnectFacts {
  readonly version: Version;
  /** 65,535 when the client does not say. */
  readonly receiveMaximum: number;
}

const RECEIVE_MAXIMUM = 65_535;

/** Bytes of the value of each property that CONNECT may carry; 'text' and 'pair' are length-prefixed. */
const PROPERTIES: ReadonlyMap<number, number | 'text' | 'pair'> = new Map<
  number,
  number | 'text' | 'pair'
>([
  [0x11, 4],
  [0x15, 'text'],
  [0x16, 'text'],
  [0x17, 1],
  [0x19, 1],
  [0x21, 2],
  [0x22, 2],
  [0x26, 'pair'],
  [0x27, 4],
]);

/** Reads the body of a CONNECT packet as far as the peer has to. */
export function readConnect(body: Buffer): ConnectFacts {
  const version = body[6] === 4 ? 4 : 5;
  if (version === 4) return { version, receiveMaximum: RECEIVE_MAXIMUM };
  let position = 11; // protocol name, version, flags, keep alive, and a property length of one byte
  const end = position + body[10]!;
  if (body[10]! > 0x7f) throw new Error('CONNECT properties too long for the null peer');
  while (position < end) {
    const id = body[position]!;
    position += 1;
    if (id === 0x21) return { version, receiveMaximum: body.readUInt16BE(position) };
    const width = PROPERTIES.get(id);
    if (width === undefined) throw new Error(`CONNECT property ${id} unknown to the null peer`);
    if (typeof width === 'number') position += width;
    else
      for (let n = width === 'pair' ? 2 : 1; n > 0; n -= 1)
        position += 2 + body.readUInt16BE(position);
  }
  return { version, receiveMaximum: RECEIVE_MAXIMUM };
}
