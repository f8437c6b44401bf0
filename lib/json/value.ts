/**
 * JSON values that preserve what a plain JavaScript value loses: the kind of a number, the digits of a
 * large number, and the order of keys that look like numbers.
 */

declare global {
  /** ES2026 JSON.parse source text access. Every runtime of this project has it. */
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

/**
 * A number stored as its text: `1.0`, `1e+16`, an integer beyond 2^53. `JSON.stringify` writes this text
 * unchanged, so the engine can still write a tree with such numbers.
 */
export interface RawNumber {
  readonly rawJSON: string;
}

/** NaN and the infinities. Files may contain them, strict JSON may not, so `toJSON` throws. */
export interface NonFinite {
  readonly nonFinite: 'NaN' | 'Infinity' | '-Infinity';
  toJSON(): never;
}

/**
 * An object whose key order a JavaScript object would change (`"10"` before `"2"`). Only `orderedObject`
 * creates it: `JSON.stringify` would write a plain `Map` as `{}`.
 */
export interface OrderedObject<T = JsonValue> extends ReadonlyMap<string, T> {
  toJSON(): never;
}

export interface PlainObject {
  readonly [key: string]: JsonValue;
}

/**
 * A plain number is an integer up to 2^53 in size, or a fraction whose text is the same in Python
 * and JavaScript. Every other number is a `RawNumber` or a `NonFinite`.
 */
export type JsonValue =
  | null
  | boolean
  | string
  | number
  | RawNumber
  | NonFinite
  | OrderedObject
  | PlainObject
  | readonly JsonValue[];

/** Thrown out of `JSON.stringify` by values that only the layout writer can write. */
export class NeedsLayoutWriter extends Error {
  override readonly name = 'NeedsLayoutWriter';
}

function refuseEngineWriter(): never {
  throw new NeedsLayoutWriter('Only the layout writer can write this value');
}

export const NAN: NonFinite = { nonFinite: 'NaN', toJSON: refuseEngineWriter };
export const INFINITY: NonFinite = { nonFinite: 'Infinity', toJSON: refuseEngineWriter };
export const NEGATIVE_INFINITY: NonFinite = { nonFinite: '-Infinity', toJSON: refuseEngineWriter };

export function isRawNumber(value: unknown): value is RawNumber {
  return typeof value === 'object' && value !== null && JSON.isRawJSON(value);
}

export function isNonFinite(value: unknown): value is NonFinite {
  return value === NAN || value === INFINITY || value === NEGATIVE_INFINITY;
}

export function isOrderedObject(value: unknown): value is OrderedObject {
  return value instanceof Map;
}

/** Whether a value is a JSON object of either kind, plain or ordered. */
export function isObject(value: unknown): value is PlainObject | OrderedObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !isNonFinite(value) &&
    !JSON.isRawJSON(value)
  );
}

/** Keeps the order of arrival. Of two equal keys the last value wins, at the position of the first. */
export function orderedObject<T>(entries: Iterable<readonly [string, T]>): OrderedObject<T> {
  return Object.assign(new Map(entries), { toJSON: refuseEngineWriter });
}

const TAIL = Symbol('members after all others');

/**
 * Adds members after the object's own ones, in their order, with any keys. A copy by spread keeps them.
 * Only the layout writer writes them.
 */
export function withTail<T extends object>(object: T, tail: ReadonlyMap<string, JsonValue>): T {
  return Object.assign(object, { [TAIL]: tail, toJSON: refuseEngineWriter });
}

/** The members added by `withTail`, or null. */
export function tailOf(object: object): ReadonlyMap<string, JsonValue> | null {
  const tail: unknown = Reflect.get(object, TAIL);
  return isOrderedObject(tail) ? tail : null;
}

/** Whether JavaScript sorts the key to the front: a canonical integer from 0 to 2^32 - 2. */
export function isIndexKey(key: string): boolean {
  const first = key.charCodeAt(0);
  if (!(first >= 48 && first <= 57)) return false;
  if (first === 48) return key.length === 1;
  return key.length <= 10 && /^[0-9]+$/.test(key) && Number(key) < 4_294_967_295;
}

/** Sets an own key of any name. An assignment to `__proto__` would change the prototype. */
export function setOwn<T>(target: Record<string, T>, key: string, value: T): void {
  if (key !== '__proto__') {
    target[key] = value;
    return;
  }
  Object.defineProperty(target, key, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
