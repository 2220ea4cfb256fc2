import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** How a process has ended, and all that it has said. */
export interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** An example, run as a user runs it. It does not outlive the test, however that ends. */
export class ExampleProcess {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #hasClosed = false;
  readonly #output = { stdout: '', stderr: '' };

  /** @param path Below the folder of the examples. */
  constructor(path: string, args: readonly string[] = []) {
    const script = fileURLToPath(new URL(`../../examples/${path}`, import.meta.url));
    this.#child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close').finally(() => {
      this.#hasClosed = true;
    });
    onTestFinished(async () => {
      await this.end('SIGKILL');
    });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]?.setEncoding('utf8').on('data', (text: string) => {
        this.#output[name] += text;
      });
    }
  }

  /** Waits until it has said something that matches, on either output. @throws When it ends without. */
  async says(words: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const { stdout, stderr } = this.#output;
      const found = words.exec(stdout) ?? words.exec(stderr);
      if (found !== null) return found;
      if (this.#hasClosed) throw new Error(`it has not said ${words}: ${stdout}${stderr}`);
      const more = [once(this.#child.stdout!, 'data'), once(this.#child.stderr!, 'data')];
      await Promise.race([...more, this.#closed]);
    }
  }

  /** Waits for its end, which comes by itself or by the signal. */
  async end(signal?: NodeJS.Signals): Promise<Ending> {
    if (signal !== undefined) this.#child.kill(signal);
    await this.#closed;
    return { code: this.#child.exitCode, ...this.#output };
  }
}
