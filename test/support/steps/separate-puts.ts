import type { ObjectStore } from '../../../lib/store.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The same store for tests that count its steps: it stores two objects in two of them. */
export function withSeparatePuts(store: ObjectStore): ObjectStore {
  const separate: Mutable<ObjectStore> = { ...store };
  delete separate.putWithEmpty;
  return separate;
}
