import { CommanderError } from 'commander';
import { EXIT, type ExitCode } from './cli-error.js';
import { COMMANDS } from './commands.js';
import { createCompletionCommand } from './completion.js';
import { createParser, type Invocation } from './program.js';
import { ERR } from './style.js';
import { readVersion } from './version.js';

/** Runs what a command line asks for. Errors are told on standard error. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Who read it has gone, as with `head`: there is nobody left to tell.
    if (error.code === 'EPIPE') process.exit(EXIT.done);
    throw error;
  });
  try {
    let invocation: Invocation | null = null;
    const completion = createCompletionCommand(COMMANDS);
    const parser = createParser(readVersion(), [...COMMANDS, completion], (found) => {
      invocation = found;
    });
    if (args.length === 0) {
      parser.outputHelp();
      return EXIT.done;
    }
    parser.parse(args, { from: 'user' });
    // Assigned by the callback, which the type checker does not see.
    return (await (invocation as Invocation | null)?.()) ?? EXIT.done;
  } catch (error) {
    if (error instanceof CommanderError) return endParsing(error);
    const { explain } = await import('./explain.js');
    const { message, hint, exitCode } = explain(error);
    if (exitCode !== EXIT.interrupted) tell(message, hint);
    return exitCode;
  }
}

function endParsing({ code, exitCode, message }: CommanderError): ExitCode {
  // The help, or the version.
  if (exitCode === 0) return EXIT.done;
  // A family of commands without one of them: its help was shown.
  if (code !== 'commander.help') {
    const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
    const suggestion = rest.join(' ').replace(/^\((.*)\)$/, '$1');
    tell(first, suggestion === '' ? '--help lists the flags' : suggestion);
  }
  return EXIT.usage;
}

function tell(message: string, hint: string | undefined): void {
  const advice = hint === undefined ? '' : `${ERR.dim('hint:')} ${hint}\n`;
  process.stderr.write(`${ERR.red('error:')} ${message}\n${advice}`);
}
