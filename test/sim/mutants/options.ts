import type { Mutant } from './mutant.js';

const SLOW_START = 'src/protocol/slow-start.ts';
const INTERRUPTIONS = 'src/protocol/interruptions.ts';
const ORDER = 'src/protocol/write-order.ts';
const LRU = 'src/protocol/lru-aliases.ts';
const WAITING = 'src/protocol/waiting-messages.ts';
const QUEUE = 'src/client/publish-queue.ts';
const BATCH_WRITER = 'src/host/batch-writer.ts';
const CONNECTION = 'src/host/connection.ts';

/** What only a client with certain options does. */
export const OPTIONS: readonly Mutant[] = [
  {
    id: 'slow start sends everything at once',
    file: SLOW_START,
    text: 'if (this.#awaitsAnswer()) return null;',
    by: '',
  },
  {
    id: 'slow start is over with the first answer',
    file: SLOW_START,
    text: 'return this.#ended === this.#rows.length;',
    by: 'return this.#ended > 0 || this.#rows.length === 0;',
  },
  {
    id: 'slow start does not wait for PUBCOMP',
    file: SLOW_START,
    text: 'return state[row] === OperationState.UNACKNOWLEDGED || state[row] === OperationState.RELEASING;',
    by: 'return state[row] === OperationState.UNACKNOWLEDGED;',
  },
  {
    id: 'an operation is sent again once too often',
    file: INTERRUPTIONS,
    text: 'return count <= this.#maximum;',
    by: 'return count <= this.#maximum + 1;',
  },
  {
    id: 'interruptions are not added up',
    file: INTERRUPTIONS,
    text: 'const count = this.#count(row) + 1;',
    by: 'const count = 1;',
  },
  {
    id: 'operations are given up too early',
    file: INTERRUPTIONS,
    text: 'return count <= this.#maximum;',
    by: 'return count < this.#maximum;',
  },
  {
    id: 'a QoS 2 message that is given up frees its identifier',
    file: 'src/protocol/resubmission.ts',
    text: 'if (table.kind[row] !== OperationKind.QOS_2) {',
    by: 'if (table.kind[row] !== OperationKind.QOS_0) {',
  },
  {
    id: 'with fifo, what needs no quota overtakes what waits for it',
    file: ORDER,
    text: 'if (queue === publishes) return sendQuota > 0 && !exhausted ? queue : null;',
    by: 'const other = this.#outbox.unthrottled;\n    if (queue === publishes) return sendQuota > 0 && !exhausted ? queue : other.size > 0 ? other : null;',
  },
  {
    id: 'with fifo, QoS 0 is written past what is queued',
    file: ORDER,
    text: 'return unthrottled.size === 0 && publishes.size === 0 && resubmit.size === 0;',
    by: 'return unthrottled.size === 0 && resubmit.size === 0;',
  },
  {
    id: 'maximumInflight is not looked at',
    file: 'src/protocol/outbound-flow.ts',
    text: 'return Math.min(settings.receiveMaximum, this.#maximumInflight);',
    by: 'return settings.receiveMaximum;',
  },
  {
    id: 'the topic that was used last gives its alias up',
    file: LRU,
    text: 'this.#taken + 1 : this.#newer[END]!;',
    by: 'this.#taken + 1 : this.#older[END]!;',
  },
  {
    id: 'using an alias does not make its topic a recent one',
    file: LRU,
    text: 'if (alias > this.#taken) this.#taken = alias;',
    by: 'if (isKnown) return;\n    if (alias > this.#taken) this.#taken = alias;',
  },
  {
    id: 'the cache of aliases may grow to what the Server takes',
    file: LRU,
    text: 'this.#maximum = Math.min(topicAliasMaximum, this.#capacity);',
    by: 'this.#maximum = topicAliasMaximum;',
  },
  {
    id: 'with topicAliasPolicy none, aliases are used',
    file: 'src/protocol/alias-policies.ts',
    text: "case 'none':\n      return NONE;",
    by: "case 'none':\n      return MANUAL;",
  },
  {
    id: 'drop-oldest drops the newest of what a connection leaves behind',
    file: WAITING,
    text: "if (this.#bounds.offlineQueueFull === 'drop-oldest') waiting.reverse();",
    by: '',
  },
  {
    id: 'with drop-oldest, it is the new message that is dropped',
    file: WAITING,
    text: "if (offlineQueueFull === 'drop-newest' || frameLength > offlineQueueMaximumBytes) return false;",
    by: 'if (offlineQueueMaximumBytes > 0) return false;',
  },
  {
    id: 'the bounds of the offline queue are not looked at',
    file: WAITING,
    text: 'if (!this.#drops || this.#hasRoom(frameLength)) return true;',
    by: 'if (offlineQueueMaximumBytes > 0) return true;',
  },
  {
    id: 'a publish overtakes those that wait for room',
    file: QUEUE,
    text: 'this.#holdBack(size > 0);',
    by: 'this.#holdBack(false);',
  },
  {
    id: 'a publish that waits for room is sent although it was given up',
    file: QUEUE,
    text: 'if (!this.#waiting.delete(publish)) return null;',
    by: '',
  },
  {
    id: 'nothing looks for room for what waits',
    file: QUEUE,
    text: 'if (!this.#awaitRoom()) return;\n    for',
    by: 'if (this.#waiting.size > 0 || !this.#awaitRoom()) return;\n    for',
  },
  {
    id: 'strict compliance tolerates everything',
    file: 'src/protocol/compliance.ts',
    text: 'if (this.#isStrict) return TOLERATIONS[name];',
    by: '',
  },
  {
    id: 'a strict client forgets its subscriptions with the connection',
    file: 'src/protocol/compliance.ts',
    text: 'if (!sessionPresent) this.#subscriptions?.reset();',
    by: 'this.#subscriptions?.reset();',
  },
  {
    id: 'a write has no timeout',
    file: CONNECTION,
    text: 'if (now >= this.#writer.deadline)',
    by: 'if (now >= this.#writer.deadline && this.#ended)',
  },
  {
    id: 'the timeout of a write outlives it',
    file: BATCH_WRITER,
    text: 'this.#isWriting = false;\n    this.#deadline = NEVER;',
    by: 'this.#isWriting = false;',
  },
];
