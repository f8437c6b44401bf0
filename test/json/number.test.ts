import { describe, expect, it } from 'vitest';
import { floatText, floatValue, integerValue } from '../../lib/json/number.ts';
import { NAN } from '../../lib/json/value.ts';

describe('floatText()', () => {
  // What Python 3 prints for `repr` of the same numbers.
  it.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [1, '1.0'],
    [-1.5, '-1.5'],
    [0.1, '0.1'],
    [1e-4, '0.0001'],
    [9.99e-5, '9.99e-05'],
    [1e-5, '1e-05'],
    [1e-7, '1e-07'],
    [1e15, '1000000000000000.0'],
    [9999999999999998, '9999999999999998.0'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e22, '1e+22'],
    [1e100, '1e+100'],
    [5e-324, '5e-324'],
    [1.7976931348623157e308, '1.7976931348623157e+308'],
    [33.33333333333333, '33.33333333333333'],
  ])('%d is written as %s', (value, text) => {
    expect(floatText(value)).toBe(text);
  });
});

describe('floatValue()', () => {
  it('is read back as the same number when it is finite', () => {
    expect(JSON.stringify([floatValue(1), floatValue(-0), floatValue(2.5)])).toBe('[1.0,-0.0,2.5]');
  });

  it('keeps negative zero apart from zero', () => {
    expect(floatValue(-0)).not.toEqual(floatValue(0));
  });

  it('is NaN itself when the number is not a number', () => {
    expect(floatValue(Number.NaN)).toBe(NAN);
  });
});

describe('integerValue()', () => {
  it('keeps the digits that a double would lose', () => {
    expect(JSON.stringify(integerValue('9007199254740993'))).toBe('9007199254740993');
  });

  it('is a plain number when a double holds it', () => {
    expect(integerValue('9007199254740991')).toBe(9007199254740991);
  });

  it('has no negative zero', () => {
    expect(Object.is(integerValue('-0'), 0)).toBe(true);
  });
});
