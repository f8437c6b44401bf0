import { isIndexKey, setOwn } from '../json/value.ts';
import { LAST_KEY } from './model.ts';
import { type Check, freeValue, IRREGULAR, isMembers, type Members } from './regular.ts';

/** In place of a default: a field without one, and a field that stays absent. */
export const REQUIRED: unique symbol = Symbol('required');
export const OPTIONAL: unique symbol = Symbol('optional');

/** A body may have very many other members. Those the schema reads with less work. */
const MAX_OTHERS = 1000;

interface ModelCheck {
  /** The nesting depth of the object. The document itself has depth 1. */
  readonly depth: number;
  /** Keys that the schema reads and does not keep. */
  readonly dropped?: readonly string[];
  /** The keys of the fields in the order in which they are written, and the values of absent ones. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Checks the values of all fields, and changes them in place where that is necessary. */
  readonly isRegular: (members: Members, exact: boolean) => boolean;
}

/**
 * The check of an object with declared fields and any others behind them. In the order of the fields it stays the same
 * object; otherwise, or if a default is missing, it is built in that order.
 */
export function modelCheck({ depth, dropped = [], fields, isRegular }: ModelCheck): Check {
  const keys = Object.keys(fields);
  const absent = Object.values(fields);
  const ignored = new Set(dropped);
  const unknown = freeValue(depth + 1);

  return (value, exact) => {
    if (!isMembers(value, exact)) return IRREGULAR;
    const order = orderOf(value);
    if (order === 'too many') return IRREGULAR;
    if (order !== 'fields' && !areOthersRegular(value, exact)) return IRREGULAR;
    const members = order === 'other' ? build(value) : value;
    return members !== null && isRegular(members, exact) ? members : IRREGULAR;
  };

  /** Whether the keys are those of the fields, optional ones aside, or those and then unknown ones with the last key last. */
  function orderOf(members: Members): 'fields' | 'fields and others' | 'other' | 'too many' {
    let at = 0;
    let others = 0;
    let isLast = false;
    for (const key in members) {
      while (key !== keys[at] && absent[at] === OPTIONAL) at++;
      if (key === keys[at]) {
        at++;
        continue;
      }
      if (at < keys.length || isLast || Object.hasOwn(fields, key)) return 'other';
      others += 1;
      if (others > MAX_OTHERS) return 'too many';
      isLast = key === LAST_KEY;
    }
    while (absent[at] === OPTIONAL) at++;
    if (at < keys.length) return 'other';
    return others > 0 ? 'fields and others' : 'fields';
  }

  function areOthersRegular(members: Members, exact: boolean): boolean {
    let count = 0;
    for (const key in members) {
      if (Object.hasOwn(fields, key)) continue;
      count += 1;
      if (count > MAX_OTHERS || ignored.has(key) || isIndexKey(key)) return false;
      if (unknown(members[key], exact) === IRREGULAR) return false;
    }
    return true;
  }

  /** Null if a field is required and absent. */
  function build(members: Members): Members | null {
    const built: Members = {};
    for (const [at, key] of keys.entries()) {
      const value = Object.hasOwn(members, key) ? members[key] : absent[at];
      if (value === REQUIRED) return null;
      if (value !== OPTIONAL) built[key] = value;
    }
    for (const key in members) {
      if (key !== LAST_KEY && !Object.hasOwn(fields, key)) setOwn(built, key, members[key]);
    }
    if (Object.hasOwn(members, LAST_KEY)) built[LAST_KEY] = members[LAST_KEY];
    return built;
  }
}
