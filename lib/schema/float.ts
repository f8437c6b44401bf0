import { plainFloatValue } from '../json/number.ts';
import { isNonFinite, isRawNumber, type NonFinite, type RawNumber } from '../json/value.ts';
import { leaf, type Refusal, refuse } from './leaf.ts';
import { needsExactParse } from './needs-exact-parse.ts';

/** A field of type float, in the form that is written as Python writes it: a plain number if JavaScript writes the same. */
export type Float = number | RawNumber | NonFinite;

/** Any float, coerced as in pydantic's lax mode: integers, booleans, text, NaN and infinities. */
export const Float = leaf({ kind: 'float' }, toFloat);

/** A float within bounds, both included. NaN is refused. */
export function floatBetween(minimum: number, maximum: number) {
  return leaf({ kind: 'float', minimum, maximum }, input => {
    const value = toFloat(input);
    if (typeof value === 'object' && 'refused' in value) return value;
    const size = floatNumber(value);
    if (!(size >= minimum)) return refuse(`Input should be greater than or equal to ${minimum}`);
    if (!(size <= maximum)) return refuse(`Input should be less than or equal to ${maximum}`);
    return value;
  });
}

export function floatNumber(value: Float): number {
  if (typeof value === 'number') return value;
  return Number('nonFinite' in value ? value.nonFinite : value.rawJSON);
}

function toFloat(input: unknown): Float | Refusal {
  if (typeof input === 'number') {
    // The engine parses both the integer -0 and the float -0.0 to -0.
    if (Object.is(input, -0) || !Number.isFinite(input)) needsExactParse();
    if (Math.abs(input) >= 2 ** 53) needsExactParse();
    return plainFloatValue(input);
  }
  if (isRawNumber(input)) return floatFromRaw(input);
  if (isNonFinite(input)) return input;
  if (typeof input === 'boolean') return plainFloatValue(input ? 1 : 0);
  if (typeof input === 'string') return floatFromText(input);
  return refuse('Input should be a valid number');
}

function floatFromRaw(input: RawNumber): Float | Refusal {
  const value = Number(input.rawJSON);
  // Infinite only for an integer of more than 308 digits, which Python cannot convert to a float.
  return Number.isFinite(value) ? plainFloatValue(value) : refuse('Input should be a valid number');
}

// Every character can match in only one way, so no text takes more than one pass.
const FLOAT_TEXT = /^[+-]?(?:inf|infinity|nan|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?)$/i;

function floatFromText(input: string): Float | Refusal {
  if (input.length > MAX_NUMBER_CHARACTERS) {
    return refuse('Input should be a valid number, unable to parse string as a number');
  }
  const trimmed = trimUnicode(input);
  const loose = /^_|__|_$/.test(trimmed) ? '' : trimmed.replaceAll('_', '');
  if (!FLOAT_TEXT.test(loose)) {
    return refuse('Input should be a valid number, unable to parse string as a number');
  }
  if (/nan/i.test(loose)) return plainFloatValue(Number.NaN);
  if (/inf/i.test(loose)) return plainFloatValue(loose.startsWith('-') ? -Infinity : Infinity);
  return plainFloatValue(Number(loose));
}

const WHITE_SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/**
 * Trims Unicode white space. `String.trim` differs: it removes U+FEFF and not U+0085. A loop, because a
 * regular expression for the end of the text would restart at every space inside it.
 */
export function trimUnicode(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && WHITE_SPACE.test(text.charAt(start))) start++;
  while (end > start && WHITE_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}

/** The limit for a number given as text: the time to parse it grows with its length. */
export const MAX_NUMBER_CHARACTERS = 100_000;
