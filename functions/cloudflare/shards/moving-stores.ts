import type { Availability } from '../../../lib/availability/availability.ts';
import { createLaterAvailability } from '../../../lib/availability/later.ts';
import { createReportedAvailability } from '../../../lib/availability/reported.ts';
import {
  type AvailabilityMemory,
  createStoredAvailability,
} from '../../../lib/availability/stored.ts';
import type { Clock } from '../../../lib/base/clock.ts';
import { advanceMove, type MoveReport } from '../../../lib/move/move.ts';
import { type Medium, type MoveRecord, otherThan } from '../../../lib/move/record.ts';
import { JOB_FOLDER } from '../../../lib/storage/job-summary.ts';
import { labelOfMoved } from '../../../lib/storage/moved-label.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createMovingStore, type MovingStore } from '../../../lib/stores/moving.ts';
import type { ShardedStore } from '../../../lib/stores/shards.ts';

export interface MovingParts {
  /** Everything in R2. */
  readonly plain: ObjectStore;
  readonly sharded: ShardedStore;
  readonly clock: Clock;
}

/** The store while objects move. */
export function openMoving(parts: MovingParts, record: MoveRecord): MovingStore {
  return createMovingStore({
    from: storeOf(parts, otherThan(record.to)),
    to: storeOf(parts, record.to),
    stays: JOB_FOLDER,
    startsAtMs: record.starts_at_ms,
    nowMs: () => parts.clock.millis(),
    labelOf: labelOfMoved,
  });
}

/**
 * Interruptions that the sweeps show and those of shards; and each lease gets one ttl from the start of the move on, because
 * a late process of an earlier version may have renewed it where nobody looks any more.
 */
export function movingAvailability(
  store: ObjectStore,
  record: MoveRecord,
  { shards, memory, clock }: { shards: Availability; memory: AvailabilityMemory; clock: Clock },
): Availability {
  const { missed } = memory;
  const started = createReportedAvailability({
    interruptedAtMs: () => (clock.millis() < record.starts_at_ms ? null : record.starts_at_ms),
    missed,
  });
  const stored = createStoredAvailability(store, memory);
  return createLaterAvailability(stored, createLaterAvailability(started, shards));
}

/** Moves the next objects. Null where nothing was ever moved. Rejects with a `StoreError`. */
export function moveNext(parts: MovingParts, limit: number): Promise<MoveReport | null> {
  return advanceMove(
    {
      bodies: parts.plain,
      storeOf: medium => storeOf(parts, medium),
      movingStoreOf: record => openMoving(parts, record),
      checkCatalogues: query => parts.sharded.checkCatalogues(query),
      clock: parts.clock,
    },
    { limit },
  );
}

function storeOf({ plain, sharded }: MovingParts, medium: Medium): ObjectStore {
  return medium === 'r2' ? plain : sharded;
}
