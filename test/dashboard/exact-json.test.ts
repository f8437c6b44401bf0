import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactText, parseExact } from '../../functions/dashboard/text/exact-json.ts';
import { cases } from '../support/effort.ts';

describe('parseExact()', () => {
  it('keeps every digit of an integer beyond 2^53', () => {
    expect(parseExact('{"a":[9007199254740993,-12345678901234567890,1]}')).toEqual({
      a: [9007199254740993n, -12345678901234567890n, 1],
    });
  });

  it('leaves safe integers, floats and texts as they are', () => {
    expect(parseExact('[9007199254740991,0.1234567890123456,1e30,"12345678901234567890"]')).toEqual(
      [9007199254740991, 0.1234567890123456, 1e30, '12345678901234567890'],
    );
  });

  it('refuses what is not JSON', () => {
    expect(() => parseExact('{"a":')).toThrow(SyntaxError);
    expect(() => parseExact('12345678901234567890 x')).toThrow(SyntaxError);
  });

  it('brings back every integer', () => {
    fc.assert(
      fc.property(fc.bigInt(), value => {
        expect(exactText(parseExact(`[${value}]`))).toBe(`[\n  ${value}\n]`);
      }),
    );
  });
});

describe('exactText()', () => {
  it('is what JSON.stringify writes where no integer is large', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
        const text = JSON.stringify(value, null, 2);
        expect(exactText(parseExact(text))).toBe(JSON.stringify(JSON.parse(text), null, 2));
      }),
      { numRuns: cases(40) },
    );
  });
});
