import type { ObjectStore } from '../../../lib/store.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The same store for tests that count its steps: it makes each write in one of its own. */
export function withSeparatePuts(store: ObjectStore): ObjectStore {
  const separate: Mutable<ObjectStore> = { ...store };
  delete separate.putWith;
  return separate;
}
