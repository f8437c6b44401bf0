import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/clock.ts';
import { encodeState } from '../../lib/checkpoint/codec.ts';
import { parseLarge } from '../../lib/checkpoint/large-state.ts';
import { type Decoded, parseFast, parseSlow } from '../../lib/checkpoint/parse.ts';
import { settle } from '../../lib/checkpoint/settle.ts';
import { outlineOf } from '../../lib/json/outline.ts';
import { cases } from '../support/effort.ts';

const now = systemClock.now();

/** What JSON allows between its tokens. */
const space = fc.string({ unit: fc.constantFrom(' ', '\t', '\n', '\r'), maxLength: 2 });
const key = fc.oneof(
  fc.constantFrom('1', '2', '3', '10', '01', '-1', '1.0', '', 'a', '__proto__', 'constructor'),
  fc.constantFrom('\\u0031', '1\\u0030', '4294967294', '4294967295', '99999999999', 'a\\"2\\": '),
);
const number = fc.oneof(
  fc.constantFrom('1', '0', '-0', '-0.0', '1.0', '1e3', '1E+2', '1e-7', '1e400', '0.1', '-1.50'),
  fc.constantFrom('9007199254740993', '123456789012345678901234567890', '4503599627370496.5'),
);

/** JSON text with white space of any kind at any place. */
function jsonOf(leaf: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.letrec<{ value: string }>(tie => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc
        .array(fc.tuple(space, tie('value'), space), { maxLength: 3 })
        .map(items => `[${items.map(parts => parts.join('')).join(',')}]`),
      fc
        .array(fc.tuple(space, key, space, space, tie('value'), space), { maxLength: 4 })
        .map(members => `{${members.map(memberText).join(',')}}`),
    ),
  })).value;
}

const word = fc.constantFrom('null', 'true', '"x"', '"\\"2\\":"', '"\\ud800"', '0.5');
/** The second is what the engine's parser may read. */
const value = fc.oneof(jsonOf(fc.oneof(number, word)), jsonOf(word));

function memberText(parts: readonly string[]): string {
  const [before, name, behind, ahead, item, after] = parts;
  return `${before}"${name}"${behind}:${ahead}${item}${after}`;
}

const sheetKey = fc.constantFrom('1', '2', '3', '10', '01', 'x', '\\u0032', '1_0', '');
const sheet = fc
  .tuple(space, number, value)
  .map(
    ([gap, cost, free]) => `{"sheet_num"${gap}:1,"total_cost_usd":${cost},"free"${gap}:${free}}`,
  );
const sheets = fc
  .array(fc.tuple(space, sheetKey, space, space, sheet, space), { maxLength: 4 })
  .map(members => `{${members.map(memberText).join(',')}}`);

const state = fc
  .record({
    name: fc.constantFrom('sheets', '"sheets":{"9":{"sheet_num":9}},"sheets', 'she\\u0065ts'),
    gap: space,
    free: value,
    sheets,
    cost: number,
    opening: fc.constantFrom('{', '{\n  ', '{ '),
    closing: fc.constantFrom('}', '\n  }\n}', ' }'),
  })
  .map(({ name, gap, free, sheets: held, cost, opening, closing }) => {
    const given = name.replace(/^"sheets":\{.*\},"/, '');
    const earlier = name.startsWith('"') ? '"sheets":{"9":{"sheet_num":9}},' : '';
    const head = `"job_id"${gap}:"case","job_name":"n","total_sheets":3,"free":${free},${earlier}`;
    const body = `${opening}${head}"${given}"${gap}:${gap}${held},"total_estimated_cost":${cost}`;
    return closing === '}'
      ? `${body}}`
      : `${body},"last":{"2" :1,"1" :2${closing.replace(/\}$/, '')}}}`;
  });

function bytesOf(decoded: Decoded<Parameters<typeof encodeState>[0]>): string | null {
  if (!decoded.ok) return null;
  return new TextDecoder().decode(encodeState(settle(decoded.value, now)).file);
}

describe('the order of keys and the kinds of numbers', () => {
  it.each([
    ['a space', ' '],
    ['a tab', '\t'],
    ['a line break', '\n'],
    ['a carriage return', '\r'],
    ['several of them', ' \r\n\t'],
  ])('are kept with %s before the colon', (_, gap) => {
    const snapshot = `{"10"${gap}:"a","2"${gap}:"b"}`;
    const text = `{"job_id":"a","job_name":"n","total_sheets":1,"config_snapshot":${snapshot}}`;
    const written = bytesOf(parseFast(text, 'request') ?? parseSlow(text, 'request'));
    expect(written).toContain('"config_snapshot": {\n    "10": "a",\n    "2": "b"\n  }');
  });

  it('are the same on the fast path and on the exact one', () => {
    let fast = 0;
    fc.assert(
      fc.property(state, source => {
        const quick = parseFast(source, 'file');
        if (quick === null) return;
        fast++;
        expect(bytesOf(quick)).toBe(bytesOf(parseSlow(source, 'file')));
      }),
      { seed: 21, numRuns: cases(3000) },
    );
    expect(fast).toBeGreaterThan(100);
  });

  it('are the same sheet by sheet and as a whole', async () => {
    let good = 0;
    await fc.assert(
      fc.asyncProperty(state, fc.constantFrom('file', 'request'), async (text, source) => {
        const outline = outlineOf(text, { member: 'sheets' });
        const pieces = await parseLarge(text, outline, { source, isHuge: false });
        const whole = parseSlow(text, source);
        if (whole.ok) good++;
        expect(pieces.ok).toBe(whole.ok);
        expect(bytesOf(pieces)).toBe(bytesOf(whole));
      }),
      { seed: 22, numRuns: cases(600) },
    );
    expect(good).toBeGreaterThan(200);
  });

  it('of a text that is cut, or has a character more, are judged alike sheet by sheet and as a whole', async () => {
    const broken = fc
      .tuple(
        state,
        fc.nat(),
        fc.constantFrom('', ',', ':', '}', ']', '{', '"', '\\', '1', '\u0001'),
      )
      .map(([text, at, more]) => {
        const place = at % text.length;
        return more === '' ? text.slice(0, place) : text.slice(0, place) + more + text.slice(place);
      });
    await fc.assert(
      fc.asyncProperty(broken, async text => {
        const outline = outlineOf(text, { member: 'sheets' });
        const pieces = await parseLarge(text, outline, { source: 'request', isHuge: false });
        const whole = parseSlow(text, 'request');
        expect(pieces.ok).toBe(whole.ok);
        expect(bytesOf(pieces)).toBe(bytesOf(whole));
        const type = (decoded: typeof whole) => (decoded.ok ? null : decoded.errorType);
        expect(type(pieces)).toBe(type(whole));
      }),
      { seed: 23, numRuns: cases(600) },
    );
  });
});
