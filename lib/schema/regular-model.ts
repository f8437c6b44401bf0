import { isIndexKey, setOwn } from '../json/value.ts';
import { LAST_KEY } from './model.ts';
import { type Check, freeValue, IRREGULAR, isMembers, type Members } from './regular.ts';

/** In place of a default: a field without one, and a field that stays absent. */
export const REQUIRED: unique symbol = Symbol('required');
export const OPTIONAL: unique symbol = Symbol('optional');

/** The key, the check, and the value of an absent field. Without one the field is required. */
type Field = readonly [key: string, check: Check, absent?: unknown];

interface ModelCheck {
  /** The nesting depth of the object. The document itself has depth 1. */
  readonly depth: number;
  /** Keys that the schema reads and does not keep. */
  readonly dropped?: readonly string[];
  /** The fields in the order in which they are written. */
  readonly fields: readonly Field[];
}

/**
 * The check of an object with declared fields and any others behind them. In the order of the fields it stays the same
 * object; otherwise, or if a default is missing, it is built in that order.
 */
export function modelCheck({ depth, dropped = [], fields }: ModelCheck): Check {
  const keys = fields.map(([key]) => key);
  const checks = fields.map(([, check]) => check);
  const absent = fields.map(field => (field.length === 2 ? REQUIRED : field[2]));
  const declared = new Set(keys);
  const ignored = new Set(dropped);
  const unknown = freeValue(depth + 1);

  return (value, exact) => {
    if (!isMembers(value, exact)) return IRREGULAR;
    return isInOrder(value) ? checkInPlace(value, exact) : build(value, exact);
  };

  /** Whether the keys are those of the fields, without optional ones, and then unknown ones with the last key last. */
  function isInOrder(members: Members): boolean {
    let at = 0;
    let isLast = false;
    for (const key in members) {
      if (key === keys[at]) {
        at++;
        continue;
      }
      while (at < keys.length && absent[at] === OPTIONAL && keys[at] !== key) at++;
      if (at < keys.length) {
        if (keys[at] !== key) return false;
        at++;
        continue;
      }
      if (isLast || declared.has(key)) return false;
      isLast = key === LAST_KEY;
    }
    while (at < keys.length && absent[at] === OPTIONAL) at++;
    return at === keys.length;
  }

  function checkInPlace(members: Members, exact: boolean): unknown {
    let at = 0;
    for (const key in members) {
      while (at < keys.length && keys[at] !== key) at++;
      const item = members[key];
      const check = checks[at++];
      if (check === undefined && (ignored.has(key) || isIndexKey(key))) return IRREGULAR;
      const checked = (check ?? unknown)(item, exact);
      if (checked === IRREGULAR) return IRREGULAR;
      if (checked !== item) members[key] = checked;
    }
    return members;
  }

  function build(members: Members, exact: boolean): unknown {
    const built: Members = {};
    for (const [at, key] of keys.entries()) {
      const isPresent = Object.hasOwn(members, key);
      const value = isPresent ? (checks[at] ?? unknown)(members[key], exact) : absent[at];
      if (value === IRREGULAR || value === REQUIRED) return IRREGULAR;
      if (value !== OPTIONAL) built[key] = value;
    }
    return addUnknown(built, members, exact);
  }

  function addUnknown(built: Members, members: Members, exact: boolean): unknown {
    for (const key in members) {
      if (declared.has(key)) continue;
      if (ignored.has(key) || isIndexKey(key)) return IRREGULAR;
      const value = unknown(members[key], exact);
      if (value === IRREGULAR) return IRREGULAR;
      if (key !== LAST_KEY) setOwn(built, key, value);
    }
    if (Object.hasOwn(members, LAST_KEY)) built[LAST_KEY] = members[LAST_KEY];
    return built;
  }
}
