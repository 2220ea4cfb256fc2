import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT, type ExitCode } from '../cli-error.js';
import { toErrorLine } from '../style.js';
import {
  compareRounds,
  FIGURE_NAMES,
  figuresOf,
  LIBRARIES,
  LIBRARY_NAMES,
  type Library,
  type Round,
  toComparison,
} from './comparison.js';
import type { Result } from './result.js';

/** What is printed besides the progress. */
export interface CompareOutput {
  readonly json: boolean;
  readonly ndjson: boolean;
  readonly csv: boolean;
}

/**
 * `gneiss bench compare`: the same load with each library in turns, each time in a process of its own that inherits no heap and no
 * compiled code from another.
 *
 * @param args  What was typed after `compare`, but for the flags of its own.
 */
export async function compare(
  args: readonly string[],
  repeat: number,
  output: CompareOutput,
): Promise<ExitCode> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (output.csv) print(['round', 'client', ...FIGURE_NAMES].join(','));
  const rounds: Round[] = [];
  const count = repeat * LIBRARY_NAMES.length;
  while (rounds.length < repeat) {
    const round: Partial<Record<Library, Result>> = {};
    for (const [at, client] of LIBRARY_NAMES.entries()) {
      const number = rounds.length * LIBRARY_NAMES.length + at + 1;
      process.stderr.write(toErrorLine(`run ${number} of ${count}: ${LIBRARIES[client]}`));
      const result = await runWith(client, args);
      round[client] = result;
      if (output.ndjson) print(JSON.stringify({ round: rounds.length + 1, ...result }));
      if (output.csv)
        print([rounds.length + 1, client, ...figuresOf(result).map((one) => one ?? '')].join(','));
    }
    rounds.push(round as Round);
  }
  const figures = compareRounds(rounds);
  if (output.json) print(JSON.stringify({ figures, rounds }));
  else if (output.ndjson) print(JSON.stringify({ figures }));
  else if (!output.csv) process.stdout.write(toComparison(rounds));
  return EXIT.done;
}

async function runWith(client: Library, args: readonly string[]): Promise<Result> {
  const main = fileURLToPath(new URL('./cli/main.js', import.meta.url));
  const words = [main, 'bench', 'pubsub', ...args, '--client', client, '--json'];
  const child = spawn(process.execPath, words, { stdio: ['inherit', 'pipe', 'inherit'] });
  const [output, code] = await Promise.all([text(child.stdout), exitOf(child)]);
  if (code === EXIT.interrupted) throw new CliError('interrupted', EXIT.interrupted);
  if (output === '') throw new CliError(`the run with ${client} has ended with ${code}`);
  return JSON.parse(output) as Result;
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  const values: unknown[] = await once(child, 'exit');
  return values[0];
}
