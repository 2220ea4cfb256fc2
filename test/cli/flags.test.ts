import { describe, expect, test } from 'vitest';
import type { Command, CommandFamily } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { longName } from '../../src/cli/flag.js';
import { gneiss } from '../support/cli.js';

const ALL = COMMANDS.flatMap((one): Command[] => members(one));

function members(one: Command | CommandFamily): Command[] {
  return 'commands' in one ? [...one.commands] : [one];
}

describe('the flags of a command', () => {
  test.each(ALL.map((one) => [one.name, one] as const))('%s → no name stands for two', (_, one) => {
    const names = one.groups.flatMap(({ flags }) =>
      Object.entries(flags).flatMap(([name, flag]) => [
        longName(name, flag),
        ...(flag.short === undefined ? [] : [`-${flag.short}`]),
        ...(flag.also ?? []).map((other) => `--${other}`),
      ]),
    );
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    // `-h` is the host, `--no-…` a switch that the parser turns round.
    const ours = one.groups.flatMap(({ flags }) => Object.entries(flags));
    const wrong = ours.filter(([name, flag]) => /^no[A-Z]/.test(name) && flag.isNegative !== true);
    expect(wrong).toEqual([]);
  });
});

describe('help', () => {
  test('gneiss without a command → the commands', async () => {
    const { stdout, code } = await gneiss([]);
    expect(code).toBe(0);
    for (const { name, summary } of COMMANDS) {
      expect(stdout).toContain(name);
      expect(stdout.replace(/\s+/g, ' ')).toContain(summary);
    }
  });

  test.each(
    COMMANDS.flatMap((one) => members(one).map((member) => [path(one, member), member] as const)),
  )('gneiss %s --help → every flag, and examples', async (name, { groups }) => {
    const { stdout, code } = await gneiss([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Examples:');
    for (const { flags } of groups)
      for (const [key, flag] of Object.entries(flags))
        expect(stdout).toContain(longName(key, flag));
  });

  test('NO_COLOR → no escape sequences, FORCE_COLOR → some', async () => {
    const plain = await gneiss(['pub'], undefined, { NO_COLOR: '1', FORCE_COLOR: '1' });
    const coloured = await gneiss(['pub'], undefined, { NO_COLOR: '', FORCE_COLOR: '1' });
    expect(plain.stderr).not.toContain('\x1b');
    expect(coloured.stderr).toContain('\x1b[31merror:');
  });

  test('--version → that of the package', async () => {
    const { stdout } = await gneiss(['--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

function path(one: Command | CommandFamily, member: Command): string {
  return one === member ? member.name : `${one.name} ${member.name}`;
}
