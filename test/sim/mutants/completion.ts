import type { Mutant } from './mutant.js';

const OUTBOUND = 'src/protocol/outbound-flow.ts';
const TOPICS = 'src/protocol/inbound-topics.ts';
const ACKNOWLEDGEMENTS = 'src/protocol/outbound-acknowledgements.ts';
const OUTBOX = 'src/protocol/outbox.ts';
const RESUBMISSION = 'src/protocol/resubmission.ts';
const OPERATIONS = 'src/protocol/operation-writer.ts';
const WRITER = 'src/protocol/publish-writer.ts';
const BINDINGS = 'src/protocol/alias-bindings.ts';
const FLUSH = 'src/protocol/flush-list.ts';
const SESSION = 'src/protocol/session.ts';
const HEAP = 'src/protocol/deadline-heap.ts';
const SUBMISSIONS = 'src/host/submission-reader.ts';
const PENDING = 'src/client/pending-operations.ts';

/** How operations end, and aliases. */
export const COMPLETION: readonly Mutant[] = [
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
    text: 'this.keepAlive.deadline,\n          this.#outbound.nextDeadline(),',
    by: 'this.keepAlive.deadline,',
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
    text: 'const last = this.#rows[--this.#size]!;',
    by: 'if (this.#size > 1) return;\n    const last = this.#rows[--this.#size]!;',
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
    file: TOPICS,
    text: 'const slot = this.#topics.aliasSlot(alias);',
    by: 'const slot = this.#topics.aliasSlot(1);',
  },
  {
    id: 'an alias that is bound again keeps its old topic',
    file: TOPICS,
    text: 'this.#aliases[alias] = 1;',
    by: 'if (this.#aliases[alias] === 1) return slot;\n      this.#aliases[alias] = 1;',
  },
  {
    id: 'a topic that takes the place of another is not told',
    file: 'src/protocol/topic-slots.ts',
    text: 'this.isNew = slot === NO_TOPIC;',
    by: 'this.isNew = slot === NO_TOPIC && this.#victims[hash & (SETS - 1)] === 0;',
  },
];
