import { isRecord } from '../worker/shape/structures.ts';

/** Whether the stored state was saved from the given one. The service sets two members itself. */
export function isSavedFrom(stored: unknown, given: unknown): boolean {
  if (!isRecord(given)) return false;
  const { updated_at: _at, dalsegno: _own, ...rest } = given;
  return contains(stored, rest);
}

/** Whether every member of `given` is in `stored`, at any depth. Numbers are equal to the precision of JavaScript. */
export function contains(stored: unknown, given: unknown): boolean {
  if (Array.isArray(given)) {
    if (!Array.isArray(stored) || stored.length !== given.length) return false;
    return given.every((item, index) => contains(stored[index], item));
  }
  if (!isRecord(given)) return Object.is(stored, given) || stored === given;
  if (!isRecord(stored)) return false;
  return Object.entries(given).every(
    ([name, value]) => Object.hasOwn(stored, name) && contains(stored[name], value),
  );
}
