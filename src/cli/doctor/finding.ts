import { OUT } from '../style.js';

/** How a step went. `skipped`: there was no need, or no way. */
export type Verdict = 'ok' | 'warning' | 'failed' | 'skipped';

/** What one step has found. */
export interface Finding {
  readonly step: string;
  readonly verdict: Verdict;
  /** One line. */
  readonly text: string;
  /** Milliseconds that it took; undefined where that says nothing. */
  readonly ms?: number | undefined;
  /** Further facts by name. */
  readonly details?: Readonly<Record<string, string>> | undefined;
  /** What may help. */
  readonly hint?: string | undefined;
}

const SIGNS: Readonly<Record<Verdict, string>> = {
  ok: OUT.green('✓'),
  warning: OUT.yellow('!'),
  failed: OUT.red('✗'),
  skipped: OUT.dim('–'),
};
const STEP_WIDTH = 16;
const DETAIL_WIDTH = 22;

/** A finding as people read it. */
export function toLines({ step, verdict, text, ms, details, hint }: Finding): string {
  const time = ms === undefined ? '' : OUT.dim(`  ${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`);
  const facts = Object.entries(details ?? {}).map(
    ([name, value]) => `    ${OUT.dim(name.padEnd(DETAIL_WIDTH))} ${value}\n`,
  );
  const advice = hint === undefined ? '' : `  ${OUT.yellow('→')} ${hint}\n`;
  return `${SIGNS[verdict]} ${step.padEnd(STEP_WIDTH)} ${text}${time}\n${facts.join('')}${advice}`;
}
