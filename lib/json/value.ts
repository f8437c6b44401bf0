/**
 * JSON values that keep what a plain JavaScript value loses: the kind of a number, the digits of a
 * large one, and the order of keys that look like numbers.
 */

declare global {
  /** ES2026 JSON.parse source text access, in every runtime this project runs on. */
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

/**
 * A number by its text: `1.0`, `1e+16`, an integer beyond 2^53. `JSON.stringify` writes it as it
 * stands, so a tree with such numbers is still written by the engine.
 */
export interface RawNumber {
  readonly rawJSON: string;
}

/** NaN and the infinities. Files may hold them, JSON may not: the engine's writer refuses to guess. */
export interface NonFinite {
  readonly nonFinite: 'NaN' | 'Infinity' | '-Infinity';
  toJSON(): never;
}

/**
 * An object whose keys a JavaScript object would put into another order (`"10"` before `"2"`).
 * Made by `orderedObject` alone: a bare `Map` would be written as `{}`.
 */
export interface OrderedObject<T = JsonValue> extends ReadonlyMap<string, T> {
  toJSON(): never;
}

export interface PlainObject {
  readonly [key: string]: JsonValue;
}

/**
 * A plain number is an integer up to 2^53 in size, or a fraction whose text is the same in Python
 * and JavaScript; every other number is a `RawNumber` or a `NonFinite`.
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

/** Thrown out of `JSON.stringify` by values that only the layout's own writer can write. */
export class NeedsOwnWriter extends Error {
  override readonly name = 'NeedsOwnWriter';
}

function refuseEngineWriter(): never {
  throw new NeedsOwnWriter('This value is written by the layout writer alone');
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

/** A JSON object of either kind: not null, no array, no number. */
export function isObject(value: unknown): value is PlainObject | OrderedObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !isNonFinite(value) &&
    !JSON.isRawJSON(value)
  );
}

/** Entries in order of arrival; the last of two equal keys wins, in the place of the first. */
export function orderedObject<T>(entries: Iterable<readonly [string, T]>): OrderedObject<T> {
  return Object.assign(new Map(entries), { toJSON: refuseEngineWriter });
}

const TAIL = Symbol('members after all others');

/**
 * An object with further members behind its own, in their order, whatever their keys. They travel
 * with copies by spread, and only the layout's own writer knows them.
 */
export function withTail<T extends object>(object: T, tail: ReadonlyMap<string, JsonValue>): T {
  return Object.assign(object, { [TAIL]: tail, toJSON: refuseEngineWriter });
}

/** The members behind an object's own, null where it has none. */
export function tailOf(object: object): ReadonlyMap<string, JsonValue> | null {
  const tail: unknown = Reflect.get(object, TAIL);
  return isOrderedObject(tail) ? tail : null;
}

/** The keys that JavaScript sorts to the front: canonical integers from 0 to 2^32 - 2. */
export function isIndexKey(key: string): boolean {
  const first = key.charCodeAt(0);
  if (!(first >= 48 && first <= 57)) return false;
  if (first === 48) return key.length === 1;
  return key.length <= 10 && /^[0-9]+$/.test(key) && Number(key) < 4_294_967_295;
}

/** Sets an own key whatever its name: assignment to `__proto__` would change the prototype. */
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
