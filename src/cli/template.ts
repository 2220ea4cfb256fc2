import { refuseUsage } from './cli-error.js';

/** What stands for each letter after `%`. */
export type Tokens<Input> = Readonly<Record<string, (input: Input) => string | Uint8Array>>;

/** A template, ready to be filled in: its pieces in order. */
export type Template<Input> = (input: Input) => readonly (string | Uint8Array)[];

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '0': '\0',
  a: '\x07',
  e: '\x1b',
  '\\': '\\',
};

/**
 * Reads a template: `%` and a letter for a value, `%%` for a percent sign, and the escapes of C.
 *
 * @throws {CliError} For a letter that stands for nothing.
 */
export function parseTemplate<Input>(text: string, tokens: Tokens<Input>): Template<Input> {
  const pieces = Array.from(
    text.matchAll(/%(.)|\\(.)|[^%\\]+|[%\\]/gs),
    ([whole, letter, escaped]) => {
      if (letter === '%') return '%';
      if (letter !== undefined) return tokens[letter] ?? refuseToken(letter, tokens);
      return escaped === undefined ? whole : (ESCAPES[escaped] ?? whole);
    },
  );
  return (input) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece(input)));
}

function refuseToken(letter: string, tokens: Tokens<never>): never {
  const known = Object.keys(tokens).map((one) => `%${one}`);
  return refuseUsage(`%${letter} stands for nothing here`, `there are ${known.join(' ')} and %%`);
}

/** The pieces as one text; bytes are taken for UTF-8. */
export function toText(pieces: readonly (string | Uint8Array)[]): string {
  return pieces
    .map((piece) => (typeof piece === 'string' ? piece : Buffer.from(piece).toString('utf8')))
    .join('');
}
