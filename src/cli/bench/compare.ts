import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CliError, EXIT, type ExitCode } from '../cli-error.js';
import { toErrorLine } from '../style.js';
import { toComparison } from './comparison.js';
import type { Result } from './result.js';

/** Libraries that are compared, in the order of the runs. */
const CLIENTS = ['mqttjs', 'gneiss'] as const;
type ComparedClient = (typeof CLIENTS)[number];

/**
 * `gneiss bench compare`: the same load with each library, each in a process of its own that inherits no heap and no compiled code from
 * another.
 *
 * @param args  What was typed after `compare`, but for the flags of the output.
 */
export async function compare(args: readonly string[], isJson: boolean): Promise<ExitCode> {
  const results: Partial<Record<ComparedClient, Result>> = {};
  for (const client of CLIENTS) {
    process.stderr.write(toErrorLine(`measuring ${client}`));
    results[client] = await runWith(client, args);
  }
  const { mqttjs, gneiss } = results;
  if (mqttjs === undefined || gneiss === undefined) throw new CliError('a run has no result');
  const comparison = { mqttjs, gneiss };
  process.stdout.write(isJson ? `${JSON.stringify(comparison)}\n` : toComparison(comparison));
  return EXIT.done;
}

async function runWith(client: ComparedClient, args: readonly string[]): Promise<Result> {
  const main = fileURLToPath(new URL('./cli/main.js', import.meta.url));
  const words = [main, 'bench', 'pubsub', ...args, '--client', client, '--json'];
  const child = spawn(process.execPath, words, { stdio: ['inherit', 'pipe', 'inherit'] });
  const [output, code] = await Promise.all([text(child.stdout), exitOf(child)]);
  if (output === '') throw new CliError(`the run with ${client} has ended with ${code}`);
  return JSON.parse(output) as Result;
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  const values: unknown[] = await once(child, 'exit');
  return values[0];
}
