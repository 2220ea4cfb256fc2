import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The command line as it is built: `npm test` builds first. */
const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What a command has come to. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export class Gneiss {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  #stderr = '';
  readonly #heard = new Set<() => void>();

  constructor(args: readonly string[], input?: string | Uint8Array, env: NodeJS.ProcessEnv = {}) {
    const { child, stdout, stderr } = start(args, env, input !== undefined);
    this.child = child;
    stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
      for (const heard of this.#heard) heard();
    });
    if (input !== undefined) child.stdin?.end(input);
    this.outcome = Promise.all([
      // A test may close it.
      text(stdout).catch(() => ''),
      once(child, 'close'),
    ]).then(([output, [code]]) => ({
      code: code as number | null,
      stdout: output,
      stderr: this.#stderr,
    }));
  }

  /** Resolves once standard error has the words. */
  async says(words: string): Promise<void> {
    while (!this.#stderr.includes(words)) {
      await new Promise<void>((resolve, reject) => {
        this.#heard.add(resolve);
        this.child.once('close', () => {
          reject(new Error(`it ended with: ${this.#stderr}`));
        });
      });
    }
  }
}

function start(args: readonly string[], env: NodeJS.ProcessEnv, hasInput: boolean) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: [hasInput ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('there are no pipes');
  return { child, stdout, stderr };
}

/** Runs a command to its end. */
export async function gneiss(
  args: readonly string[],
  input?: string | Uint8Array,
  env?: NodeJS.ProcessEnv,
): Promise<Outcome> {
  return new Gneiss(args, input, env).outcome;
}
