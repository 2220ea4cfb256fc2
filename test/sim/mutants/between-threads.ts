import type { Mutant } from './mutant.js';

const OUTBOX = 'src/protocol/outbox.ts';
const CONNECTION = 'src/host/connection.ts';
const READER = 'src/host/reader.ts';
const HOST = 'src/host/client-host.ts';
const CHANNEL = 'src/client/client-channel.ts';
const LIFE_CYCLE = 'src/client/life-cycle.ts';
const SUBSCRIBER = 'src/client/subscriber.ts';
const RING = 'src/channel/ring.ts';
const SEGMENTS = 'src/channel/segments.ts';

/** Between the threads. */
export const BETWEEN_THREADS: readonly Mutant[] = [
  {
    id: 'a deadline comes before what has arrived',
    file: HOST,
    text: 'environment.defer(() => {\n        this.#turn(firedAt);\n      });',
    by: 'this.#turn(firedAt);',
  },
  {
    id: 'every turn goes past deadlines',
    file: HOST,
    text: 'if (now < deadline || deadline <= heardUntil)\n      this',
    by: 'this',
  },
  {
    id: 'reading is not resumed',
    file: CONNECTION,
    text: 'if (this.#reader.paused && this.#reader.resume(now)) state.transport.resume();\n  }\n\n  /** Once everything',
    by: '}\n\n  /** Once everything',
  },
  {
    id: 'reading goes on while packets wait',
    file: READER,
    text: 'this.#setPaused(true);',
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
    file: LIFE_CYCLE,
    text: 'for (const resolve of this.#stopWaiters.splice(0)) resolve();\n    // The word',
    by: 'if (this.#stopWaiters.length > 1) for (const resolve of this.#stopWaiters.splice(0)) resolve();\n    // The word',
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
    text: 'if (this.#options.main.resubscribe) this.#renewals.renew(subscription, packet);',
    by: 'if (!this.#options.main.resubscribe) this.#renewals.renew(subscription, packet);',
  },
];
