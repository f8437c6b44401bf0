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

interface SchemaCheck {
  readonly check: Check;
  /** Whether the exact parser makes the values, else the engine's parser does. */
  readonly exact: boolean;
}

const CHECKS = new Map<object, SchemaCheck>();

/** From now on the check is asked before this schema. For the modules of schemas, when they are loaded. */
export function addCheck(schema: object, check: SchemaCheck): void {
  CHECKS.set(schema, check);
}

/** Undefined for a schema without a check. */
export function checkOf(schema: object): SchemaCheck | undefined {
  return CHECKS.get(schema);
}

/*
 * Leaves. Most say whether a value is regular. Floats are changed: their checks return the value to store, or `IRREGULAR`.
 */

export function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null;
}

export function isText(value: unknown): boolean {
  return typeof value === 'string';
}

export function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === 'string';
}

export function isBool(value: unknown): boolean {
  return typeof value === 'boolean';
}

export function isBoolOrNull(value: unknown): boolean {
  return value === null || typeof value === 'boolean';
}

export function isInteger(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0);
}

export function isIntegerOrNull(value: unknown): boolean {
  return value === null || isInteger(value);
}

export function isIntegerFrom(value: unknown, minimum: number): boolean {
  return typeof value === 'number' && value >= minimum && isInteger(value);
}

export function isTimeOrNull(value: unknown): boolean {
  return value === null || isTime(value);
}

export function float(value: unknown): unknown {
  if (typeof value === 'number') {
    if (!(Math.abs(value) < 2 ** 53) || Object.is(value, -0)) return IRREGULAR;
    return plainFloatValue(value);
  }
  // The text of an integer is not that of a float.
  return isRawNumber(value) && /[.e]/.test(value.rawJSON) ? value : IRREGULAR;
}

export function floatOrNull(value: unknown): unknown {
  return value === null ? null : float(value);
}

export function floatBetween(value: unknown, minimum: number, maximum: number): unknown {
  const size = isRawNumber(value) ? Number(value.rawJSON) : value;
  const isInside = typeof size === 'number' && size >= minimum && size <= maximum;
  return isInside ? float(value) : IRREGULAR;
}

export function floatBetweenOrNull(value: unknown, minimum: number, maximum: number): unknown {
  return value === null ? null : floatBetween(value, minimum, maximum);
}

/** A time in the format of the files. The one with all digits is read without a regular expression. */
export function isTime(value: unknown): boolean {
  return typeof value === 'string' && (isFullTime(value) || TIME.test(value));
}

/** `2026-01-02T03:04:05.678901Z`, on a day that all months have. */
function isFullTime(value: string): boolean {
  if (value.length !== 27) return false;
  const micros = two(value, 20) + two(value, 22) + two(value, 24);
  return (
    two(value, 0) + two(value, 2) > 0 &&
    value.charCodeAt(4) === DASH &&
    two(value, 5) > 0 &&
    two(value, 5) <= 12 &&
    value.charCodeAt(7) === DASH &&
    two(value, 8) > 0 &&
    two(value, 8) <= DAYS_OF_ALL_MONTHS &&
    value.charCodeAt(10) === LETTER_T &&
    two(value, 11) < 24 &&
    value.charCodeAt(13) === COLON &&
    two(value, 14) < 60 &&
    value.charCodeAt(16) === COLON &&
    two(value, 17) < 60 &&
    value.charCodeAt(19) === POINT &&
    micros > 0 &&
    value.charCodeAt(26) === LETTER_Z
  );
}

/** The number of two digits; NaN if they are none. */
function two(value: string, at: number): number {
  const tens = value.charCodeAt(at) - 48;
  const ones = value.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}

const DASH = 45;
const POINT = 46;
const COLON = 58;
const LETTER_T = 84;
const LETTER_Z = 90;
const DAYS_OF_ALL_MONTHS = 28;

const TIME =
  /^(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?!\.0{6})(?:\.[0-9]{6})?(?:Z|(?![+-]00:00)[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?$/;

/** A check for one of the leaves that only say whether a value is regular. */
export function leaf(isRegularLeaf: (value: unknown) => boolean): Check {
  return value => (isRegularLeaf(value) ? value : IRREGULAR);
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
