import { isNonFinite, isRawNumber, tailOf } from '../../lib/json/value.ts';

/**
 * Whether two values are the same in everything that is written: the kinds of their numbers, the order of their keys,
 * and what an object has beside them.
 */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || one === null) return Object.is(one, other);
  if (typeof other !== 'object' || other === null) return false;
  if (Array.isArray(one) && Array.isArray(other)) return areSameItems(one, other);
  if (isPlain(one) && isPlain(other)) return areSameMembers(one, other);
  return JSON.stringify(shownAs(one)) === JSON.stringify(shownAs(other));
}

/** Everything that `isSameValue` compares, as JSON. */
export function shownAs(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : value;
  if (isRawNumber(value)) return `raw ${value.rawJSON}`;
  if (isNonFinite(value)) return `raw ${value.nonFinite}`;
  if (Array.isArray(value)) return value.map(shownAs);
  const entries = value instanceof Map ? [...value] : Object.entries(value);
  const tail = value instanceof Map ? null : tailOf(value);
  const members = entries.filter(([, item]) => typeof item !== 'function');
  return [
    value instanceof Map ? 'ordered' : Object.getPrototypeOf(value) === Object.prototype,
    members.map(([key, item]) => [key, shownAs(item)]),
    tail === null ? null : shownAs(tail),
  ];
}

/** Most objects are, and need no copy to compare them. */
function isPlain(value: object): value is Readonly<Record<string, unknown>> {
  return (
    Object.getPrototypeOf(value) === Object.prototype &&
    Object.getOwnPropertySymbols(value).length === 0
  );
}

function areSameItems(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, at) => isSameValue(item, other[at]));
}

function areSameMembers(
  one: Readonly<Record<string, unknown>>,
  other: Readonly<Record<string, unknown>>,
): boolean {
  const keys = Object.keys(one);
  const others = Object.keys(other);
  return (
    keys.length === others.length &&
    keys.every((key, at) => key === others[at] && isSameValue(one[key], other[key]))
  );
}
