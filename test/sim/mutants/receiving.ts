import type { Mutant } from './mutant.js';

const INBOUND = 'src/protocol/inbound-flow.ts';
const SESSION = 'src/protocol/session.ts';
const SINK = 'src/host/channel-sink.ts';
const DELIVERIES = 'src/client/deliveries.ts';
const MESSAGE = 'src/client/message.ts';
const SUBSCRIPTION = 'src/client/subscription.ts';
const SUBSCRIPTIONS = 'src/client/subscriptions.ts';

/** Messages of the Server. */
export const RECEIVING: readonly Mutant[] = [
  {
    id: 'a QoS 2 message is delivered twice',
    file: INBOUND,
    text: 'fields.qos === 2 && this.#qos2[fields.packetId] !== Qos2State.NONE',
    by: 'fields.qos === 2 && this.#qos2[fields.packetId] === Qos2State.DELIVERED',
  },
  {
    id: 'the receive state of QoS 2 is lost with the connection',
    file: INBOUND,
    text: 'if (!sessionPresent) this.reset();',
    by: 'this.reset();',
  },
  {
    id: 'the receive state of QoS 2 outlives its Session',
    file: INBOUND,
    text: 'if (!sessionPresent) this.reset();',
    by: '',
  },
  {
    id: 'PUBREL does not end the exchange',
    file: INBOUND,
    text: 'this.#qos2[packetId] = Qos2State.NONE;\n',
    by: '',
  },
  {
    id: 'PUBCOMP is forgotten',
    file: INBOUND,
    text: 'this.#write(batch, PacketType.PUBCOMP, entry & 0xffff, entry >>> 16);',
    by: '',
  },
  {
    id: 'acknowledgements leave in the order of the handlers',
    file: INBOUND,
    text: 'return this.#receiptStates[at]! >= ReceiptState.READY_QOS_1 ? at : NONE_READY;',
    by: 'if (this.#receiptStates[at]! >= ReceiptState.READY_QOS_1) return at;',
  },
  {
    id: 'our Receive Maximum counts what was acknowledged',
    file: INBOUND,
    text: 'this.#write(batch, PacketType.PUBACK, packetId, reasonCode);\n        this.#uncount(packetId);',
    by: 'this.#write(batch, PacketType.PUBACK, packetId, reasonCode);',
  },
  {
    id: 'a refused QoS 2 message is suppressed for ever',
    file: INBOUND,
    text: 'this.#qos2[packetId] = ends ? Qos2State.NONE : Qos2State.RECEIVED;',
    by: 'this.#qos2[packetId] = Qos2State.RECEIVED;',
  },
  {
    id: 'the reason code of a handler is lost',
    file: INBOUND,
    text: 'this.#receiptStates[at] = ReceiptState.READY_QOS_1;\n      this.#receiptReasons[at] = reasonCode;',
    by: 'this.#receiptStates[at] = ReceiptState.READY_QOS_1;\n      this.#receiptReasons[at] = 0;',
  },
  {
    id: 'an interrupted QoS 2 message is acknowledged before it is handled',
    file: INBOUND,
    text: 'if (state === Qos2State.INTERRUPTED) {\n      this.#arrived(this.#qos2Receipts[packetId]!);',
    by: 'if (state === Qos2State.INTERRUPTED) {\n      this.#receiptReasons[this.#open(packetId, ReceiptState.READY_QOS_2) & this.#mask] = 0;',
  },
  {
    id: 'owed PUBCOMPs keep the next CONNACK from being read',
    file: SESSION,
    text: "if (kind === 'connected') return this.#inbound.receivable;",
    by: "if (kind !== 'verifying') return this.#inbound.receivable;",
  },
  {
    id: 'a message is acknowledged when its handler begins',
    file: SUBSCRIPTION,
    text: 'this.#running++;\n    Promise.resolve(result).then(',
    by: 'this.#running++;\n    message.letGo();\n    message.hold();\n    Promise.resolve(result).then(',
  },
  {
    id: 'a handler that fails acknowledges as one that does not',
    file: MESSAGE,
    text: 'this.#state |= REASON_UNSPECIFIED_ERROR << REASON_SHIFT;',
    by: '',
  },
  {
    id: 'the end of a lease is forgotten',
    file: DELIVERIES,
    text: 'this.#leases--;\n    this.release(segment, generation);',
    by: 'this.#leases--;',
  },
  {
    id: 'a lease is given back twice',
    file: DELIVERIES,
    text: 'this.#leases--;\n    this.release(segment, generation);',
    by: 'this.#leases--;\n    this.release(segment, generation);\n    this.release(segment, generation);',
  },
  {
    id: 'leases are not counted',
    file: SINK,
    text: "assert(record !== NO_RECORD, 'a packet is handled only when its deliveries have room');\n    this.#assembler.lease();",
    by: "assert(record !== NO_RECORD, 'a packet is handled only when its deliveries have room');",
  },
  {
    id: 'acknowledgements that find the ring full are lost',
    file: DELIVERIES,
    text: 'this.#unwritten.push({ receipt, reasonCode });',
    by: '{}',
  },
  {
    id: 'messages of a resumed Session overtake the news of their connection',
    file: DELIVERIES,
    text: '#awaitsConnection = true;\n  /** Records',
    by: '#awaitsConnection = false;\n  /** Records',
  },
  {
    id: 'messages of a resumed Session that nobody has asked for are dropped',
    file: SUBSCRIPTIONS,
    text: '#inherited = true;',
    by: '#inherited = false;',
  },
  {
    id: 'a PUBREL that releases nothing is answered as one that does',
    file: INBOUND,
    text: 'const reasonCode = known ? REASON_SUCCESS : REASON_PACKET_ID_NOT_FOUND;',
    by: 'const reasonCode = known ? REASON_SUCCESS : 0;',
  },
  {
    id: 'a PUBREL that releases nothing is not answered',
    file: INBOUND,
    text: 'const known = state !== Qos2State.NONE;',
    by: 'const known = state !== Qos2State.NONE;\n    if (!known) return null;',
  },
  {
    id: 'a PUBREC of nothing is not answered',
    file: 'src/protocol/outbound-acknowledgements.ts',
    text: 'if (this.strayPubrels.length < STRAY_PUBRELS_MAX) this.strayPubrels.push(ack.packetId);',
    by: '',
  },
  {
    id: 'a PUBREC of nothing is answered as one that was waited for',
    file: 'src/protocol/operation-writer.ts',
    text: 'return this.#appendPubrel(batch, packetId, REASON_PACKET_ID_NOT_FOUND);',
    by: 'return this.#appendPubrel(batch, packetId, REASON_SUCCESS);',
  },
];
