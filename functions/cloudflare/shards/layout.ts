import * as z from 'zod';
import { tryParseJson } from '../../../lib/base/try-parse-json.ts';
import { swap } from '../../../lib/storage/commit/confirmed-swap.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';

/** Where R2 has the number of shards. */
export const LAYOUT_KEY = 'shards/layout.json';

export const DEFAULT_SHARDS = 8;
export const MAX_SHARDS = 64;

const ShardLayout = z.object({ shards: z.int().min(1).max(MAX_SHARDS) });

/**
 * The number of shards of the deployment. The first call makes it what is wanted; from then on it stays so, because it says where
 * each object is. Rejects with a `StoreError` where R2 fails, or where its file is not a layout.
 */
export async function readShardCount(bodies: ObjectStore, wanted: number): Promise<number> {
  const stored = await bodies.get(LAYOUT_KEY);
  if (stored !== null) return countIn(stored.body);
  const body = new TextEncoder().encode(JSON.stringify({ shards: wanted }));
  if ((await swap(bodies, LAYOUT_KEY, { body }, null)) !== null) return wanted;
  // Another isolate was faster.
  const made = await bodies.get(LAYOUT_KEY);
  if (made === null) throw new StoreError(`Cannot read "${LAYOUT_KEY}": it was deleted`);
  return countIn(made.body);
}

function countIn(body: Uint8Array): number {
  const parsed = ShardLayout.safeParse(tryParseJson(new TextDecoder().decode(body)));
  if (parsed.success) return parsed.data.shards;
  throw new StoreError(
    `Cannot run: "${LAYOUT_KEY}" in R2 must be {"shards": N} with the number of shards of the first deploy, and is not. Without it no object can be found`,
  );
}
