import * as z from 'zod';
import type { Clock } from '../../../lib/base/clock.ts';
import { tryParseJson } from '../../../lib/base/try-parse-json.ts';
import { UNCONDITIONAL } from '../../../lib/store.ts';
import type { ShardedStore } from '../../../lib/stores/shards.ts';
import type { Spending, SweepBudget } from '../../../lib/sweep/budget.ts';

/** What a scheduled call compared. */
export interface CatalogueRound {
  readonly compared: number;
  /** Entries of the catalogues that were wrong. */
  readonly corrected: number;
  /** Whether all jobs are compared, in this call or the last ones. */
  readonly isComplete: boolean;
}

/** Where the next call continues. */
const ROUND_KEY = 'sweep/catalogue.json';
const DAY_MS = 24 * 60 * 60 * 1_000;
/** A page of R2 has as many objects with their labels, or more. */
const PAGE = 100;

const RoundRecord = z.object({
  cursor: z.object({ after: z.string(), moments: z.array(z.string()) }).nullable(),
  /** When all were compared, in milliseconds since 1970. Null while they are. */
  ended_ms: z.number().nullable(),
});
type RoundRecord = z.infer<typeof RoundRecord>;

const START: RoundRecord = { cursor: null, ended_ms: null };

/**
 * Compares R2's list of the jobs with the catalogues, once a day, as far as the budget of a call goes. Rejects with a
 * `StoreError`.
 */
export async function compareCatalogues({
  store,
  shards,
  clock,
  spending,
  budget,
}: {
  readonly store: ShardedStore;
  readonly shards: number;
  readonly clock: Clock;
  readonly spending: Spending;
  readonly budget: SweepBudget;
}): Promise<CatalogueRound> {
  const record = await readRecord(store);
  const sinceMs = record.ended_ms === null ? null : clock.millis() - record.ended_ms;
  // A record of the future is of a clock that was set back.
  if (sinceMs !== null && sinceMs >= 0 && sinceMs < DAY_MS) {
    return { compared: 0, corrected: 0, isComplete: true };
  }
  const limit = budget.jobs;
  // The pages of a part, a call of each shard for it, and for the first part one more; and the record.
  const operations = Math.ceil(limit / PAGE) + 1 + 2 * shards + 1;
  let { cursor } = record;
  let compared = 0;
  let corrected = 0;
  while (spending.operations + operations <= budget.operations) {
    const report = await store.checkCatalogues({ cursor, limit });
    cursor =
      report.cursor === null ? null : { ...report.cursor, moments: [...report.cursor.moments] };
    compared += report.compared;
    corrected += report.corrected;
    if (cursor !== null) continue;
    await writeRecord(store, { cursor, ended_ms: clock.millis() });
    return { compared, corrected, isComplete: true };
  }
  if (compared > 0) await writeRecord(store, { cursor, ended_ms: null });
  return { compared, corrected, isComplete: false };
}

async function readRecord(store: ShardedStore): Promise<RoundRecord> {
  const object = await store.get(ROUND_KEY);
  if (object === null) return START;
  return RoundRecord.safeParse(tryParseJson(new TextDecoder().decode(object.body))).data ?? START;
}

async function writeRecord(store: ShardedStore, record: RoundRecord): Promise<void> {
  await store.put(ROUND_KEY, new TextEncoder().encode(JSON.stringify(record)), UNCONDITIONAL);
}
