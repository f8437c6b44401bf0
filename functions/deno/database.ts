import type { ChangeCount } from '../../lib/stores/deno-kv/known-pointers.ts';
import type { KvLike } from '../../lib/stores/deno-kv/kv-like.ts';
import type { DenoApi } from './api.ts';
import { countChanges } from './change-count.ts';

declare const Deno: DenoApi;

/** The KV that the service uses. */
export interface DenoDatabase {
  readonly kv: KvLike;
  /** Null where nothing counts the changes of the database. */
  readonly changeCount: ChangeCount | null;
}

/** The database of Deno Deploy. */
export async function openDeployedDatabase(): Promise<DenoDatabase> {
  return { kv: await Deno.openKv(), changeCount: null };
}

/** The database in a file of this folder, which is made if it is missing. */
export async function openDatabaseIn(folder: string): Promise<DenoDatabase> {
  await Deno.mkdir(folder, { recursive: true });
  const path = `${folder}/kv.sqlite3`;
  const kv = await Deno.openKv(path);
  return { kv, changeCount: await countChanges(path) };
}
