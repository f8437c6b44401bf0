import { StoreError } from '../../store.ts';
import type { KvKey } from './kv-like.ts';

const BODIES = 'b';

/** Where the pointers of a folder are. A list of them gives the names in their order. */
export function folderKey(folder: string): KvKey {
  return ['o', folder];
}

/** The pointer of an object: its label, and where its body is. */
export function pointerKey(key: string): KvKey {
  const { folder, name } = partsOf(key);
  return [...folderKey(folder), name];
}

/** A small body, beside the pointers so that a list of these does not read it. */
export function bodyKey(key: string): KvKey {
  const { folder, name } = partsOf(key);
  return [BODIES, folder, name];
}

/** A key or a prefix as a folder and a name, or the start of one. */
export function partsOf(key: string): { readonly folder: string; readonly name: string } {
  const slash = key.indexOf('/');
  if (slash <= 0) throw new StoreError(`Cannot use the key "${key}": it names no folder`);
  return { folder: key.slice(0, slash), name: key.slice(slash + 1) };
}
