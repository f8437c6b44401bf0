import { StoreError } from '../../store.ts';
import type { KvKey } from './kv-like.ts';

const BODIES = 'b';

/** The prefix of the pointers of a folder. A list of it gives the names in their order. */
export function folderKey(folder: string): KvKey {
  return ['o', folder];
}

/** The key of an object's pointer, which contains its label and where its body is. */
export function pointerKey(key: string): KvKey {
  const { folder, name } = partsOf(key);
  return [...folderKey(folder), name];
}

/** The key of a small body. It is separate from the pointer, so that a list of pointers does not read it. */
export function bodyKey(key: string): KvKey {
  const { folder, name } = partsOf(key);
  return [BODIES, folder, name];
}

/** Splits a key or a prefix into a folder and a name, or the start of a name. */
export function partsOf(key: string): { readonly folder: string; readonly name: string } {
  const slash = key.indexOf('/');
  if (slash <= 0) throw new StoreError(`Cannot use the key "${key}": it names no folder`);
  return { folder: key.slice(0, slash), name: key.slice(slash + 1) };
}
