import cliProgress from 'cli-progress';
import { ERR } from '../style.js';
import type { IntervalSample, Phase, StormRound } from './result.js';
import { showMs, showRate } from './units.js';

const WHOLE = 1000;
const PHASES: Readonly<Record<Phase, string>> = {
  warmup: 'warm-up',
  measurement: 'measure',
  cooldown: 'cool-down',
  drain: 'drain',
};
const PHASE_WIDTH = 9;
/** What stands beside the bar, at most. */
const BESIDE_WIDTH = 48;

/** A line on the terminal that tells how far a run is. Without a terminal, nothing. */
export class Progress {
  readonly #bar: cliProgress.SingleBar | null;
  #isStarted = false;
  #round = '';

  constructor(isWanted: boolean) {
    const { columns = 80, isTTY } = process.stderr;
    this.#bar =
      isWanted && isTTY
        ? new cliProgress.SingleBar({
            stream: process.stderr,
            barsize: Math.max(6, Math.min(30, columns - BESIDE_WIDTH)),
            format: `${ERR.cyan('{bar}')} {phase} {rate}  {figure}  {left}`,
            barCompleteChar: '━',
            barIncompleteChar: ERR.isColorSupported ? ERR.dim('━') : ' ',
            hideCursor: true,
            clearOnComplete: true,
            fps: 10,
            linewrap: false,
          })
        : null;
  }

  phase(name: string): void {
    const payload = { phase: name.padEnd(PHASE_WIDTH), rate: '', figure: '', left: '' };
    if (this.#isStarted) this.#bar?.update(0, payload);
    else this.#bar?.start(WHOLE, 0, payload);
    this.#isStarted = true;
  }

  connected(count: number, of: number): void {
    this.#bar?.update((WHOLE * count) / of, { rate: `${count}/${of}` });
  }

  /** A round of a storm is over: stands where p99 does until there is another. */
  round({ round, allBackMs }: StormRound): void {
    this.#round = `round ${round}${allBackMs === null ? '' : `, back in ${showMs(allBackMs)}`}`;
  }

  /** @param fraction How much of the load is over. */
  sample(sample: IntervalSample, elapsedMs: number, fraction: number): void {
    const rate = sample.receivedRate || sample.acknowledgedRate || sample.sentRate;
    const leftMs = fraction > 0 ? (elapsedMs * (1 - fraction)) / fraction : 0;
    const { p99Ms } = sample;
    const latency = p99Ms === null ? '' : `${ERR.dim('p99')} ${showMs(p99Ms).padStart(7)}`;
    this.#bar?.update(WHOLE * fraction, {
      phase: PHASES[sample.phase].padEnd(PHASE_WIDTH),
      rate: ERR.bold(`${showRate(rate)}/s`.padStart(9)),
      figure: this.#round === '' ? latency : this.#round,
      left: ERR.dim(`${Math.ceil(leftMs / 1000)} s left`),
    });
  }

  end(): void {
    if (this.#isStarted) this.#bar?.stop();
    this.#isStarted = false;
  }
}
