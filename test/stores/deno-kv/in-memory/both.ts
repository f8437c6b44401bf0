import type { ShimKv } from '../../../../lib/stores/deno-kv/in-memory/shim-kv.ts';
import { createKvShim } from '../../../../lib/stores/deno-kv/in-memory.ts';
import type { KvEntry, KvLike } from '../../../../lib/stores/deno-kv/kv-like.ts';
import { collect } from '../../../conformance/write.ts';
import { openOwnKv } from '../own-kv.ts';

const IS_DENO = navigator.userAgent.startsWith('Deno');
const SHIM = ['the shim', async () => createKvShim({ now: Date.now })] as const;

/** What is true for every KV: the shim, and the real one of this runtime. Deno's KV exists only under Deno. */
export const BOTH: readonly (readonly [string, () => Promise<KvLike>])[] = [SHIM, await realKv()];

/** What is true for Deno's KV and the shim. `@deno/kv` has other limits and error texts. */
export const LIKE_DENO: readonly (readonly [string, () => Promise<ShimKv>])[] = IS_DENO
  ? [SHIM, ["Deno's own", () => openOwnKv(':memory:')]]
  : [SHIM];

async function realKv(): Promise<readonly [string, () => Promise<KvLike>]> {
  if (IS_DENO) return ["Deno's own", () => openOwnKv(':memory:')];
  const { openKv } = await import('@deno/kv');
  return ['@deno/kv', () => openKv(':memory:')];
}

/** How a call ended: `taken`, or what it threw, as `TypeError: invalid cursor`. */
export async function outcomeOf(call: () => unknown): Promise<string> {
  try {
    await call();
    return 'taken';
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `${error.name}: ${error.message}`;
  }
}

/** What a caller without types may pass. */
export function untyped(value: unknown): never {
  return value as never;
}

export async function valuesOf(entries: AsyncIterable<KvEntry>): Promise<unknown[]> {
  return (await collect(entries)).map(({ value }) => value);
}

/** A number of entries below `k`, numbered from 0. */
export async function fill(kv: KvLike, count: number): Promise<void> {
  for (let number = 0; number < count; number += 1) await kv.set(['k', number], number);
}
