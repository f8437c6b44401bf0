import { describe, expect, it } from 'vitest';
import { linesWith, tokensOf } from '../../functions/dashboard/text/json-line.ts';

describe('tokensOf()', () => {
  it('knows names, texts, numbers and words, and loses no character', () => {
    const line = '  "a\\"b": [12345678901234567890, -0.0, true, "x: 1"],';
    const tokens = tokensOf(line);
    expect(tokens.map(({ text }) => text).join('')).toBe(line);
    expect(tokens.filter(({ kind }) => kind !== 'other')).toEqual([
      { kind: 'name', text: '"a\\"b"' },
      { kind: 'number', text: '12345678901234567890' },
      { kind: 'number', text: '-0.0' },
      { kind: 'word', text: 'true' },
      { kind: 'text', text: '"x: 1"' },
    ]);
  });

  it('keeps a line that was cut within a text', () => {
    const line = '"stdout_tail": "abc <script>';
    expect(
      tokensOf(line)
        .map(({ text }) => text)
        .join(''),
    ).toBe(line);
  });
});

describe('linesWith()', () => {
  it('finds the first lines in any case', () => {
    expect(linesWith(['Alpha', 'beta', 'ALPHA'], 'alpha ', 10)).toEqual([0, 2]);
    expect(linesWith(['a', 'a', 'a'], 'a', 2)).toEqual([0, 1]);
    expect(linesWith(['a'], '  ', 2)).toEqual([]);
  });
});
