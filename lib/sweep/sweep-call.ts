import { type AvailabilityMemory, interruptionsAt } from '../availability/stored.ts';
import {
  PLACE_KEY,
  readSweepPlace,
  type SweepPlace,
  UNDERWAY_KEY,
  writeSweepPlace,
} from '../availability/sweep-place.ts';
import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { ObjectStore } from '../store.ts';
import { advanceTrust, type TrustedTime } from './retention-rule.ts';

/** The keys behind which a call continues, null for the start. */
export type CallPlace = Pick<SweepPlace, 'leases' | 'jobs'>;

/**
 * One call of a scheduled sweep, as the store records it. The platform may end a call half-way, because a
 * state is too large for it: then the store says that the call was under way and not that it ended. The next
 * call records the first object that it reads before it reads it. If that object ends it too, the call after
 * it begins behind the object.
 */
export interface SweepCall {
  readonly from: CallPlace;
  /** The time by which the age of finished jobs counts. */
  readonly trusted: Timestamp;
  /** Whether the platform ended the call before this one. */
  readonly isAfterBreak: boolean;
  /** Whether the call has read objects, or is about to. */
  isUnderWay(): boolean;
  /** To be awaited before each object is read. The first time in a call it writes, later it does not. */
  recordUnderWay(object: Partial<CallPlace>): Promise<void>;
  /** Records where the next call continues, and that this one ran: holders could reach the service. */
  recordEnd(place: CallPlace): Promise<void>;
}

/** Reads where the last call stopped. */
export async function beginSweepCall({
  store,
  clock,
  availability,
}: {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly availability: AvailabilityMemory;
}): Promise<SweepCall> {
  const [ended, begun] = await Promise.all([
    readSweepPlace(store, PLACE_KEY),
    readSweepPlace(store, UNDERWAY_KEY),
  ]);
  const isAfterBreak = begun.call > ended.call;
  const from = isAfterBreak ? begun : ended;
  const call = Math.max(ended.call, begun.call) + 1;
  const now = clock.now();
  const trusted = advanceTrust(trustOf(from), now);
  const interruptions = interruptionsAt(from, now).map(({ endedAt, seconds }) => ({
    ended_at: endedAt,
    seconds,
  }));
  // The recoveries of this call go by what it has just read.
  availability.known = { at: now, place: { ...from, at: now, interruptions, trusted_at: trusted } };
  let underWay: Promise<void> | null = null;

  function write(key: string, { leases, jobs }: CallPlace): Promise<void> {
    const at = clock.now();
    return writeSweepPlace(store, key, {
      leases,
      jobs,
      call,
      at,
      interruptions,
      trusted_at: trusted,
    });
  }

  return {
    from: { leases: from.leases, jobs: from.jobs },
    isAfterBreak,
    trusted,
    isUnderWay: () => underWay !== null,
    recordUnderWay(object) {
      underWay ??= write(UNDERWAY_KEY, { ...from, ...(isAfterBreak ? object : {}) });
      return underWay;
    },
    recordEnd: place => write(PLACE_KEY, place),
  };
}

function trustOf({ at, trusted_at: trusted }: SweepPlace): TrustedTime | null {
  return at === null || trusted === null ? null : { trusted, at };
}
