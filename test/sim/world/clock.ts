/** Something that will happen. */
export interface Scheduled {
  at: number;
  /** When it was to happen; later only where its thread was busy. */
  readonly due: number;
  readonly order: number;
  readonly thread: Thread;
  readonly isTimer: boolean;
  readonly run: () => void;
  isCancelled: boolean;
}

/** Whose turn an event is: a thread that is busy takes its events later. */
export type Thread = 'main' | 'worker' | 'outside';

/** Milliseconds since the epoch at which every history begins. */
export const EPOCH = 1_700_000_000_000;

/** Virtual time: events in the order of their time, of when they were due, and of their scheduling where both are the same. */
export class Clock {
  now: number = EPOCH;
  /** Until when the main thread runs code of the user's. */
  #busyUntil = 0;
  /** Until when the worker is held up. */
  #heldUpUntil = 0;
  /** How long it was held up in all, this time included. */
  heldUpMs = 0;
  #order = 0;
  readonly #heap: Scheduled[] = [];

  /** Time as the main thread sees it, which may be in the middle of code that takes long. */
  get mainNow(): number {
    return Math.max(this.now, this.#busyUntil);
  }

  /** Events that are still to come. */
  get pending(): number {
    return this.#heap.reduce((count, { isCancelled }) => count + (isCancelled ? 0 : 1), 0);
  }

  schedule(delayMs: number, thread: Thread, run: () => void, isTimer = false): Scheduled {
    const at = this.now + delayMs;
    const event: Scheduled = {
      at,
      due: at,
      order: this.#order++,
      thread,
      isTimer,
      run,
      isCancelled: false,
    };
    this.#push(event);
    return event;
  }

  /** The main thread does nothing else for so long. */
  blockMain(ms: number): void {
    this.#busyUntil = this.mainNow + ms;
  }

  /** The worker does nothing for so long. */
  holdUpWorker(ms: number): void {
    const until = Math.max(this.#heldUpUntil, this.now + ms);
    this.heldUpMs += until - Math.max(this.#heldUpUntil, this.now);
    this.#heldUpUntil = until;
  }

  /** Tells how much is left of a time, which is longer by as much as the worker is held up meanwhile. */
  countdown(ms: number): () => number {
    const end = this.now + ms - this.heldUpMs + Math.max(0, this.#heldUpUntil - this.now);
    return () => end + this.heldUpMs - this.now;
  }

  /** Schedules a look at what has to have happened by then, or later by as much as the worker is held up meanwhile. */
  expect(delayMs: number, thread: Thread, look: () => void): void {
    const left = this.countdown(delayMs);
    const wait = (ms: number): void => {
      this.schedule(ms, thread, () => {
        if (left() > 0) wait(left());
        else look();
      });
    };
    wait(delayMs);
  }

  /** Takes the next event and makes its time the present. @returns Null when nothing will happen any more. */
  next(): Scheduled | null {
    for (;;) {
      const event = this.#pop();
      if (event === null) return null;
      if (event.isCancelled) continue;
      const free = this.#freeAt(event.thread);
      if (event.at < free) {
        // Nothing overtakes what waits.
        event.at = free;
        this.#push(event);
        continue;
      }
      this.now = Math.max(this.now, event.at);
      return event;
    }
  }

  #freeAt(thread: Thread): number {
    if (thread === 'main') return this.#busyUntil;
    return thread === 'worker' ? this.#heldUpUntil : 0;
  }

  #push(event: Scheduled): void {
    const heap = this.#heap;
    let place = heap.length;
    heap.push(event);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (isBefore(heap[parent]!, event)) break;
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  #pop(): Scheduled | null {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return null;
    if (heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(one: Scheduled, other: Scheduled): boolean {
  if (one.at !== other.at) return one.at < other.at;
  // After it was held up, a worker sees to its timers before it reads what has come.
  if (one.isTimer !== other.isTimer && one.due < one.at && other.due < other.at) return one.isTimer;
  return one.due < other.due || (one.due === other.due && one.order < other.order);
}
