import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { systemTimers } from '../../lib/base/timers.ts';
import { SHARD_LAYOUT } from '../../lib/storage/shard-layout.ts';
import type { PostgresStoreOptions } from '../../lib/stores/postgres.ts';

/** Digits of 80 bits. */
const ID_DIGITS = 20;

/** What a store of jobs in PostgreSQL has of this process, whatever leads to the database. */
export const POSTGRES_PARTS = {
  layout: SHARD_LAYOUT,
  mintId: () => systemRandom.id().slice(0, ID_DIGITS),
  elapsedMs: () => systemTimers.elapsedMs(),
  now: () => systemClock.millis(),
} satisfies Partial<PostgresStoreOptions>;
