const IP_HEADER_BYTES = 20;
const TCP_HEADER_BYTES = 20;
const IP_VERSION_AND_LENGTH = 0x45;
const DO_NOT_FRAGMENT = 0x4000;
const HOPS = 64;
const TCP = 6;
const DATA_OFFSET = 5 << 4;
const PUSH_AND_ACK = 0x18;
const WINDOW = 0xffff;
/** Of documentation (RFC 5737). */
const CLIENT = 0xc000_0201;
const SERVER = 0xc000_0202;
const SERVER_PORT = 1883;
/** Ports that no service has: one for each connection, over and over. */
const CLIENT_PORTS = { first: 0xc000, count: 0x4000 };

/**
 * An IPv4 packet with a TCP segment, of addresses that are made up.
 *
 * @param positions  Sequence numbers of the next byte in each direction.
 * @see RFC 791 §3.1, RFC 9293 §3.1
 */
export function tcpSegment(
  direction: 'sent' | 'received',
  connection: number,
  positions: { readonly sent: number; readonly received: number },
  data: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(IP_HEADER_BYTES + TCP_HEADER_BYTES + data.length);
  const view = new DataView(bytes.buffer);
  const isSent = direction === 'sent';
  const clientPort = CLIENT_PORTS.first + (connection % CLIENT_PORTS.count);
  const [source, destination] = isSent ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const [sourcePort, destinationPort] = isSent
    ? [clientPort, SERVER_PORT]
    : [SERVER_PORT, clientPort];

  view.setUint8(0, IP_VERSION_AND_LENGTH);
  view.setUint16(2, bytes.length);
  view.setUint16(6, DO_NOT_FRAGMENT);
  view.setUint8(8, HOPS);
  view.setUint8(9, TCP);
  view.setUint32(12, source);
  view.setUint32(16, destination);
  view.setUint16(10, checksum(view, 0, IP_HEADER_BYTES, 0));

  const tcp = IP_HEADER_BYTES;
  view.setUint16(tcp, sourcePort);
  view.setUint16(tcp + 2, destinationPort);
  view.setUint32(tcp + 4, isSent ? positions.sent : positions.received);
  view.setUint32(tcp + 8, isSent ? positions.received : positions.sent);
  view.setUint8(tcp + 12, DATA_OFFSET);
  view.setUint8(tcp + 13, PUSH_AND_ACK);
  view.setUint16(tcp + 14, WINDOW);
  bytes.set(data, tcp + TCP_HEADER_BYTES);
  // The addresses stand before the header, as the pseudo-header has them; the rest of that is added.
  const pseudoHeader = TCP + TCP_HEADER_BYTES + data.length;
  view.setUint16(tcp + 16, checksum(view, 12, bytes.length, pseudoHeader));
  return bytes;
}

/** The checksum of the internet (RFC 1071) from `start` to `end`, and of a number more. */
function checksum(view: DataView, start: number, end: number, more: number): number {
  let sum = more;
  for (let at = start; at + 1 < end; at += 2) sum += view.getUint16(at);
  if ((end - start) % 2 === 1) sum += view.getUint8(end - 1) << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
