/** A defect that is planted in one bundle of the simulator, and nowhere else. */
export interface Mutant {
  /** What is wrong, in a few words. */
  readonly id: string;
  /** Below the project. */
  readonly file: string;
  /** Occurs exactly once in the file. */
  readonly text: string;
  readonly by: string;
}

const OUTBOUND = 'src/protocol/outbound-flow.ts';
const INBOUND = 'src/protocol/inbound-flow.ts';
const ACKNOWLEDGEMENTS = 'src/protocol/outbound-acknowledgements.ts';
const OUTBOX = 'src/protocol/outbox.ts';
const RESUBMISSION = 'src/protocol/resubmission.ts';
const OPERATIONS = 'src/protocol/operation-writer.ts';
const ORDER = 'src/protocol/write-order.ts';
const IDS = 'src/protocol/packet-ids.ts';
const WRITER = 'src/protocol/publish-writer.ts';
const BINDINGS = 'src/protocol/alias-bindings.ts';
const KEEP_ALIVE = 'src/protocol/keep-alive.ts';
const FLUSH = 'src/protocol/flush-list.ts';
const SESSION = 'src/protocol/session.ts';
const CONNECT = 'src/protocol/connect-packet.ts';
const HEAP = 'src/protocol/deadline-heap.ts';
const RECONNECT = 'src/host/reconnect.ts';
const CONNECTION = 'src/host/connection.ts';
const READER = 'src/host/reader.ts';
const ASSEMBLER = 'src/host/inbound-assembler.ts';
const SUBMISSIONS = 'src/host/submission-reader.ts';
const SINK = 'src/host/channel-sink.ts';
const HOST = 'src/host/client-host.ts';
const DELIVERIES = 'src/client/deliveries.ts';
const MESSAGE = 'src/client/message.ts';
const CHANNEL = 'src/client/client-channel.ts';
const PENDING = 'src/client/pending-operations.ts';
const CLIENT = 'src/client/mqtt-client.ts';
const SUBSCRIBER = 'src/client/subscriber.ts';
const SUBSCRIPTION = 'src/client/subscription.ts';
const RING = 'src/channel/ring.ts';
const SEGMENTS = 'src/channel/segments.ts';

/** Every planted defect. Each of them has to be found. */
export const MUTANTS: readonly Mutant[] = [
  // Sending again.
  {
    id: 'DUP is forgotten',
    file: WRITER,
    text: 'resubmitted ? this.#memory[start]! | DUP : this.#memory[start]! & ~DUP',
    by: 'this.#memory[start]! & ~DUP',
  },
  {
    id: 'DUP is always set',
    file: WRITER,
    text: 'resubmitted ? this.#memory[start]! | DUP : this.#memory[start]! & ~DUP',
    by: 'table.packetId[row] !== 0 ? this.#memory[start]! | DUP : this.#memory[start]! & ~DUP',
  },
  {
    id: 'a message is not sent again',
    file: RESUBMISSION,
    text: 'if (table.isPublish(row)) table.state[row] = OperationState.RESUBMIT;',
    by: "if (table.isPublish(row)) this.#outbox.finish(row, 'GNEISS_ERR_CONNECTION_LOST');",
  },
  {
    id: 'PUBREL is dropped when the Session is resumed',
    file: RESUBMISSION,
    text: '} else if (state === OperationState.RELEASING) {\n      table.state[row] = OperationState.RESUBMIT_PUBREL;',
    by: "} else if (state === OperationState.RELEASING) {\n      this.#outbox.finish(row, 'GNEISS_ERR_CONNECTION_LOST');",
  },
  {
    id: 'PUBLISH is sent again where PUBREL is due',
    file: RESUBMISSION,
    text: '} else if (state === OperationState.RELEASING) {\n      table.state[row] = OperationState.RESUBMIT_PUBREL;',
    by: '} else if (state === OperationState.RELEASING) {\n      table.state[row] = OperationState.RESUBMIT;',
  },
  {
    id: 'what is sent again is out of order',
    file: 'src/protocol/operation-table.ts',
    text: 'this.sequence[one]! - this.sequence[other]!',
    by: 'this.sequence[other]! - this.sequence[one]!',
  },
  {
    id: 'a lost Session is resumed',
    file: OUTBOUND,
    text: 'if (!settings.sessionPresent) this.#resubmission.restartSession();',
    by: '',
  },
  {
    id: 'a Session that is there is begun anew',
    file: OUTBOUND,
    text: 'if (!settings.sessionPresent) this.#resubmission.restartSession();',
    by: 'this.#resubmission.restartSession();',
  },
  {
    id: 'SUBSCRIBE keeps its identifier over a lost connection and takes another',
    file: RESUBMISSION,
    text: 'packetIds.free(table.packetId[row]!);',
    by: 'if (table.isPublish(row)) packetIds.free(table.packetId[row]!);',
  },
  {
    id: 'a PUBREC is forgotten when the connection is lost before PUBREL is written',
    file: ACKNOWLEDGEMENTS,
    text: 'table.state[row] = OperationState.RELEASING;',
    by: '',
  },
  {
    id: 'PUBREL is written twice',
    file: OPERATIONS,
    text: 'table.pubrelQueued[row] = 0;\n    this.#outbox.written(row, OperationState.RELEASING, now);',
    by: 'table.pubrelQueued[row] = 0;\n    this.#appendPubrel(batch, table.packetId[row]!, REASON_SUCCESS);\n    this.#outbox.written(row, OperationState.RELEASING, now);',
  },
  {
    id: 'QoS 0 is sent again after a lost connection',
    file: FLUSH,
    text: "this.#sink.operationFailed(token, 'GNEISS_ERR_CONNECTION_LOST', this.#counts[entry]!);",
    by: '',
  },
  // Packet Identifiers.
  {
    id: 'an identifier is given out while it is taken',
    file: IDS,
    text: 'while (this.#owners[this.#cursor] !== NO_OWNER);',
    by: 'while (false);',
  },
  {
    id: 'identifier 0 is given out',
    file: IDS,
    text: 'this.#cursor === PACKET_ID_MAX ? 1 : this.#cursor + 1',
    by: 'this.#cursor === PACKET_ID_MAX ? 0 : this.#cursor + 1',
  },
  {
    id: 'an identifier is not given back',
    file: OUTBOX,
    text: 'if (table.packetId[row] !== 0) this.packetIds.free(table.packetId[row]!);',
    by: 'if (table.packetId[row] !== 0 && table.isPublish(row)) this.packetIds.free(table.packetId[row]!);',
  },
  {
    id: 'an aborted exchange gives its identifier back too early',
    file: OUTBOX,
    text: 'table.token[row] = NO_TOKEN;\n    table.abandoned[row] = 1;',
    by: 'table.token[row] = NO_TOKEN;\n    table.abandoned[row] = 1;\n    if (table.packetId[row] !== 0) this.packetIds.free(table.packetId[row]!);',
  },
  {
    id: 'exhausted identifiers are taken all the same',
    file: IDS,
    text: 'return this.#taken === PACKET_ID_MAX;',
    by: 'return false;',
  },
  // Flow control.
  {
    id: 'quota is not given back',
    file: OUTBOX,
    text: 'if (table.holdsQuota[row] === 1) this.sendQuota++;',
    by: '',
  },
  {
    id: 'quota is given back twice',
    file: OUTBOX,
    text: 'if (table.holdsQuota[row] === 1) this.sendQuota++;',
    by: 'if (table.holdsQuota[row] === 1) this.sendQuota += 2;',
  },
  {
    id: 'quota is not taken',
    file: OPERATIONS,
    text: 'table.holdsQuota[row] = 1;\n    this.#outbox.sendQuota--;',
    by: '',
  },
  {
    id: 'what is sent again ignores the quota',
    file: ORDER,
    text: 'return sendQuota > 0 || table.state[resubmit.peek()] === OperationState.RESUBMIT_PUBREL;',
    by: 'return sendQuota > -1000 || table.state[resubmit.peek()] === OperationState.RESUBMIT_PUBREL;',
  },
  {
    id: 'the quota of the last connection goes on',
    file: OUTBOUND,
    text: 'this.#outbox.sendQuota = this.#quota(settings);',
    by: 'if (this.#outbox.sendQuota === 0) this.#outbox.sendQuota = this.#quota(settings);',
  },
  {
    id: 'QoS 0 overtakes QoS 0',
    file: ORDER,
    text: 'return unthrottled.size === 0 && (publishes.size === 0 || sendQuota === 0);',
    by: 'return publishes.size === 0 || sendQuota === 0;',
  },
  {
    id: 'limits of the Server are not looked at when sending again',
    file: OPERATIONS,
    text: 'if (refusal === null) this.#writePublish(row, batch, now);\n    else this.#outbox.abandon(row, refusal);',
    by: 'if (refusal === null || batch.packets >= 0) this.#writePublish(row, batch, now);',
  },
  {
    id: 'Maximum Packet Size is not looked at',
    file: 'src/validation/negotiated.ts',
    text: "if (packetLength > settings.maximumPacketSize) return 'GNEISS_ERR_PACKET_TOO_LARGE';\n  if (qos",
    by: 'if (qos',
  },
  {
    id: 'Maximum QoS is not looked at',
    file: 'src/validation/negotiated.ts',
    text: "if (qos > settings.maximumQos) return 'GNEISS_ERR_QOS_UNSUPPORTED';",
    by: '',
  },
  {
    id: 'Retain Available is not looked at',
    file: 'src/validation/negotiated.ts',
    text: "if (retain && !settings.retainAvailable) return 'GNEISS_ERR_RETAIN_UNSUPPORTED';",
    by: '',
  },
  {
    id: 'wildcards are sent to a Server that has none',
    file: 'src/validation/negotiated.ts',
    text: '!settings.wildcardSubscriptionAvailable && hasWildcard(topicFilter)',
    by: 'false',
  },
  // Completion.
  {
    id: 'a promise resolves at PUBREC',
    file: ACKNOWLEDGEMENTS,
    text: 'table.pubrelQueued[row] = 1;',
    by: 'table.pubrelQueued[row] = 1;\n    this.#sink.publishCompleted(table.token[row]!, 2, 0, 0, 0);\n    table.token[row] = NO_TOKEN;\n    table.abandoned[row] = 1;',
  },
  {
    id: 'a promise fails when QoS 1 is written',
    file: OPERATIONS,
    text: 'table.holdsQuota[row] = 1;\n    this.#outbox.sendQuota--;',
    by: "table.holdsQuota[row] = 1;\n    this.#outbox.sendQuota--;\n    this.#outbox.abandon(row, 'GNEISS_ERR_ACK_TIMEOUT');",
  },
  {
    id: 'the reason code of a refusing PUBREC is lost',
    file: ACKNOWLEDGEMENTS,
    text: 'this.#sink.publishCompleted(token, kind, reasonCode, propertiesStart, propertiesLength);',
    by: 'this.#sink.publishCompleted(token, kind, 0, propertiesStart, propertiesLength);',
  },
  {
    id: 'a refusing PUBREC is answered',
    file: ACKNOWLEDGEMENTS,
    text: 'if (ack.reasonCode >= REASON_FAILURE) {',
    by: 'if (ack.reasonCode > 0xff) {',
  },
  {
    id: 'QoS 0 is complete before the flush',
    file: FLUSH,
    text: '    if (\n      token === NO_TOKEN &&\n      last >= 0 &&',
    by: '    if (token !== NO_TOKEN) this.#sink.publishCompleted(token, 0, REASON_SUCCESS, 0, 0);\n    if (\n      token === NO_TOKEN &&\n      last >= 0 &&',
  },
  {
    id: 'the token of an aborted operation is free before it is complete',
    file: PENDING,
    text: 'const settlement = this.#settlements[slot] ?? null;\n    this.#settlements[slot] = null;',
    by: 'const settlement = this.#settlements[slot] ?? null;\n    if (settlement !== null) this.#free[this.#freeCount++] = slot;\n    this.#settlements[slot] = null;',
  },
  {
    id: 'promises are left open at the end',
    file: PENDING,
    text: 'settlement?.reject(toError());',
    by: 'if (slot % 4 !== 3) settlement?.reject(toError());',
  },
  {
    id: 'an aborted QoS 0 publish is complete again at the flush',
    file: OUTBOUND,
    text: 'return table.token[row]!;',
    by: 'return table.token[row] === -1 ? 0 : table.token[row]!;',
  },
  {
    id: 'what is aborted before it was sent is sent',
    file: OUTBOX,
    text: 'this.#queueOf(row).delete(row);\n      this.finish',
    by: 'this.abandon',
  },
  {
    id: 'an abort that comes before its record is forgotten',
    file: SUBMISSIONS,
    text: 'if (!this.empty) this.#aborted.add(token);',
    by: '',
  },
  {
    id: 'the acknowledgement timer is lost',
    file: OUTBOX,
    text: 'this.ackDeadlines.add(row, now + timeout);',
    by: '',
  },
  {
    id: 'the acknowledgement timer is not looked at',
    file: SESSION,
    text: 'this.#keepAlive.deadline,\n          this.#outbound.nextDeadline(),',
    by: 'this.#keepAlive.deadline,',
  },
  {
    id: 'the acknowledgement timer fires at once',
    file: OUTBOX,
    text: 'this.ackDeadlines.add(row, now + timeout);',
    by: 'this.ackDeadlines.add(row, now);',
  },
  {
    id: 'a timer that is taken out stays in the heap',
    file: HEAP,
    text: 'if (place === ABSENT) return;\n    this.#places[row] = ABSENT;',
    by: 'if (place === ABSENT) return;\n    this.#places[row] = ABSENT;\n    if (this.#size > 1) return;',
  },
  {
    id: 'expiry is not counted down',
    file: WRITER,
    text: 'writeU32(this.#memory, frameStart + offset, interval - waited);',
    by: '',
  },
  {
    id: 'expired messages are sent',
    file: WRITER,
    text: 'if (waited >= interval) return false;',
    by: 'if (waited > interval) return false;',
  },
  {
    id: 'the offline policy is not looked at',
    file: RESUBMISSION,
    text: 'if (table.state[row] === OperationState.QUEUED && !this.#survives(row)) {',
    by: 'if (table.abandoned[row] === 1 && table.state[row] === OperationState.QUEUED) {',
  },
  // Aliases.
  {
    id: 'aliases are kept over a reconnect',
    file: WRITER,
    text: 'this.#bindings.clear();',
    by: '',
  },
  {
    id: 'an alias is used although it stands for another topic',
    file: BINDINGS,
    text: 'if (binding?.length !== topicLength) return false;',
    by: 'if (binding !== undefined) return true;\n    if (binding?.length !== topicLength) return false;',
  },
  {
    id: 'aliases above the maximum are used',
    file: WRITER,
    text: 'if (alias > this.#topicAliasMaximum) {',
    by: 'if (alias > 0xffff) {',
  },
  {
    id: 'all aliases of the Server stand for one topic',
    file: INBOUND,
    text: 'const slot = this.#topics.aliasSlot(alias);',
    by: 'const slot = this.#topics.aliasSlot(1);',
  },
  {
    id: 'an alias that is bound again keeps its old topic',
    file: INBOUND,
    text: 'this.#aliases[alias] = 1;',
    by: 'if (this.#aliases[alias] === 1) return slot;\n      this.#aliases[alias] = 1;',
  },
  {
    id: 'a topic that takes the place of another is not told',
    file: 'src/protocol/topic-slots.ts',
    text: 'this.isNew = slot === NO_TOPIC;',
    by: 'this.isNew = slot === NO_TOPIC && this.#victims[hash & (SETS - 1)] === 0;',
  },
  // Messages of the Server.
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
    text: 'this.#qos2[packetId] = Qos2State.NONE;\n    const reasonCode',
    by: 'const reasonCode',
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
  // Keep alive and the connection.
  {
    id: 'no PINGREQ is sent',
    file: KEEP_ALIVE,
    text: 'return now >= this.#nextPing;',
    by: 'return false;',
  },
  {
    id: 'PINGREQ comes late',
    file: KEEP_ALIVE,
    text: 'this.#nextPing = now + this.#intervalMs;\n    if',
    by: 'this.#nextPing = now + 2 * this.#intervalMs;\n    if',
  },
  {
    id: 'a missing PINGRESP is not noticed',
    file: KEEP_ALIVE,
    text: 'return !this.#readingPaused && now >= this.#pingDeadline;',
    by: 'return false;',
  },
  {
    id: 'PINGRESP does not count',
    file: KEEP_ALIVE,
    text: 'this.#pingDeadline = NEVER;\n    this.#unanswered--;',
    by: 'this.#unanswered--;',
  },
  {
    id: 'Server Keep Alive is not looked at',
    file: 'src/protocol/settings.ts',
    text: 'properties.serverKeepAlive ?? connect.keepAlive',
    by: 'connect.keepAlive',
  },
  {
    id: 'what is acknowledged late pushes PINGREQ out too far',
    file: ACKNOWLEDGEMENTS,
    text: 'this.#keepAlive.acknowledged(table.sentAt[row]!);',
    by: 'this.#keepAlive.acknowledged(table.sentAt[row]! + 5000);',
  },
  {
    id: 'back-off does not grow',
    file: RECONNECT,
    text: 'this.#next = Math.min(2 * limit, reconnectDelayMaxMs);',
    by: '',
  },
  {
    id: 'back-off has no cap',
    file: RECONNECT,
    text: 'const limit = Math.min(this.#next, reconnectDelayMaxMs);\n    this.#next = Math.min(2 * limit, reconnectDelayMaxMs);',
    by: 'const limit = this.#next;\n    this.#next = 2 * limit;',
  },
  {
    id: 'back-off has no jitter',
    file: RECONNECT,
    text: 'return floor + (limit - floor) * this.#random();',
    by: 'return floor + (limit - floor) * (this.#random() > 2 ? 0 : 1);',
  },
  {
    id: 'a refusal for good may be tried again at once',
    file: RECONNECT,
    text: 'const floor = isLasting ? limit / 2 : 0;',
    by: 'const floor = 0;',
  },
  {
    id: 'back-off is never reset',
    file: RECONNECT,
    text: 'if (connectedMs > reconnectResetMs) this.#next = reconnectDelayMinMs;',
    by: '',
  },
  {
    id: 'back-off is reset by a connection that lived briefly',
    file: RECONNECT,
    text: 'if (connectedMs > reconnectResetMs) this.#next',
    by: 'if (connectedMs > 0) this.#next',
  },
  {
    id: 'a refusal for good is tried again at once',
    file: RECONNECT,
    text: 'if (isLasting) this.#next = reconnectDelayMaxMs;',
    by: '',
  },
  {
    id: 'the attempt that follows a delay never comes',
    file: CONNECTION,
    text: 'return Math.min(state.until, this.#session.nextDeadline());',
    by: 'return this.#session.nextDeadline();',
  },
  {
    id: 'an attempt has no timeout',
    file: CONNECTION,
    text: 'return Math.min(state.deadline, this.#session.nextDeadline());',
    by: 'return this.#session.nextDeadline();',
  },
  {
    id: 'a closing transport has no timeout',
    file: CONNECTION,
    text: 'state.closingSince + CLOSE_TIMEOUT_MS\n',
    by: 'NEVER\n',
  },
  {
    id: 'DISCONNECT is written twice',
    file: SESSION,
    text: 'this.#disconnectWritten = true;',
    by: 'this.#disconnectWritten = batch.byteLength > 0;',
  },
  {
    id: 'CONNECT is written twice',
    file: SESSION,
    text: 'this.#connectWritten = true;',
    by: 'this.#connectWritten = batch.byteLength > 0;',
  },
  {
    id: 'packets follow DISCONNECT',
    file: SESSION,
    text: "return this.#state.kind !== 'closing' && this.#outbound.canSubmit(batch);",
    by: 'return this.#outbound.canSubmit(batch);',
  },
  {
    id: 'no DISCONNECT tells of a violation',
    file: 'src/protocol/close-reason.ts',
    text: 'disconnect: version === 5 ? disconnectPacket(violation.reasonCode) : null,',
    by: 'disconnect: null,',
  },
  {
    id: 'a violation in 3.1.1 sends DISCONNECT',
    file: 'src/protocol/close-reason.ts',
    text: 'disconnect: version === 5 ? disconnectPacket(violation.reasonCode) : null,',
    by: 'disconnect: disconnectPacket(violation.reasonCode),',
  },
  {
    id: 'Clean Start is always set',
    file: CONNECT,
    text: "cleanStart: rejoinSession === 'never' ||",
    by: "cleanStart: rejoinSession !== 'never' ||",
  },
  {
    id: 'the assigned Client Identifier is forgotten',
    file: CONNECT,
    text: 'clientId: assignedClientId ?? settings.clientId,',
    by: 'clientId: settings.clientId,',
  },
  {
    id: 'what an earlier connection left incomplete is read into the next',
    file: ASSEMBLER,
    text: 'this.#parsed = this.#written;\n    this.#framer.packetLength = 0;',
    by: 'this.#framer.packetLength = 0;',
  },
  {
    id: 'the batch of a lost connection is written on the next',
    file: CONNECTION,
    text: 'this.#stop = null;\n    this.#batch.reset();',
    by: 'this.#stop = null;',
  },
  {
    id: 'that an earlier transport was ended is believed of the next',
    file: CONNECTION,
    text: 'this.#ended = false;\n    this.#destroyed = false;',
    by: 'this.#destroyed = false;',
  },
  // Between the threads.
  {
    id: 'reading is not resumed',
    file: CONNECTION,
    text: 'if (this.#reader.paused && this.#reader.resume(now)) state.transport.resume();\n  }\n\n  #write',
    by: '}\n\n  #write',
  },
  {
    id: 'reading goes on while packets wait',
    file: READER,
    text: 'this.#paused = true;\n    this.#session.setReadingPaused(true, this.#owner.now());',
    by: 'return true;',
  },
  {
    id: 'waiting bytes are read over',
    file: READER,
    text: 'this.#overflow === null && !isClosing && this.#hasSharedRoom()',
    by: '!isClosing && this.#hasSharedRoom()',
  },
  {
    id: 'a full ring is never told to have room',
    file: RING,
    text: 'return Atomics.exchange(this.#words, this.#starvedWord, 0) === 1;',
    by: 'return false;',
  },
  {
    id: 'free memory is never told of',
    file: SEGMENTS,
    text: 'return Atomics.exchange(this.#words, this.#starvedWord, 0) === 1;',
    by: 'return false;',
  },
  {
    id: 'two threads that wait for each other ring without end',
    file: SEGMENTS,
    text: 'if (!this.#hasReleased) return false;',
    by: '',
  },
  {
    id: 'a segment is free while it is leased',
    file: SEGMENTS,
    text: 'if (outstanding > 0) continue;',
    by: 'if (outstanding > 3) continue;',
  },
  {
    id: 'frames are not released when a message is acknowledged',
    file: OUTBOX,
    text: 'if (table.isPublish(row)) {\n      this.#sink.framesReleased',
    by: 'if (table.kind[row] === OperationKind.QOS_1) {\n      this.#sink.framesReleased',
  },
  {
    id: 'the bell is not rung for what was submitted',
    file: CHANNEL,
    text: 'if (this.deliveries.show() || submitted) this.#doorbell.ring();',
    by: 'if (this.deliveries.show()) this.#doorbell.ring();',
  },
  {
    id: 'drain does not come',
    file: CHANNEL,
    text: 'this.#awaitsRoom = false;\n      this.#owner.drain();',
    by: 'this.#awaitsRoom = false;',
  },
  {
    id: 'the host sleeps although there is work',
    file: HOST,
    text: 'if (!this.#hasWork()) return;\n      this.#doorbell.wake();',
    by: 'return;',
  },
  {
    id: 'stop() is never answered',
    file: CLIENT,
    text: 'for (const resolve of this.#stopWaiters.splice(0)) resolve();\n        // The word',
    by: 'if (this.#stopWaiters.length > 1) for (const resolve of this.#stopWaiters.splice(0)) resolve();\n        // The word',
  },
  {
    id: 'closing does not wait for what was asked for',
    file: CONNECTION,
    text: 'drained && !stop.moreFollows && session.idle',
    by: 'drained && !stop.moreFollows',
  },
  {
    id: 'a stop has no bound',
    file: CONNECTION,
    text: 'isDrained || now >= stop.deadline',
    by: 'isDrained',
  },
  {
    id: 'subscriptions are not made again',
    file: SUBSCRIBER,
    text: 'if (this.#options.main.resubscribe) this.#renew(subscription, packet);',
    by: 'if (!this.#options.main.resubscribe) this.#renew(subscription, packet);',
  },
];
