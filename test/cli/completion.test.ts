import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { gneiss } from '../support/cli.js';

/** What bash offers after the words. */
async function offers(...words: readonly string[]): Promise<string[]> {
  const { stdout: script } = await gneiss(['completion', 'bash']);
  const line = words.map((word) => `'${word}'`).join(' ');
  const ask = `COMP_WORDS=(gneiss ${line}); COMP_CWORD=${words.length}; _gneiss; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const offered = execFileSync('bash', ['-c', `${script}\n${ask}`], { encoding: 'utf8' });
  return offered.split('\n').filter((word) => word !== '');
}

describe('gneiss completion bash', () => {
  test('no command yet → the commands', async () => {
    expect(await offers('')).toEqual(expect.arrayContaining(['pub', 'sub', 'rr', 'completion']));
    expect(await offers('p')).toEqual(['pub']);
  });

  test('a flag begun → those of this command', async () => {
    expect(await offers('sub', '--ret')).toEqual(['--retained', '--retain-as-published']);
    expect(await offers('pub', '--ret')).toEqual(['--retain']);
  });

  test('the value of a flag → its choices, or files', async () => {
    expect(await offers('pub', '-q', '')).toEqual(['0', '1', '2']);
    expect(await offers('pub', '--protocol', 'w')).toEqual(['ws', 'wss']);
    expect(await offers('pub', '--ca', 'package.j')).toEqual(['package.json']);
    expect(await offers('pub', '--topic', '')).toEqual([]);
  });
});

test.each(['zsh', 'fish'])('gneiss completion %s → a script', async (shell) => {
  const { stdout, code } = await gneiss(['completion', shell]);
  expect(code).toBe(0);
  expect(stdout).toContain('will-topic');
});

test('gneiss completion of another shell → 2', async () => {
  expect((await gneiss(['completion', 'csh'])).code).toBe(2);
});
