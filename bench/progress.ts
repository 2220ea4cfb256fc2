import type { WriteStream } from 'node:tty';

const BAR_CELLS = 24;

/** Tells how far a run of many parts is and how long it will still take, judged by how the parts so far have kept to their plan. */
export class Progress {
  readonly #out: WriteStream;
  readonly #count: number;
  readonly #plannedSeconds: number;
  readonly #startedAt = performance.now();
  #doneSeconds = 0;
  #done = 0;

  /** @param plannedSeconds How long each part should take. */
  constructor(out: WriteStream, plannedSeconds: readonly number[]) {
    this.#out = out;
    this.#count = plannedSeconds.length;
    this.#plannedSeconds = plannedSeconds.reduce((sum, seconds) => sum + seconds, 0);
  }

  /** A part begins: on a terminal one line that is written over, otherwise a line each. */
  begin(what: string): void {
    const part = this.#count === 0 ? 1 : this.#done / this.#count;
    const filled = Math.round(part * BAR_CELLS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    const line = `${bar} ${this.#done + 1}/${this.#count}  ${this.#timeLeft()} left  ${what}`;
    if (this.#out.isTTY) this.#out.write(`\r\u001b[2K${line.slice(0, this.#out.columns - 1)}`);
    else this.#out.write(`${line}\n`);
  }

  /** The part is over. @param plannedSeconds What it was to take. */
  end(plannedSeconds: number): void {
    this.#done += 1;
    this.#doneSeconds += plannedSeconds;
    if (this.#done === this.#count && this.#out.isTTY) this.#out.write('\r\u001b[2K');
  }

  #timeLeft(): string {
    const elapsed = (performance.now() - this.#startedAt) / 1_000;
    const pace = this.#doneSeconds === 0 ? 1 : elapsed / this.#doneSeconds;
    return toDuration((this.#plannedSeconds - this.#doneSeconds) * pace);
  }
}

/** Seconds as people say them. */
export function toDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
