import { ownText } from '../base/own-text.ts';
import {
  INFINITY,
  type JsonValue,
  NAN,
  NEGATIVE_INFINITY,
  type NonFinite,
  type RawNumber,
} from './value.ts';

/** Python refuses to read integers of more digits (`sys.set_int_max_str_digits`), and so do we. */
export const MAX_INTEGER_DIGITS = 4300;

/**
 * A float as Python's `repr` writes it: always with a point or an exponent, the exponent from 1e16
 * up and below 1e-4, in at least two digits. Infinite and NaN have no text in JSON and are refused.
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
  [0, 1, 0.5, 1800, 100].map(value => [value, JSON.rawJSON(floatText(value))] as const),
);

/** The value of a field of type float. Finite ones are ready for `JSON.stringify`. */
export function floatValue(value: number): RawNumber | NonFinite {
  if (!Number.isFinite(value)) return nonFinite(value);
  const common = Object.is(value, -0) ? undefined : COMMON_FLOATS.get(value);
  return common ?? JSON.rawJSON(floatText(value));
}

/** A float in a place of free form: the plain number where both languages write it alike. */
export function freeFloatValue(value: number): JsonValue {
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
