import { openKv } from '@deno/kv';
import { createKvShim } from '../../lib/kv-shim.ts';
import type { KvEntry, KvLike } from '../../lib/stores/deno-kv/kv-like.ts';
import { collect } from '../conformance/write.ts';

/** What the same is to hold of: the shim, and the package that it stands in for. */
export const BOTH: readonly (readonly [string, () => Promise<KvLike>])[] = [
  ['the shim', async () => createKvShim()],
  ['@deno/kv', async () => openKv(':memory:')],
];

/** How a call ended: with an `Error`, which a `TypeError` is too, or without. */
export async function outcomeOf(call: () => unknown): Promise<'taken' | 'refused'> {
  try {
    await call();
    return 'taken';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return 'refused';
  }
}

export async function valuesOf(entries: AsyncIterable<KvEntry>): Promise<unknown[]> {
  return (await collect(entries)).map(({ value }) => value);
}
