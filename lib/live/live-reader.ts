import type { Reachability } from '../availability/availability.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { READY_KEYS } from '../keys/ready-hint.ts';
import { LEASE_KEYS, parseLeaseKey } from '../lease/lease.ts';
import type { StandingKind } from '../lease/standing.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { createHintsByJob, type HintsByJob } from '../ready/hints-by-job.ts';
import type { JobEntry } from '../storage/job-entry.ts';
import { createLeaseIndex } from '../storage/leases/lease-index.ts';
import type { LeaseMemory } from '../storage/leases/lease-memory.ts';
import type { CountedGroups } from '../storage/lists/job-index.ts';
import { StoreError } from '../store.ts';
import type { FirstObjects } from './first-objects.ts';
import {
  type Cut,
  createMoment,
  type ListedHolding,
  type LiveMoment,
  WHOLE,
} from './live-moment.ts';
import { countStandings, oldestWaiting } from './many-jobs.ts';
import { hintsOf, type KnownLeases, leasesOf } from './page-facts.ts';

export interface LiveReader {
  /**
   * Brings leases and hints up to date. On a store that lists it costs one list of each, and reads only those whose labels
   * are not enough. Rejects with a `StoreError`.
   */
  read(): Promise<LiveMoment>;
  /**
   * As `read`, of the leases and hints of these jobs alone: for a store that is asked for them by their keys at a lower cost
   * than for all. The jobs were listed before.
   */
  readOf(jobs: readonly JobEntry[]): Promise<LiveMoment>;
  /** Whether `readOf` costs less for thousands of jobs than `read`: the store counts keys, so it is one that looks them up together. */
  readonly looksUpMany: boolean;
  /** As `read`, of leases alone: it says nothing of waiting and resting jobs. */
  readLeases(): Promise<LiveMoment>;
  /** The standings of so many jobs, as their store counts them. Null where it counts no keys. Rejects with a `StoreError`. */
  tally(jobs: CountedGroups): Promise<LiveTally | null>;
  /** As `read`, of the first leases and hints alone. */
  readFirst(first: FirstObjects): Promise<LiveMoment>;
  /** Another number when a lease or a hint has changed. */
  revision(): number;
}

export interface LiveTally {
  readonly standing: Readonly<Record<StandingKind, number>>;
  readonly oldestWaitingAt: Timestamp | null;
  readonly now: Timestamp;
}

type LiveParts = Pick<
  ProtocolContext,
  'store' | 'clock' | 'queue' | 'leaseIndex' | 'availability' | 'reader' | 'holdings'
>;

/** The jobs of more are shown as those of dead holders. */
const MAX_TORN = 100;

/** The leases are read as they are stored. */
const NO_RENEWALS: Pick<LeaseMemory, 'timesWithRenewals' | 'revision'> = {
  timesWithRenewals: (_key, _version, found) => found,
  revision: () => 0,
};

const UNPROTECTED: Reachability = { graceEndOf: () => null };

export function createLiveReader(parts: LiveParts): LiveReader {
  const { store, clock, queue, availability, reader, holdings } = parts;
  // A store without compare-and-swap has neither leases nor hints.
  const hasLeases = store.traits.compareAndSwap;

  /** Leases that cannot be read. Their jobs are read, as for the explanation of one job. There are hardly any. */
  async function readTorn(leases: KnownLeases): Promise<Map<string, ListedHolding>> {
    const torn = new Map<string, ListedHolding>();
    for (const key of [...leases.torn()].slice(0, MAX_TORN)) {
      const target = parseLeaseKey(key);
      if (target === null) continue;
      try {
        const job = await reader.read(target.jobKey);
        if (job?.kind !== 'job') continue;
        const holding = await holdings.of(job.state);
        if (holding.kind === 'none' || holding.target.leaseKey !== key) continue;
        torn.set(key, holding);
      } catch (error) {
        // The job is shown as one whose lease is gone.
        if (!(error instanceof StoreError)) throw error;
      }
    }
    return torn;
  }

  async function momentOf(leases: KnownLeases, hints: HintsByJob, cut: Cut): Promise<LiveMoment> {
    const torn = await readTorn(leases);
    const asked = clock.now();
    const reachability = leases.hasExpired(asked)
      ? await availability.getReachability(asked)
      : UNPROTECTED;
    const now = clock.now();
    return createMoment({ now, leases, hints, cut, torn, reachability });
  }

  async function readLeases(): Promise<LiveMoment> {
    if (!hasLeases) return createMoment({ now: clock.now(), leases: null });
    const leases = parts.leaseIndex();
    await leases.refresh();
    return momentOf(leases, createHintsByJob([]), { leases: false, hints: true });
  }

  return {
    readLeases,
    looksUpMany: store.countKeys !== undefined,

    async tally(jobs) {
      if (store.countKeys === undefined) return null;
      const moment = await readLeases();
      const leaseKeys = parts.leaseIndex().keys();
      const hints = await store.countKeys(READY_KEYS);
      const standing = await countStandings(jobs, { moment, leaseKeys, hints });
      const oldestWaitingAt = hints === 0 ? null : await oldestWaiting({ store, reader });
      return { standing, oldestWaitingAt, now: moment.now };
    },

    async read() {
      if (!hasLeases) return createMoment({ now: clock.now(), leases: null });
      const leases = parts.leaseIndex();
      const waiting = queue.waiting();
      await leases.refresh();
      await waiting.refresh();
      return momentOf(leases, await waiting.byJob(), WHOLE);
    },

    async readOf(jobs) {
      if (!hasLeases) return createMoment({ now: clock.now(), leases: null });
      const [leases, hints] = await Promise.all([leasesOf(store, jobs), hintsOf(store, jobs)]);
      return momentOf(leases, hints, WHOLE);
    },

    async readFirst(first) {
      if (!hasLeases) return createMoment({ now: clock.now(), leases: null });
      const follower = first.store.follow(LEASE_KEYS);
      const leases = createLeaseIndex({ store, follower, memory: NO_RENEWALS });
      await leases.refresh();
      const hints = createHintsByJob(await first.keys(READY_KEYS));
      const cut = { leases: first.wasCut(LEASE_KEYS), hints: first.wasCut(READY_KEYS) };
      return momentOf(leases, hints, cut);
    },

    revision() {
      if (!hasLeases) return 0;
      return parts.leaseIndex().revision() + queue.waiting().revision();
    },
  };
}
