import type { Check } from './exact.ts';

type Kind = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'any';
/** A kind, or one that may also be null. */
type Member = Kind | `${Kind}?`;

/** A check of the members that every answer of a call has. It lets others pass: a newer service may add some. */
export function shaped<T>(members: Readonly<Record<string, Member>>): Check<T> {
  const entries = Object.entries(members);
  return (value): value is T =>
    isRecord(value) && entries.every(([name, member]) => isMember(value[name], member));
}

function isMember(value: unknown, member: Member): boolean {
  if (member.endsWith('?')) return value === null || isKind(value, member.slice(0, -1));
  return isKind(value, member);
}

function isKind(value: unknown, kind: string): boolean {
  if (kind === 'any') return value !== undefined;
  if (kind === 'array') return Array.isArray(value);
  if (kind === 'object') return isRecord(value);
  return typeof value === kind;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isNothing(value: unknown): value is null {
  return value === null;
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
