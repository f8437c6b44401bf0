import { integerValue, MAX_INTEGER_DIGITS } from '../json/number.ts';
import { isRawNumber, type RawNumber } from '../json/value.ts';
import { MAX_NUMBER_CHARACTERS, trimUnicode } from './float.ts';
import { leaf, type Refusal, refuse } from './leaf.ts';
import { needsExactParse } from './needs-exact-parse.ts';

/** An integer of any size: a safe number, or a raw number with its digits. */
export type Integer = number | RawNumber;

/** Any integer, coerced as in pydantic's lax mode: whole floats, booleans, text of digits. */
export const Integer = leaf({ kind: 'integer' }, toInteger);

/** An integer with a lower bound. */
export function integerFrom(minimum: number) {
  return leaf({ kind: 'integer', minimum }, input => {
    const value = toInteger(input);
    if (typeof value === 'object' && 'refused' in value) return value;
    if (compareIntegers(value, minimum) >= 0) return value;
    return refuse(`Input should be greater than or equal to ${minimum}`);
  });
}

export function compareIntegers(left: Integer, right: Integer): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  const difference = toBigInt(left) - toBigInt(right);
  if (difference === 0n) return 0;
  return difference > 0n ? 1 : -1;
}

export function increment(value: Integer): Integer {
  return integerValue(String(toBigInt(value) + 1n));
}

/** The canonical decimal digits, as written in JSON and in the keys of a dictionary. */
export function integerText(value: Integer): string {
  return typeof value === 'number' ? String(value) : value.rawJSON;
}

export function toBigInt(value: Integer): bigint {
  return BigInt(integerText(value));
}

export function toInteger(input: unknown): Integer | Refusal {
  if (typeof input === 'number') return wholeNumber(input);
  if (typeof input === 'boolean') return input ? 1 : 0;
  if (typeof input === 'string') return integerFromText(input);
  if (isRawNumber(input)) return integerFromRaw(input);
  return refuse('Input should be a valid integer');
}

function wholeNumber(input: number): Integer | Refusal {
  if (Number.isSafeInteger(input)) return input === 0 ? 0 : input;
  if (Number.isInteger(input) || !Number.isFinite(input)) needsExactParse();
  return refuse('Input should be a valid integer, got a number with a fractional part');
}

function integerFromRaw(input: RawNumber): Integer | Refusal {
  if (/^-?[0-9]+$/.test(input.rawJSON)) return input;
  const value = Number(input.rawJSON);
  if (!Number.isInteger(value)) {
    return refuse('Input should be a valid integer, got a number with a fractional part');
  }
  // pydantic accepts whole floats only within 64 bits.
  if (Math.abs(value) >= 2 ** 63)
    return refuse('Unable to parse input as an integer, exceeded maximum size');
  return integerValue(String(BigInt(value)));
}

// Every character can match in only one way, so no text takes more than one pass. No group is repeated, because
// the engine keeps state for each repetition and aborts a match with too many.
const INTEGER_TEXT = /^([+-]?)([0-9][0-9_]*)(?:\.0+)?$/;
const LOOSE_UNDERSCORE = /__|_(?:\.|$)/;

function integerFromText(input: string): Integer | Refusal {
  if (input.length > MAX_NUMBER_CHARACTERS) {
    return refuse('Unable to parse input string as an integer, exceeded maximum size');
  }
  const text = trimUnicode(input);
  const match = INTEGER_TEXT.exec(text);
  if (match === null || LOOSE_UNDERSCORE.test(text)) {
    return refuse('Input should be a valid integer, unable to parse string as an integer');
  }
  const digits = (match[2] ?? '').replaceAll('_', '').replace(/^0+(?=.)/, '');
  const sign = match[1] === '-' && digits !== '0' ? '-' : '';
  if (sign.length + digits.length > MAX_INTEGER_DIGITS) {
    return refuse('Unable to parse input string as an integer, exceeded maximum size');
  }
  return integerValue(sign + digits);
}
