import { StoreError } from '../../store.ts';
import type { KvKey } from './kv-like.ts';

/** Where the pointers of a folder are. A list of them gives the names in their order. */
export function folderKey(folder: string): KvKey {
  return ['o', folder];
}

/** The pointer of an object: its small body itself, or the name of the upload that is its body. */
export function pointerKey(key: string): KvKey {
  const { folder, name } = partsOf(key);
  return [...folderKey(folder), name];
}

/** A key or a prefix as a folder and a name, or the start of one. */
export function partsOf(key: string): { readonly folder: string; readonly name: string } {
  const slash = key.indexOf('/');
  if (slash <= 0) throw new StoreError(`Cannot use the key "${key}": it names no folder`);
  return { folder: key.slice(0, slash), name: key.slice(slash + 1) };
}
