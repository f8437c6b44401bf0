import { describe, expect, it } from 'vitest';
import { elementTexts, inOneLine } from '../../../functions/cli/calls/json-rows.ts';
import { agoText, durationText, readDuration } from '../../../functions/cli/terminal/duration.ts';
import { printable, printableJson } from '../../../functions/cli/terminal/printable.ts';
import { tableLines } from '../../../functions/cli/terminal/table.ts';
import { fit, widthOf } from '../../../functions/cli/terminal/width.ts';

describe('printable()', () => {
  it.each([
    ['a b-ä日😀', 'a b-ä日😀'],
    ['👨‍👩‍👧', '👨‍👩‍👧'],
    ['\u001b[31m', '\\x1b[31m'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['\u0000\u007f\u009b', '\\x00\\x7f\\x9b'],
    ['\u202eevil\u2066', '\\u{202e}evil\\u{2066}'],
    ['\ud800', '\\u{d800}'],
    ['\u2028\ufeff\u200b', '\\u{2028}\\u{feff}\\u{200b}'],
  ])('shows %j as %s', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });
});

describe('printableJson()', () => {
  it('keeps the value and the lines of a JSON text', () => {
    const value = { a: '\u009b\u007f\u202e\u{e0041}', b: ['ä'] };
    const text = JSON.stringify(value, null, 2);
    const shown = printableJson(text);
    expect(shown).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
    expect(JSON.parse(shown)).toEqual(value);
    expect(shown.split('\n')).toHaveLength(text.split('\n').length);
  });
});

describe('widthOf()', () => {
  it.each([
    ['abc', 3],
    ['日本', 4],
    ['한글', 4],
    ['😀', 2],
    ['👨‍👩‍👧', 2],
    ['e\u0301', 1],
    ['ＡＢ', 4],
    ['äöü', 3],
    ['', 0],
  ])('of %j is %i', (text, width) => {
    expect(widthOf(text)).toBe(width);
  });
});

describe('fit()', () => {
  it.each([
    ['abcdef', 6, 'abcdef'],
    ['abcdef', 4, 'abc…'],
    ['日本語', 5, '日本…'],
    ['日本語', 4, '日…'],
    ['abc', 1, '…'],
    ['abc', 0, ''],
  ])('of %j in %i columns is %j', (text, columns, kept) => {
    expect(fit(text, columns)).toBe(kept);
  });
});

describe('tableLines()', () => {
  const COLUMNS = [
    { title: 'NAME', isFlexible: true },
    { title: 'N', alignRight: true },
    { title: 'X' },
  ];
  const rows = [
    [{ text: '日本語' }, { text: '1' }, { text: '-' }],
    [{ text: 'a name that is long' }, { text: '100' }, { text: 'yes' }],
  ];

  it('aligns columns by the width that a terminal gives them', () => {
    expect(tableLines(COLUMNS, rows, { columns: null, paintTitle: String })).toEqual([
      'NAME                   N  X',
      '日本語                 1  -',
      'a name that is long  100  yes',
    ]);
  });

  it('cuts a flexible column so that a line fits into the terminal', () => {
    const shown = tableLines(COLUMNS, rows, { columns: 20, paintTitle: String });
    expect(shown[2]).toBe('a name th…  100  yes');
    expect(shown.map(widthOf).every(width => width <= 20)).toBe(true);
  });
});

describe('elementTexts()', () => {
  it('gives the exact texts of the elements of one member', () => {
    const rows = ['{"a":1.0,"b":"]}\\"{","c":[{"d":[]}]}', '{ "n": 12345678901234567890 }', '{}'];
    const text = `{"other":[{"x":1}],"jobs":[${rows.join(', ')}],"corrupt":[{"jobs":[{}]}]}`;
    expect(elementTexts(text, 'jobs')).toEqual(rows);
    expect(elementTexts('{"jobs":[]}', 'jobs')).toEqual([]);
  });
});

describe('inOneLine()', () => {
  it('drops what is between values only', () => {
    const value = { a: 'x\n  y', b: [1, { c: null }] };
    const line = inOneLine(JSON.stringify(value, null, 2));
    expect(line).not.toContain('\n');
    expect(JSON.parse(line)).toEqual(value);
  });
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [200_000, '3m 20s'],
    [7_500_000, '2h 5m'],
    [442_800_000, '5d 3h'],
    [-5, '0s'],
  ])('%i ms are %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
    ['1w', null],
    ['-1s', null],
    ['2026-01-01', null],
  ])('%s is read as %j', (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });

  it('agoText() is a dash for what is no instant', () => {
    expect(agoText('2026-03-04T05:00:00Z', Date.parse('2026-03-04T05:06:07Z'))).toBe('6m ago');
    expect([agoText(null, 0), agoText('\u001b', 0)]).toEqual(['-', '-']);
  });
});
