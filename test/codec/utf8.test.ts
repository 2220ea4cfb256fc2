import { describe, expect, test } from 'vitest';
import {
  checkUtf8,
  decodeUtf8,
  encodeUtf8,
  isValidUtf8String,
  utf8Length,
} from '../../src/codec/utf8.js';
import { VIOLATIONS } from '../../src/errors/violations.js';
import { Prng } from '../support/prng.js';
import { shared } from './support.js';

const fatal = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What the runtime's own decoder says of the bytes, with the rule of MQTT for U+0000 on top. */
function judge(source: Uint8Array): string | null {
  try {
    return fatal.decode(source).includes('\0') ? 'null' : null;
  } catch {
    return 'ill-formed';
  }
}

function ours(source: Uint8Array): string | null {
  const violation = checkUtf8(source, 0, source.length);
  if (violation === null) return null;
  return violation === VIOLATIONS.utf8Null ? 'null' : 'ill-formed';
}

/** Agreement, except that of two faults either may be named. */
function agree(source: Uint8Array): boolean {
  const [mine, theirs] = [ours(source), judge(source)];
  return mine === theirs || (mine !== null && theirs !== null && source.includes(0));
}

describe('[MQTT-1.5.4-1] well-formedness', () => {
  test('every input of one and of two bytes → as the runtime judges', () => {
    for (let first = 0; first < 256; first += 1) {
      expect(agree(Uint8Array.of(first))).toBe(true);
      for (let second = 0; second < 256; second += 1) {
        if (!agree(Uint8Array.of(first, second))) expect.fail(`${first} ${second}`);
      }
    }
  });

  test('every three- and four-byte lead with all second bytes → as the runtime judges', () => {
    const edges = [0x7f, 0x80, 0xbf, 0xc0];
    for (let lead = 0xe0; lead < 0x100; lead += 1) {
      for (let second = 0x7f; second < 0xc2; second += 1) {
        for (const third of edges) {
          if (!agree(Uint8Array.of(lead, second, third))) expect.fail(`${lead} ${second} ${third}`);
          for (const fourth of edges) {
            const source = Uint8Array.of(lead, second, third, fourth);
            if (!agree(source)) expect.fail(source.join(' '));
          }
        }
      }
    }
  });

  test('ASCII of any length with one bad byte anywhere → refused', () => {
    for (let length = 1; length <= 20; length += 1) {
      for (let position = 0; position < length; position += 1) {
        const source = new Uint8Array(length).fill(0x7f);
        expect(ours(source)).toBe(null);
        source[position] = 0x80;
        expect(ours(source)).toBe('ill-formed');
        source[position] = 0;
        expect(ours(source)).toBe('null');
      }
    }
  });

  test('random mixtures → as the runtime judges', () => {
    const prng = new Prng(7);
    const parts = ['a', 'plain', 'é', '鍵', '🔑', '\ufeff', '\u0001', '\uffff', '\u07ff', '\u0800'];
    for (let round = 0; round < 3000; round += 1) {
      let text = '';
      for (let count = prng.below(12); count > 0; count -= 1) text += prng.pick(parts);
      const source = new TextEncoder().encode(text);
      expect(ours(source)).toBe(null);
      if (source.length === 0) continue;
      source[prng.below(source.length)] = prng.below(256);
      expect(agree(source)).toBe(true);
    }
  });

  test('a sequence cut off by the end → refused, and not read beyond', () => {
    const source = new TextEncoder().encode('🔑');
    for (let end = 1; end < 4; end += 1) expect(checkUtf8(source, 0, end)).toBe(VIOLATIONS.utf8);
  });
});

test('[MQTT-5.0:1.5.4-a] control characters and non-characters → accepted', () => {
  expect(ours(new TextEncoder().encode('\u0001\u001f\u007f\u009f\ufdd0\ufffe\u{10ffff}'))).toBe(
    null,
  );
});

test('[MQTT-1.5.4-3] U+FEFF → kept wherever it stands', () => {
  const memory = shared(new TextEncoder().encode('\ufeffa\ufeff'));
  expect(decodeUtf8(memory, 0, 7)).toBe('\ufeffa\ufeff');
});

test.each(['', 'a', 'x'.repeat(23), 'x'.repeat(24), 'x'.repeat(25), 'é', `${'x'.repeat(40)}鍵🔑`])(
  'string %j in shared memory → written, measured and read alike',
  (text) => {
    const memory = new Uint8Array(new SharedArrayBuffer(200));
    const end = encodeUtf8(text, memory, 5);
    expect(end - 5).toBe(utf8Length(text));
    expect([...memory.slice(5, end)]).toEqual([...new TextEncoder().encode(text)]);
    expect(decodeUtf8(memory, 5, end)).toBe(text);
    expect(isValidUtf8String(text)).toBe(true);
  },
);

test.each([
  '\ud800',
  '\udc00',
  'a\ud800b',
  '\ud800\ud800',
  '\udc00\ud800',
  `${'x'.repeat(30)}\ud83d`,
])('lone surrogate in %j → not valid, and measured as it would be written', (text) => {
  expect(isValidUtf8String(text)).toBe(false);
  expect(utf8Length(text)).toBe(new TextEncoder().encode(text).length);
  expect(encodeUtf8(text, new Uint8Array(99), 0)).toBe(utf8Length(text));
});

test('[MQTT-1.5.4-2] U+0000 in a string → not valid', () => {
  expect(isValidUtf8String('\0')).toBe(false);
  expect(isValidUtf8String('abc\0')).toBe(false);
});
