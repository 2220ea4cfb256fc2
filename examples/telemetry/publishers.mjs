import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The process of the publishers, seen from main.mjs. */
export class Publishers {
  #child;
  #closing = false;
  #waiting = new Map();
  /** Messages sent so far, per publisher and QoS. */
  counts = [];
  /** What the process said of the last second: microseconds and messages sent until then. */
  #reports = [];

  /** @param on `failed(error)`: the process broke; `disconnected()`: a publisher lost its connection. */
  constructor(on) {
    this.#child = fork(fileURLToPath(new URL('./publisher.mjs', import.meta.url)));
    this.#child.on('message', (message) => {
      if (message.counts !== undefined) this.#note(message);
      if (message.kind === 'problem')
        on.failed(new Error(`a publisher failed: ${message.message}`));
      if (message.kind === 'disconnection') on.disconnected();
      this.#waiting.get(message.kind)?.(message);
    });
    this.#child.on('exit', (code, signal) => {
      if (this.#closing) return;
      on.failed(new Error(`the process of the publishers ended unexpectedly (${signal ?? code})`));
    });
    this.#child.on('error', (error) => on.failed(error));
  }

  /** Messages sent so far at one QoS. */
  sent(qos) {
    return this.counts.reduce((sum, counts) => sum + counts[qos], 0);
  }

  /** Messages per second, over the last second. */
  get rate() {
    const first = this.#reports[0];
    const last = this.#reports.at(-1);
    return first === last ? 0 : ((last.sent - first.sent) * 1e6) / (last.time - first.time);
  }

  /** Tells the process something that it does not answer. */
  tell(task) {
    if (this.#child.connected) this.#child.send(task, () => {});
  }

  /** Tells the process something, and waits for its answer. */
  async ask(task, answer) {
    const answered = new Promise((resolve) => this.#waiting.set(answer, resolve));
    this.tell(task);
    return answered;
  }

  /** Resolves when the publishers have published for so many seconds; `rate` is 0 for as fast as it goes. */
  async publish(seconds, rate) {
    this.#reports = [];
    await this.ask({ kind: 'publish', seconds, rate }, 'done');
  }

  /** Lets the publishers say good-bye, but not for long. */
  async close(timeoutMs) {
    this.#closing = true;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    const kill = setTimeout(() => this.kill(), timeoutMs);
    this.tell({ kind: 'close' });
    await exited;
    clearTimeout(kill);
  }

  kill() {
    this.#closing = true;
    this.#child.kill('SIGKILL');
  }

  #note({ counts, time }) {
    this.counts = counts;
    this.#reports.push({ time, sent: this.sent(0) + this.sent(1) });
    while (time - this.#reports[0].time > 1.1e6) this.#reports.shift();
  }
}
