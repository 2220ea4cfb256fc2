import { InvalidArgumentError, Option, Command as Parser } from 'commander';
import pc from 'picocolors';
import { CliError, type ExitCode } from './cli-error.js';
import type { Command, CommandFamily } from './command.js';
import { type Flag, type FlagGroup, longName } from './flag.js';

/** What a parsed command line asks for. */
export type Invocation = () => Promise<ExitCode>;

/** Makes the parser of all commands. @param found Gets what the command line asks for. */
export function createParser(
  version: string,
  commands: readonly (Command | CommandFamily)[],
  found: (invocation: Invocation) => void,
): Parser {
  const program = new Parser('gneiss')
    .description('MQTT 5 and 3.1.1 on the command line: publish, subscribe, measure, diagnose.')
    .version(version, '--version', 'print the version')
    .usage('<command> [flags]');
  prepare(program);
  program.addHelpText(
    'after',
    '\n`gneiss <command> --help` has the flags and examples of a command. NO_COLOR turns colours off.',
  );
  for (const one of commands) {
    if ('commands' in one) {
      const family = prepare(program.command(one.name).description(one.summary));
      family.usage('<command> [flags]');
      for (const member of one.commands) addCommand(family, member, found);
    } else addCommand(program, one, found);
  }
  return program;
}

function addCommand(
  parent: Parser,
  { name, summary, positionals, groups, examples, run }: Command,
  found: (invocation: Invocation) => void,
): void {
  const parser = prepare(parent.command(name).description(summary));
  parser.usage(['[flags]', ...positionals].join(' '));
  for (const positional of positionals) parser.argument(positional);
  for (const group of groups) addGroup(parser, group);
  const [first] = groups;
  if (first !== undefined)
    parser.addHelpOption(new Option('--help', 'print this help').helpGroup(`${first.title}:`));
  if (examples.length > 0) parser.addHelpText('after', `\n${toExamples(examples)}`);
  parser.action(() => {
    found(() => run(parser.args, toValues(parser, groups)));
  });
}

/** Neither `-h`, which is the host everywhere in MQTT, nor an end of the process in the middle of parsing. */
function prepare(parser: Parser): Parser {
  return parser
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      styleTitle: pc.bold,
      subcommandTerm: (command) => `${command.name()} ${command.usage()}`,
      styleOptionTerm: pc.cyan,
      styleSubcommandTerm: pc.cyan,
    });
}

function addGroup(parser: Parser, { title, flags }: FlagGroup): void {
  for (const [name, flag] of Object.entries(flags)) {
    const value = flag.value === undefined ? '' : ` <${flag.value}>`;
    const short = flag.short === undefined ? '' : `-${flag.short}, `;
    const option = toOption(`${short}${longName(name, flag)}${value}`, flag).helpGroup(`${title}:`);
    parser.addOption(option);
    for (const other of flag.also ?? [])
      parser.addOption(toOption(`--${other}${value}`, { ...flag, fallback: undefined }).hideHelp());
  }
}

function toOption(names: string, flag: Flag): Option {
  const option = new Option(names, toDoc(flag));
  if (flag.env !== undefined) option.env(flag.env);
  if (flag.value === undefined) return option;
  return option.argParser<unknown>((text, previous) => {
    const one = readValue(flag, text);
    if (flag.isRepeatable !== true) return one;
    // Made here, one value at a time.
    return [...((previous as readonly unknown[] | undefined) ?? []), one];
  });
}

/** The values that there are, and the one that is taken without the flag. */
function toDoc({ doc, choices, fallback }: Flag): string {
  const [, text = doc, remark] = /^(.*) \((default: .*)\)$/s.exec(doc) ?? [];
  const notes = [
    ...(choices === undefined ? [] : [choices.join(', ')]),
    ...(fallback === undefined || fallback === false ? [] : [`default: ${String(fallback)}`]),
    ...(remark === undefined ? [] : [remark]),
  ];
  return notes.length === 0 ? doc : `${text} (${notes.join('; ')})`;
}

function readValue(flag: Flag, text: string): unknown {
  try {
    return flag.parse(text);
  } catch (error) {
    throw error instanceof CliError ? new InvalidArgumentError(`It ${error.message}.`) : error;
  }
}

/** The values by the names of the flags, under whatever name they were given. */
function toValues(parser: Parser, groups: readonly FlagGroup[]): Record<string, unknown> {
  const given = parser.opts<Record<string, unknown>>();
  const values: Record<string, unknown> = {};
  for (const { flags } of groups) {
    for (const [name, flag] of Object.entries(flags)) {
      const names = [name, ...(flag.also ?? []).map(toCamelCase)];
      const value = names.map((one) => given[one]).find((one) => one !== undefined);
      values[name] = value ?? (flag.isRepeatable === true ? [] : flag.fallback);
    }
  }
  return values;
}

function toCamelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function toExamples(examples: Command['examples']): string {
  const lines = examples.map(([line, doc]) => `  ${pc.dim(`# ${doc}`)}\n  ${line}`);
  return `${pc.bold('Examples:')}\n${lines.join('\n')}`;
}
