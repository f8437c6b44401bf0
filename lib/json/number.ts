import { ownText } from '../base/own-text.ts';
import { INFINITY, NAN, NEGATIVE_INFINITY, type NonFinite, type RawNumber } from './value.ts';

/** The limit of Python's parser (`sys.set_int_max_str_digits`): integers with more digits are refused. */
export const MAX_INTEGER_DIGITS = 4300;

/**
 * A finite float as Python's `repr` writes it: always with a point or an exponent. The exponent has at
 * least two digits and is used from 1e16 up and below 1e-4. NaN and the infinities are not passed here.
 */
export function floatText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  if (size >= 1e-4 && size < 1e16) {
    const text = String(value);
    return Number.isInteger(value) ? `${text}.0` : text;
  }
  return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

const COMMON_FLOATS = new Map(
  [0, 1, 1800, 100].map(value => [value, JSON.rawJSON(floatText(value))] as const),
);

/** The value of a field of type float. A finite one can go to `JSON.stringify`. */
export function floatValue(value: number): RawNumber | NonFinite {
  if (!Number.isFinite(value)) return nonFinite(value);
  const common = Object.is(value, -0) ? undefined : COMMON_FLOATS.get(value);
  return common ?? JSON.rawJSON(floatText(value));
}

/** As `floatValue`, but a plain number if Python and JavaScript write the same text for it. */
export function plainFloatValue(value: number): number | RawNumber | NonFinite {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16 && !Number.isInteger(value)) return value;
  return floatValue(value);
}

export function nonFinite(value: number): NonFinite {
  if (Number.isNaN(value)) return NAN;
  return value > 0 ? INFINITY : NEGATIVE_INFINITY;
}

/** An integer of any size from its canonical digits: `-?[1-9][0-9]*` or `0`. */
export function integerValue(digits: string): number | RawNumber {
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return JSON.rawJSON(ownText(digits));
}
