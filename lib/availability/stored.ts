import type { Timestamp } from '../base/timestamp.ts';
import { graceEnd, type Interruption, withInterruption } from '../lease/interruption.ts';
import { millisBetween } from '../lease/rules.ts';
import type { ObjectStore } from '../store.ts';
import type { Availability } from './availability.ts';
import { createMissedRenewals, type MissedRenewals } from './missed-renewals.ts';
import { PLACE_KEY, readSweepPlace, type SweepPlace, UNDERWAY_KEY } from './sweep-place.ts';

/** Sweeps run every minute. Two missing ones are an interruption. The rest is tolerance for late sweeps. */
const LONGEST_GAP_MS = 150_000;
/** For this long a process uses the record that it read. */
const CACHE_MS = 30_000;

/**
 * What a process caches of the record of sweeps. On platforms with many short-lived processes the scheduled
 * sweep runs every minute and records its runs in the store. Gaps in this record are interruptions.
 */
export interface AvailabilityMemory {
  known: { readonly at: Timestamp; readonly place: SweepPlace } | null;
  /** When this process first detected that the sweeps had stopped. Null while they run. */
  noticedAt: Timestamp | null;
  readonly missed: MissedRenewals;
}

export function createAvailabilityMemory(): AvailabilityMemory {
  return { known: null, noticedAt: null, missed: createMissedRenewals() };
}

/** The interruptions known at `now`. They include the time since the last sweep, if the sweeps have stopped. */
export function interruptionsAt(
  { at, interruptions }: SweepPlace,
  now: Timestamp,
): readonly Interruption[] {
  const known = interruptions.map(({ ended_at: endedAt, seconds }) => ({ endedAt, seconds }));
  const gapMs = at === null ? 0 : millisBetween(at, now);
  if (gapMs <= LONGEST_GAP_MS) return known;
  return withInterruption(known, { endedAt: now, seconds: Math.ceil(gapMs / 1000) });
}

/** The services of a process share `memory`. Costs at most one or two reads every half minute. */
export function createStoredAvailability(
  store: ObjectStore,
  memory: AvailabilityMemory,
): Availability {
  let reading: Promise<SweepPlace> | null = null;

  async function placeAt(now: Timestamp): Promise<SweepPlace> {
    const { known } = memory;
    const ageMs = known === null ? Number.POSITIVE_INFINITY : millisBetween(known.at, now);
    if (known !== null && ageMs >= 0 && ageMs < CACHE_MS) return known.place;
    reading ??= read(now).finally(() => {
      reading = null;
    });
    return reading;
  }

  async function read(now: Timestamp): Promise<SweepPlace> {
    const ended = await readSweepPlace(store, PLACE_KEY);
    // A sweep that the platform aborted still started, so the service was reachable then.
    const place = isRecent(ended, now)
      ? ended
      : later(ended, await readSweepPlace(store, UNDERWAY_KEY));
    memory.known = { at: now, place };
    return place;
  }

  return {
    async getReachability(now) {
      const place = await placeAt(now);
      memory.noticedAt = isRecent(place, now) ? null : (memory.noticedAt ?? now);
      const interruptions = interruptionsAt(place, memory.noticedAt ?? now);
      return {
        graceEndOf: (key, lease) =>
          graceEnd([...interruptions, ...memory.missed.of(key)], lease, now),
      };
    },

    recordMissedRenewal: (leaseKey, now) => memory.missed.add(leaseKey, now),
  };
}

/** Without any recorded sweep there is no gap: the timer of the platform may not be set up. */
function isRecent({ at }: SweepPlace, now: Timestamp): boolean {
  return at === null || millisBetween(at, now) <= LONGEST_GAP_MS;
}

function later(ended: SweepPlace, started: SweepPlace): SweepPlace {
  if (started.at === null || ended.at === null) return ended;
  return millisBetween(ended.at, started.at) > 0 ? started : ended;
}
