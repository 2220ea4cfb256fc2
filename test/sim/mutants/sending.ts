import type { Mutant } from './mutant.js';

const OUTBOUND = 'src/protocol/outbound-flow.ts';
const ACKNOWLEDGEMENTS = 'src/protocol/outbound-acknowledgements.ts';
const OUTBOX = 'src/protocol/outbox.ts';
const RESUBMISSION = 'src/protocol/resubmission.ts';
const OPERATIONS = 'src/protocol/operation-writer.ts';
const ORDER = 'src/protocol/write-order.ts';
const IDS = 'src/protocol/packet-ids.ts';
const WRITER = 'src/protocol/publish-writer.ts';
const FLUSH = 'src/protocol/flush-list.ts';

/** What is sent, sent again, and held back. */
export const SENDING: readonly Mutant[] = [
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
];
