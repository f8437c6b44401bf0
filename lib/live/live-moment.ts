import { protectedUntil, type Reachability } from '../availability/availability.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { placePrefix, sinceOfKey } from '../keys/ready-hint.ts';
import type { LeaseTimes } from '../lease/lease.ts';
import { delayedUntil } from '../lease/recovery.ts';
import { isRunning } from '../lease/rules.ts';
import { changesAt, type StandingKind, standingKindOf } from '../lease/standing.ts';
import type { HintsByJob } from '../ready/hints-by-job.ts';
import { type JobEntry, updatedAt } from '../storage/job-entry.ts';
import type { LeaseIndex } from '../storage/leases/lease-index.ts';

/** The situation of a job, from its summary, its lease and its hint. */
export interface LiveFacts {
  readonly standing: StandingKind;
  /** The times of the lease that the job names. Null if there is none, or it cannot be read. */
  readonly lease: LeaseTimes | null;
  /** Since when a waiting job is in the queue for claims. Null for all others. */
  readonly waitingSince: Timestamp | null;
  /** From when on claims get a waiting job. Null for all others, and for one that they get now. */
  readonly delayedUntil: Timestamp | null;
}

/** The leases and the hints at one moment. */
export interface LiveMoment {
  readonly now: Timestamp;
  /** Whether all leases and hints were listed. */
  readonly isWhole: boolean;
  of(job: JobEntry): LiveFacts;
  /** Less work than `of`: for a search through all jobs. */
  standingOf(job: JobEntry): StandingKind;
  /** The standing of a running job that names this lease. */
  standingUnder(leaseKey: string): StandingKind;
  /** The key of the hint by which the job may be claimed; null if it has none. The keys ascend with the time of the wait. */
  hintOf(job: JobEntry): string | null;
  /** False where the lease or the hint that decides this standing of the job may be one that was not listed. */
  isCertain(job: JobEntry, standing: StandingKind): boolean;
  /** Whether a running job that was asked about names a lease that is gone. It may have been changed since it was listed. */
  sawMissingLease(): boolean;
  /**
   * Up to which moment time alone changes nothing that was asked about, in microseconds since 1970. Zero where it is
   * not known.
   */
  unchangedUntil(): number;
}

/** A lease as the rule of the standing takes it. */
export type ListedHolding =
  | { readonly kind: 'none'; readonly lease: null }
  | { readonly kind: 'dead'; readonly lease: LeaseTimes | null }
  | { readonly kind: 'live'; readonly lease: LeaseTimes };

/** What was not listed to its end. */
export interface Cut {
  readonly leases: boolean;
  readonly hints: boolean;
}

export const WHOLE: Cut = { leases: false, hints: false };

/** What a moment knows. `leases` is null on a store without leases and hints. */
export type Known =
  | { readonly now: Timestamp; readonly leases: null }
  | {
      readonly now: Timestamp;
      readonly leases: Pick<LeaseIndex, 'of'>;
      readonly hints: HintsByJob;
      readonly cut: Cut;
      /** The leases that cannot be read. */
      readonly torn: ReadonlyMap<string, ListedHolding>;
      readonly reachability: Reachability;
    };

const FREE: ListedHolding = { kind: 'none', lease: null };
const GONE: ListedHolding = { kind: 'dead', lease: null };

export function createMoment(known: Known): LiveMoment {
  const { now } = known;
  const cut = known.leases === null ? WHOLE : known.cut;
  const nowMicros = Number(toUnixMicros(now));
  let isMissing = false;
  let validUntil = Number.POSITIVE_INFINITY;

  function holdingOf({
    lease_key: key,
    status,
  }: Pick<JobEntry, 'lease_key' | 'status'>): ListedHolding {
    if (key === null) return FREE;
    const found = known.leases?.of(key) ?? null;
    if (known.leases === null || found === null) {
      isMissing ||= status === 'running';
      return GONE;
    }
    if (found === 'torn') {
      validUntil = 0;
      return known.torn.get(key) ?? GONE;
    }
    if (isRunning(found, now)) {
      for (const at of changesAt(found)) noteChange(at);
      return { kind: 'live', lease: found };
    }
    // How long an expired lease is protected changes with other things than time.
    validUntil = 0;
    const isProtected = protectedUntil(known.reachability, { key, lease: found, now }) !== null;
    return { kind: isProtected ? 'live' : 'dead', lease: found };
  }

  /** Some things change behind their moment, and the rules count in milliseconds. */
  function noteChange(micros: number): void {
    if (micros <= nowMicros - 1000) return;
    validUntil = Math.min(validUntil, Math.max(micros, nowMicros + 1));
  }

  /** The key of the hint by which the job may be claimed; null if it has none. */
  function hintOf(job: JobEntry): string | null {
    const hints = known.leases === null ? [] : known.hints.of(job.key);
    if (hints.length === 0) return null;
    // Any hint makes a pending job claimable, and only that of its place in the queue a paused one.
    if (job.status === 'pending') return hints.reduce((first, key) => (key < first ? key : first));
    const place = placePrefix(job.waiting_since ?? updatedAt(job));
    return hints.find(key => key.startsWith(place)) ?? null;
  }

  function delayOf({ delayed_until: until }: JobEntry): Timestamp | null {
    if (until === null) return null;
    const delayed = delayedUntil({ delay: { until } }, now);
    const untilMicros = Number(toUnixMicros(until));
    // A delay that is too long begins to count when time has passed.
    if (delayed === null && untilMicros > nowMicros) validUntil = 0;
    noteChange(untilMicros);
    return delayed;
  }

  function standingIn(job: JobEntry, holding: ListedHolding): StandingKind {
    const isHinted = () => hintOf(job) !== null;
    return standingKindOf({ status: job.status, holding, isHinted, now });
  }

  return {
    now,
    isWhole: !cut.leases && !cut.hints,
    hintOf,
    standingOf: job => standingIn(job, holdingOf(job)),

    standingUnder(key) {
      const status = 'running';
      const holding = holdingOf({ lease_key: key, status });
      return standingKindOf({ status, holding, isHinted: () => false, now });
    },

    of(job) {
      const holding = holdingOf(job);
      const standing = standingIn(job, holding);
      const { lease } = holding;
      if (standing !== 'waiting')
        return { standing, lease, waitingSince: null, delayedUntil: null };
      const waitingSince = sinceOfKey(hintOf(job) ?? '');
      return { standing, lease, waitingSince, delayedUntil: delayOf(job) };
    },

    isCertain(job, standing) {
      if (standing === 'resting') return !cut.hints;
      return !(cut.leases && standing === 'zombie' && holdingOf(job).lease === null);
    },

    sawMissingLease: () => isMissing,
    unchangedUntil: () => validUntil,
  };
}
