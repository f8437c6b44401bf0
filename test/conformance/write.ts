import type { ObjectStore, Version } from '../../lib/store.ts';
import { UNCONDITIONAL } from '../../lib/store.ts';
import { bodyOf } from './body.ts';

/** Stores a text unconditionally, and returns its version. */
export async function write(store: ObjectStore, key: string, text: string): Promise<Version> {
  const version = await store.put(key, bodyOf(text), UNCONDITIONAL);
  if (version === null) throw new Error(`An unconditional put of "${key}" was refused`);
  return version;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
