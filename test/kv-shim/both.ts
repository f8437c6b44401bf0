import { createKvShim } from '../../lib/kv-shim.ts';
import type { KvEntry, KvLike } from '../../lib/stores/deno-kv/kv-like.ts';
import { collect } from '../conformance/write.ts';
import { openOwnKv } from '../support/deno-own-kv.ts';

/** What the same is to hold of: the shim, and what it stands in for. Deno's own is there under Deno alone. */
export const BOTH: readonly (readonly [string, () => Promise<KvLike>])[] = [
  ['the shim', async () => createKvShim()],
  await realKv(),
];

async function realKv(): Promise<readonly [string, () => Promise<KvLike>]> {
  if (navigator.userAgent.startsWith('Deno')) return ["Deno's own", () => openOwnKv(':memory:')];
  const { openKv } = await import('@deno/kv');
  return ['@deno/kv', () => openKv(':memory:')];
}

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
