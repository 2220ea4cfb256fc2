import {
  type ControlRequest,
  SubmissionFlag,
  SubmissionKind,
} from '../channel/control-messages.js';
import { type ChannelMemory, SUBMISSION } from '../channel/layout.js';
import { RingConsumer } from '../channel/ring.js';
import { WaitingGauge } from '../channel/waiting-gauge.js';
import { PublishRequest } from '../protocol/operation-table.js';
import type { Session } from '../protocol/session.js';
import type { WriteBatch } from '../protocol/write-batch.js';
import { assert } from '../util/assert.js';

const NO_RECORD = -1;

type PacketRequest = Extract<ControlRequest, { kind: 'packet' }>;

/** Takes operations out of the submission ring, in the order in which they were asked for, as fast as the session accepts them. */
export class SubmissionReader {
  readonly #words: Int32Array;
  readonly #ring: RingConsumer;
  readonly #gauge: WaitingGauge;
  readonly #fetch: () => boolean;
  /** Packets whose message has come and whose record has not been reached: token → message. */
  readonly #packets: Map<number, PacketRequest> = new Map();
  readonly #request = new PublishRequest();
  /** Tokens whose caller has given up before their record was reached. */
  readonly #aborted: Set<number> = new Set();

  /** @param fetch Has the next message taken off the port before its event comes. Returns whether there was one. */
  constructor(memory: ChannelMemory, fetch: () => boolean) {
    this.#words = memory.words;
    this.#ring = new RingConsumer(memory, 'submission');
    this.#gauge = new WaitingGauge(memory);
    this.#fetch = fetch;
  }

  get empty(): boolean {
    return this.#ring.next() === NO_RECORD;
  }

  /** Keeps a packet until its turn. */
  addPacket(request: PacketRequest): void {
    this.#packets.set(request.token, request);
  }

  /** The caller has given up an operation that the session does not know: its record, if there is one, is still to come. */
  abort(token: number): void {
    if (!this.empty) this.#aborted.add(token);
  }

  /** Submits what is there, as far as the session can take it. @returns Whether the main thread waits for the room that was made. */
  submitTo(session: Session, batch: WriteBatch, now: number): boolean {
    let taken = false;
    while (session.canSubmit(batch)) {
      const record = this.#ring.next();
      if (record === NO_RECORD) break;
      taken = true;
      if (this.#words[record + SUBMISSION.kind] === SubmissionKind.PUBLISH) {
        this.#read(record, now);
        if (this.#isAborted(this.#request.token)) {
          session.refusePublish(this.#request, 'GNEISS_ERR_ABORTED');
        } else {
          session.submitPublish(this.#request, batch, now);
        }
      } else {
        const { packet, token, ackTimeoutMs } = this.#takePacket(
          this.#words[record + SUBMISSION.token]!,
        );
        session.submitPacket(packet, token, ackTimeoutMs);
        if (this.#isAborted(token)) session.abort(token);
      }
      this.#ring.advance();
    }
    // Before the head moves: nothing may be missing in both places.
    const changed = this.#gauge.show(session.waiting);
    this.#ring.release();
    // Whatever is not there now was completed before: its token may come again, for another operation.
    if (this.#aborted.size > 0 && this.empty) this.#aborted.clear();
    // Both flags are taken, whatever the first says.
    const lacksRecords = this.#ring.takeStarved();
    return ((taken || changed) && this.#gauge.takeStarved()) || lacksRecords;
  }

  /** Shows what waits for a connection. @returns Whether the main thread waits for room that there may be now. */
  showWaiting(session: Session): boolean {
    return this.#gauge.show(session.waiting) && this.#gauge.takeStarved();
  }

  #isAborted(token: number): boolean {
    return this.#aborted.size > 0 && this.#aborted.has(token);
  }

  #read(record: number, now: number): void {
    const words = this.#words;
    const request = this.#request;
    const flags = words[record + SUBMISSION.flags]!;
    const qos = flags & SubmissionFlag.QOS_MASK;
    request.qos = qos === 0 ? 0 : qos === 1 ? 1 : 2;
    request.retain = (flags & SubmissionFlag.RETAIN) !== 0;
    request.token = words[record + SUBMISSION.token]!;
    request.frameStart = words[record + SUBMISSION.frameStart]!;
    request.frameLength = words[record + SUBMISSION.frameLength]!;
    request.segment = words[record + SUBMISSION.segment]!;
    request.generation = words[record + SUBMISSION.generation]!;
    request.topicLength = words[record + SUBMISSION.topicLength]!;
    request.topicAlias = words[record + SUBMISSION.topicAlias]!;
    request.propertiesLength = words[record + SUBMISSION.propertiesLength]!;
    request.ackTimeoutMs = words[record + SUBMISSION.ackTimeoutMs]!;
    request.messageExpiryInterval = -1;
    if ((flags & SubmissionFlag.EXPIRES) !== 0) {
      request.messageExpiryInterval = words[record + SUBMISSION.messageExpiryInterval]! >>> 0;
      // Only the low bits travel: what is missing is the time since. No message comes from the future, whatever the clocks say.
      const age = (Math.floor(now) - words[record + SUBMISSION.submittedAtMs]!) | 0;
      request.submittedAt = now - Math.max(0, age);
    }
  }

  /** The message was posted before the record was published, so it is in the port at the latest. */
  #takePacket(token: number): PacketRequest {
    let request = this.#packets.get(token);
    for (; request === undefined; request = this.#packets.get(token))
      assert(this.#fetch(), 'the message of a packet is posted before its record');
    this.#packets.delete(token);
    return request;
  }
}
