import type { Timestamp } from '../base/timestamp.ts';
import { graceAfter, type Interruption, withInterruption } from '../lease/interruption.ts';
import { millisBetween } from '../lease/rules.ts';
import type { ObjectStore } from '../store.ts';
import type { Availability } from './availability.ts';
import { createMissedRenewals, type MissedRenewals } from './missed-renewals.ts';
import { PLACE_KEY, readSweepPlace, type SweepPlace, UNDERWAY_KEY } from './sweep-place.ts';

/** Calls come every minute. Two that do not come are an interruption, with some room for late ones. */
const LONGEST_GAP_MS = 150_000;
/** For so long a process goes by what it has read. */
const KNOWN_FOR_MS = 30_000;

/**
 * Where processes come and go and several serve at once, the scheduled sweep tells when the service was
 * interrupted: it runs every minute, and leaves word in the store. What a process keeps of it is data.
 */
export interface AvailabilityMemory {
  known: { readonly at: Timestamp; readonly place: SweepPlace } | null;
  /** When this process first found that the sweeps had stopped; null while they run. */
  noticedAt: Timestamp | null;
  readonly missed: MissedRenewals;
}

export function createAvailabilityMemory(): AvailabilityMemory {
  return { known: null, noticedAt: null, missed: createMissedRenewals() };
}

/** What has interrupted the service, as a call at `now` finds it: the calls before it may have stopped. */
export function interruptionsAt(
  { at, interruptions }: SweepPlace,
  now: Timestamp,
): readonly Interruption[] {
  const known = interruptions.map(({ ended_at: endedAt, seconds }) => ({ endedAt, seconds }));
  const gapMs = at === null ? 0 : millisBetween(at, now);
  if (gapMs <= LONGEST_GAP_MS) return known;
  return withInterruption(known, { endedAt: now, seconds: Math.ceil(gapMs / 1000) });
}

/** `memory` is shared by the repositories of a process. Costs one or two reads every half minute at most. */
export function createStoredAvailability(
  store: ObjectStore,
  memory: AvailabilityMemory,
): Availability {
  let reading: Promise<SweepPlace> | null = null;

  async function placeAt(now: Timestamp): Promise<SweepPlace> {
    const { known } = memory;
    const ageMs = known === null ? Number.POSITIVE_INFINITY : millisBetween(known.at, now);
    if (known !== null && ageMs >= 0 && ageMs < KNOWN_FOR_MS) return known.place;
    reading ??= read(now).finally(() => {
      reading = null;
    });
    return reading;
  }

  async function read(now: Timestamp): Promise<SweepPlace> {
    const ended = await readSweepPlace(store, PLACE_KEY);
    // A call that the platform ended has begun all the same, and could be reached.
    const place = isRecent(ended, now)
      ? ended
      : later(ended, await readSweepPlace(store, UNDERWAY_KEY));
    memory.known = { at: now, place };
    return place;
  }

  return {
    async hearing(now) {
      const place = await placeAt(now);
      memory.noticedAt = isRecent(place, now) ? null : (memory.noticedAt ?? now);
      const interruptions = interruptionsAt(place, memory.noticedAt ?? now);
      return {
        graceOf: (key, lease) =>
          graceAfter([...interruptions, ...memory.missed.of(key)], lease, now),
      };
    },

    missed: (leaseKey, now) => memory.missed.add(leaseKey, now),
  };
}

/** Where no call has ever left word there is none to be missed: the platform's timer may not be set up. */
function isRecent({ at }: SweepPlace, now: Timestamp): boolean {
  return at === null || millisBetween(at, now) <= LONGEST_GAP_MS;
}

function later(ended: SweepPlace, begun: SweepPlace): SweepPlace {
  if (begun.at === null || ended.at === null) return ended;
  return millisBetween(ended.at, begun.at) > 0 ? begun : ended;
}
