import { isRawNumber } from '../json/value.ts';
import { leaf, type Refusal, refuse } from './leaf.ts';

const WORDS = new Map([
  ...['1', 'on', 't', 'true', 'y', 'yes'].map(word => [word, true] as const),
  ...['0', 'off', 'f', 'false', 'n', 'no'].map(word => [word, false] as const),
]);

const MAX_WORD_CHARACTERS = 5;

export type Bool = boolean;

/** A boolean, coerced as in pydantic's lax mode: 0 and 1 of any number kind, and the usual words. */
export const Bool = leaf({ kind: 'boolean' }, (input): boolean | Refusal => {
  if (typeof input === 'boolean') return input;
  if (typeof input === 'string') {
    const known = input.length > MAX_WORD_CHARACTERS ? undefined : WORDS.get(input.toLowerCase());
    return known ?? refuse('Input should be a valid boolean, unable to interpret input');
  }
  const number = isRawNumber(input) ? Number(input.rawJSON) : input;
  if (number === 1) return true;
  if (number === 0) return false;
  return refuse('Input should be a valid boolean');
});
