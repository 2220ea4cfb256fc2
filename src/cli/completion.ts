import { EXIT, refuseUsage } from './cli-error.js';
import { type Command, type CommandFamily, command } from './command.js';
import { type Flag, longName } from './flag.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** The command that prints the completion of a shell, made of the flags of all commands. */
export function createCompletionCommand(commands: readonly (Command | CommandFamily)[]): Command {
  const self: Command = command({
    name: 'completion',
    summary: 'Print the completion script of a shell: bash, zsh or fish.',
    flags: {},
    groups: [],
    positionals: ['<shell>'],
    examples: [
      ['source <(gneiss completion bash)', 'for this shell; in ~/.bashrc for all'],
      ['gneiss completion fish > ~/.config/fish/completions/gneiss.fish', 'for fish'],
    ],
    run: async ([shell]) => {
      const known = SHELLS.find((one) => one === shell);
      if (known === undefined) return refuseUsage(`the shell is one of ${SHELLS.join(', ')}`);
      process.stdout.write(toScript(known, [...commands, self]));
      return EXIT.done;
    },
  });
  return self;
}

/** One command line as far as it has gone, and what may come next. */
interface Place {
  /** The words after `gneiss`: `bench pub`. */
  readonly path: string;
  readonly words: readonly Word[];
}

interface Word {
  readonly text: string;
  readonly doc: string;
  readonly flag: Flag | undefined;
}

function toScript(
  shell: (typeof SHELLS)[number],
  commands: readonly (Command | CommandFamily)[],
): string {
  const places = toPlaces(commands);
  return shell === 'fish' ? toFish(places) : toBash(places, shell === 'zsh');
}

function toPlaces(commands: readonly (Command | CommandFamily)[]): readonly Place[] {
  const names = (list: readonly { readonly name: string; readonly summary: string }[]) =>
    list.map(({ name, summary }) => ({ text: name, doc: summary, flag: undefined }));
  return [
    { path: '', words: names(commands) },
    ...commands.flatMap((one) =>
      'commands' in one
        ? [
            { path: one.name, words: names(one.commands) },
            ...one.commands.map((member) => toPlace(`${one.name} ${member.name}`, member)),
          ]
        : [toPlace(one.name, one)],
    ),
  ];
}

function toPlace(path: string, { groups }: Command): Place {
  const words = groups.flatMap(({ flags }) =>
    Object.entries(flags).flatMap(([name, flag]) => [
      { text: longName(name, flag), doc: flag.doc, flag },
      ...(flag.short === undefined ? [] : [{ text: `-${flag.short}`, doc: flag.doc, flag }]),
    ]),
  );
  return { path, words };
}

/** Bash, and zsh by its emulation of it. */
function toBash(places: readonly Place[], isZsh: boolean): string {
  const cases = places.flatMap(({ path, words }) => {
    const long = words.filter(({ text }) => !/^-[^-]/.test(text)).map(({ text }) => text);
    return [`    '${path}') words='${[...long, '--help'].join(' ')}' ;;`];
  });
  const values = places.flatMap(({ path, words }) =>
    words.flatMap(({ text, flag }) => {
      if (flag?.choices !== undefined)
        return [`    '${path} ${text}') words='${flag.choices.join(' ')}' ;;`];
      if (flag?.isFile === true) return [`    '${path} ${text}') files=1 ;;`];
      return flag?.value === undefined ? [] : [`    '${path} ${text}') return ;;`];
    }),
  );
  const families = places.filter(({ path }) => path.includes(' '));
  const names = [...new Set(families.map(({ path }) => path.split(' ')[0]))].join('|') || '-';
  return `# ${isZsh ? 'zsh' : 'bash'} completion of gneiss
${isZsh ? 'autoload -U +X bashcompinit && bashcompinit\n' : ''}_gneiss() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path='' words='' files=''
  if (( COMP_CWORD > 1 )); then path="\${COMP_WORDS[1]}"; fi
  case "$path" in
    ${names}) if (( COMP_CWORD > 2 )); then path="$path \${COMP_WORDS[2]}"; fi ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  case "$path $previous" in
${values.join('\n')}
  esac
  if [[ -n $files ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
  else
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  fi
}
complete -o bashdefault -F _gneiss gneiss
`;
}

function toFish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) =>
    words.map(({ text, doc, flag }) => {
      const seen = path.split(' ').filter((word) => word !== '');
      const condition =
        seen.length === 0
          ? '__fish_use_subcommand'
          : seen.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ');
      const what = flag === undefined ? `-a ${text}` : toFishFlag(text, flag);
      return `complete -c gneiss -n '${condition}' ${what} -d '${doc.replaceAll("'", "\\'")}'`;
    }),
  );
  return `# fish completion of gneiss\ncomplete -c gneiss -f\n${lines.join('\n')}\n`;
}

function toFishFlag(text: string, { value, choices, isFile }: Flag): string {
  const name = text.startsWith('--') ? `-l ${text.slice(2)}` : `-s ${text.slice(1)}`;
  if (choices !== undefined) return `${name} -x -a '${choices.join(' ')}'`;
  if (isFile === true) return `${name} -r -F`;
  return value === undefined ? name : `${name} -x`;
}
