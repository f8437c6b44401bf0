import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonLimitError, JsonSyntaxError, MAX_DEPTH, parseExactly } from '../../lib/json/parser.ts';
import { INFINITY, isOrderedObject, NAN, NEGATIVE_INFINITY } from '../../lib/json/value.ts';
import { writeLayout, writeValue } from '../../lib/json/writer.ts';
import { cases } from '../support/effort.ts';

function strict(text: string): unknown {
  return parseExactly(text, { nonFinite: false });
}

function lenient(text: string): unknown {
  return parseExactly(text, { nonFinite: true });
}

describe('parseExactly()', () => {
  it.each([
    ['1', '1'],
    ['1.0', '1.0'],
    ['1e3', '1000.0'],
    ['1E-7', '1e-07'],
    ['-0', '0'],
    ['-0.0', '-0.0'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
    ['-9007199254740993', '-9007199254740993'],
    ['0.1', '0.1'],
    ['100000000000000000.0', '1e+17'],
    ['123456789012345', '123456789012345'],
    ['1234567890123456', '1234567890123456'],
  ])('keeps the kind and the digits of %s', (text, written) => {
    expect(writeLayout(strict(text), 'word')).toBe(written);
  });

  it.each([['{"10": 1, "2": 2}'], ['{"b": 1, "2": 2, "a": 3}'], ['{"1": 1, "0": 2}']])(
    'keeps the order of keys in %s',
    text => {
      const parsed = strict(text);
      expect(isOrderedObject(parsed)).toBe(true);
      expect(writeLayout(parsed, 'word').replaceAll(/\n\s*/g, ' ')).toBe(
        text.replace('{', '{ ').replace('}', ' }'),
      );
    },
  );

  it('lets the last of two equal keys win, in the place of the first', () => {
    expect(writeLayout(strict('{"a": 1, "b": 2, "a": 3}'), 'word')).toBe(
      '{\n  "a": 3,\n  "b": 2\n}',
    );
  });

  it('takes __proto__ for a key among others and pollutes nothing', () => {
    const parsed = Object(strict('{"__proto__": {"polluted": 1}, "constructor": 2}'));
    expect(Object.keys(parsed)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('reads NaN and the infinities where files may hold them', () => {
    expect(lenient('[NaN, Infinity, -Infinity, 1e999]')).toEqual([
      NAN,
      INFINITY,
      NEGATIVE_INFINITY,
      INFINITY,
    ]);
  });

  it.each([
    ['NaN'],
    ['Infinity'],
    ['-Infinity'],
    [''],
    [' '],
    ['01'],
    ['1.'],
    ['.5'],
    ['+1'],
    ['1e'],
    ['--1'],
    ['tru'],
    ['nulll'],
    ['"a'],
    ['"\\x"'],
    ['"\\u12"'],
    ['"a\nb"'],
    ['"\u0000"'],
    ['[1,]'],
    ['[1 2]'],
    ['{"a":1,}'],
    ['{"a" 1}'],
    ['{a:1}'],
    ["{'a':1}"],
    ['{} {}'],
    ['[1}'],
    ['\ufeff{}'],
    ['// c\n{}'],
    ['\u00a01'],
  ])('refuses %j as strict JSON', text => {
    expect(() => strict(text)).toThrow(JsonSyntaxError);
  });

  it('takes nesting up to the limit and refuses one level more', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(() => strict(nested(MAX_DEPTH))).not.toThrow();
    expect(() => strict(nested(MAX_DEPTH + 1))).toThrow(JsonLimitError);
  });

  it('refuses a million levels without running out of stack', () => {
    expect(() => strict('['.repeat(1_000_000))).toThrow(JsonLimitError);
    expect(() => strict('{"a":'.repeat(1_000_000))).toThrow(JsonLimitError);
  });

  it('refuses integers of more digits than Python reads', () => {
    expect(() => strict('9'.repeat(4300))).not.toThrow();
    expect(() => strict('9'.repeat(4301))).toThrow(JsonLimitError);
    expect(() => strict(`-${'9'.repeat(4300)}`)).not.toThrow();
  });

  it('agrees with the engine on every value that the engine keeps', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), text => {
        expect(JSON.parse(writeValue(strict(text), '\n', 'word'))).toEqual(JSON.parse(text));
      }),
      { seed: 7, numRuns: cases(700) },
    );
  });

  it('reads a long string as a short one', () => {
    const piece = fc.constantFrom('ab', '\\\\', '\\"', '"', '\\n', '\\u00e9', '\\x', '\n', 'é');
    const ending = fc.array(piece, { maxLength: 6 }).map(pieces => pieces.join(''));
    fc.assert(
      fc.property(ending, rest => {
        const short = outcomeOf(`"aa${rest}"`);
        const padding = 'a'.repeat(1000);
        const long = outcomeOf(`"a${padding}a${rest}"`);
        expect(long.replace(padding, '').replace(/\d+ /, '')).toBe(short.replace(/\d+ /, ''));
      }),
      { seed: 11, numRuns: cases(200) },
    );
  });

  it('refuses and accepts the same texts as the engine', () => {
    const pieces = fc.constantFrom(
      ...'{}[],:"\\u0041truefalsnul-+.eE0123456789 \n\t\u0000\u2028é'.split(''),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), characters => {
        const text = characters.join('');
        expect(accepts(() => strict(text))).toBe(accepts(() => JSON.parse(text)));
      }),
      { seed: 8, numRuns: cases(6000) },
    );
  });
});

describe('writeLayout()', () => {
  it('writes what the own writer writes, whichever of the two does it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
        const text = JSON.stringify(value);
        const ascii = writeLayout(strict(text), 'word');
        expect(ascii).toMatch(/^[\n -~]*$/);
        expect(JSON.parse(ascii)).toEqual(JSON.parse(text));
        expect(JSON.parse(writeValue(strict(text), '\n', 'word'))).toEqual(JSON.parse(ascii));
      }),
      { seed: 9, numRuns: cases(700) },
    );
  });

  it('escapes everything beyond ASCII, and the delete character, in lower-case hex', () => {
    expect(writeLayout('a\u007f', 'word')).toBe('"a\\u007f"');
    expect(writeLayout('é\u007f\u2028😀\ud800', 'word')).toBe(
      '"\\u00e9\\u007f\\u2028\\ud83d\\ude00\\ud800"',
    );
  });

  it('writes empty containers on one line', () => {
    expect(writeLayout({ a: [], b: {} }, 'word')).toBe('{\n  "a": [],\n  "b": {}\n}');
  });

  it('writes non-finite numbers as words in files and as null in strict JSON', () => {
    expect(writeLayout([NAN, NEGATIVE_INFINITY], 'word')).toBe('[\n  NaN,\n  -Infinity\n]');
    expect(writeLayout([NAN, NEGATIVE_INFINITY], 'null')).toBe('[\n  null,\n  null\n]');
  });
});

function accepts(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

/** The value, or at which offset and why the text is refused. */
function outcomeOf(text: string): string {
  try {
    return JSON.stringify(strict(text));
  } catch (error) {
    return error instanceof JsonSyntaxError ? `${error.position} ${error.message}` : String(error);
  }
}
