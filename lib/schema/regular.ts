import { plainFloatValue } from '../json/number.ts';
import { MAX_DEPTH } from '../json/parser.ts';
import { isIndexKey, isRawNumber } from '../json/value.ts';

/*
 * Checks of regular values: those that a schema leaves as they are, or changes in place. They are some ten times as fast as
 * the schema. `IRREGULAR` says only that the schema must decide. A check may change parts of a value and then answer
 * `IRREGULAR`; the schema makes the same of the changed value.
 */

/** The answer for a value that the schema must check. */
export const IRREGULAR: unique symbol = Symbol('irregular');

/**
 * The value to store, which is a part of the given one wherever possible. `exact` says that the exact parser made the
 * value, else the engine's parser did. The value belongs to the check: nothing else may hold it.
 */
export type Check = (value: unknown, exact: boolean) => unknown;

export function text(value: unknown): unknown {
  return typeof value === 'string' ? value : IRREGULAR;
}

export function bool(value: unknown): unknown {
  return typeof value === 'boolean' ? value : IRREGULAR;
}

export function integer(value: unknown): unknown {
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? value : IRREGULAR;
}

export function integerFrom(minimum: number): Check {
  return value => (typeof value === 'number' && value >= minimum ? integer(value) : IRREGULAR);
}

export function float(value: unknown): unknown {
  if (typeof value === 'number') {
    if (!(Math.abs(value) < 2 ** 53) || Object.is(value, -0)) return IRREGULAR;
    return plainFloatValue(value);
  }
  // The text of an integer is not that of a float.
  return isRawNumber(value) && /[.e]/.test(value.rawJSON) ? value : IRREGULAR;
}

export function floatBetween(minimum: number, maximum: number): Check {
  return value => {
    const size = isRawNumber(value) ? Number(value.rawJSON) : value;
    const isInside = typeof size === 'number' && size >= minimum && size <= maximum;
    return isInside ? float(value) : IRREGULAR;
  };
}

const TIME =
  /^(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?!\.0{6})(?:\.[0-9]{6})?(?:Z|(?![+-]00:00)[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?$/;
const DAYS_OF_ALL_MONTHS = '28';

/** A time in the format of the files. */
export function time(value: unknown): unknown {
  if (typeof value !== 'string') return IRREGULAR;
  const match = TIME.exec(value);
  return match !== null && (match[2] ?? '') <= DAYS_OF_ALL_MONTHS ? value : IRREGULAR;
}

export function oneOf(...words: readonly string[]): Check {
  const known = new Set<unknown>(words);
  return value => (known.has(value) ? value : IRREGULAR);
}

export function orNull(check: Check): Check {
  return (value, exact) => (value === null ? null : check(value, exact));
}

export function list(check: Check): Check {
  return (value, exact) => {
    if (!Array.isArray(value)) return IRREGULAR;
    const items: unknown[] = value;
    for (let index = 0; index < items.length; index++) {
      const item = items[index];
      const checked = check(item, exact);
      if (checked === IRREGULAR) return IRREGULAR;
      if (checked !== item) items[index] = checked;
    }
    return items;
  };
}

/** A dictionary whose keys are any texts. */
export function dictionary(check: Check): Check {
  return (value, exact) => {
    if (!isMembers(value, exact)) return IRREGULAR;
    if (!exact && !hasCertainOrder(value)) return IRREGULAR;
    return checkEntries(value, check, exact);
  };
}

/** A dictionary whose keys are integers. The caller knows that the parser has kept their order. */
export function integerDictionary(check: Check): Check {
  return (value, exact) => {
    if (!isMembers(value, exact)) return IRREGULAR;
    for (const key in value) if (!isIndexKey(key)) return IRREGULAR;
    return checkEntries(value, check, exact);
  };
}

function checkEntries(members: Members, check: Check, exact: boolean): unknown {
  for (const key in members) {
    const item = members[key];
    const checked = check(item, exact);
    if (checked === IRREGULAR) return IRREGULAR;
    if (checked === item) continue;
    // An assignment to this key would change the prototype.
    if (key === '__proto__') return IRREGULAR;
    members[key] = checked;
  }
  return members;
}

/** Any value at this nesting depth of the document. */
export function freeValue(depth: number): Check {
  return (value, exact) => (isRegular(value, depth, exact) ? value : IRREGULAR);
}

/** Any object at this nesting depth of the document. */
export function freeObject(depth: number): Check {
  const any = freeValue(depth);
  return (value, exact) => (isMembers(value, exact) ? any(value, exact) : IRREGULAR);
}

/** An object that this check may change. */
export interface Members {
  [key: string]: unknown;
}

/** Whether the value may be an object with members. A function is a member of every special value that is none. */
export function isMembers(value: unknown, exact: boolean): value is Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(exact && JSON.isRawJSON(value));
}

function isRegular(value: unknown, depth: number, exact: boolean): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return exact || isCertainNumber(value);
  if (typeof value !== 'object') return false;
  if (exact && JSON.isRawJSON(value)) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isRegular(item, depth + 1, exact)) return false;
    return true;
  }
  if (!exact && !hasCertainOrder(value)) return false;
  const members = value as Members;
  for (const key in members) if (!isRegular(members[key], depth + 1, exact)) return false;
  return true;
}

/** The engine does not distinguish 1 from 1.0, and Python writes small numbers differently. */
function isCertainNumber(value: number): boolean {
  return Number.isFinite(value) && !Number.isInteger(value) && Math.abs(value) >= 1e-4;
}

/** The engine sorts index keys to the front. Their order in the text is certain only if there is one member. */
function hasCertainOrder(members: object): boolean {
  let isIndexed = false;
  for (const key in members) {
    if (isIndexed) return false;
    if (!isIndexKey(key)) return true;
    isIndexed = true;
  }
  return true;
}
