import { type AvailabilityMemory, interruptionsAt } from '../availability/stored.ts';
import {
  PLACE_KEY,
  readSweepPlace,
  type SweepPlace,
  UNDERWAY_KEY,
  writeSweepPlace,
} from '../availability/sweep-place.ts';
import type { Clock } from '../base/clock.ts';
import { parseLeaseKey } from '../lease/lease.ts';
import type { ObjectStore } from '../store.ts';
import type { MissingLeases } from './missing-leases.ts';
import type { Sweeper, SweepReport } from './pass.ts';

/** What one call may spend. */
export interface SweepBudget {
  /** Lease objects in a pass. */
  readonly leases: number;
  /** Stored jobs that are looked at for leases whose objects are gone. */
  readonly jobs: number;
  /** Operations on the medium, as the platform counts them. */
  readonly operations: number;
  /** Bytes of bodies read and written: they are what takes the time of a processor. */
  readonly bodyBytes: number;
  /** Jobs that are recovered side by side. Beyond one, bodies may go over the budget before they are counted. */
  readonly lanes: number;
}

/** What has been spent since the call began; grows while it runs. */
export interface Spending {
  readonly operations: number;
  readonly bodyBytes: number;
}

export interface BudgetedSweep {
  /**
   * Sweeps what the budget allows, from where the last call stopped, which the store remembers. Rejects with
   * a `StoreError` where the leases cannot be listed.
   */
  run(): Promise<ScheduledReport>;
}

export interface ScheduledReport {
  readonly passes: readonly SweepReport[];
  /** Running jobs whose lease objects were gone. */
  readonly missingLeases: number;
  /** Whether all leases were seen, in this call or since the one that began with the first. */
  readonly complete: boolean;
  /** Whether the call before this one was ended half-way. */
  readonly afterBreak: boolean;
}

/** The most that recovering one job takes, with an answer that is lost on the way. */
const OPERATIONS_PER_LEASE = 12;
/** To write down that it is under way, and where to go on. */
const OPERATIONS_FOR_THE_PLACE = 2;

/** Sweeps in calls that each may spend so much, as a platform's timer makes them. */
export function createBudgetedSweep(parts: {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** That of the repository whose leases are swept. */
  readonly availability: AvailabilityMemory;
  readonly sweeper: Sweeper;
  readonly missingLeases: MissingLeases;
  readonly budget: SweepBudget;
  readonly spending: Spending;
}): BudgetedSweep {
  const { store, clock, availability, sweeper, missingLeases, budget, spending } = parts;

  function mayBegin(underWay: number): boolean {
    if (spending.bodyBytes >= budget.bodyBytes) return false;
    const reserved = (underWay + 1) * OPERATIONS_PER_LEASE + OPERATIONS_FOR_THE_PLACE;
    return spending.operations + reserved <= budget.operations;
  }

  /**
   * A call that the platform ends, because a state is too large for it, leaves the word that it was under way
   * and no word of its end. The next one then begins behind the first object that it comes to read, and says so
   * before it reads it: so in the end one comes by what ended the others.
   */
  async function begin() {
    const [ended, begun] = await Promise.all([
      readSweepPlace(store, PLACE_KEY),
      readSweepPlace(store, UNDERWAY_KEY),
    ]);
    const isAfterBreak = begun.call > ended.call;
    const from = isAfterBreak ? begun : ended;
    const call = Math.max(ended.call, begun.call) + 1;
    const now = clock.now();
    const interruptions = interruptionsAt(from, now).map(({ endedAt, seconds }) => ({
      ended_at: endedAt,
      seconds,
    }));
    // What this call takes, it takes by what it has just read.
    availability.known = { at: now, place: { ...from, at: now, interruptions } };
    let marked: Promise<void> | null = null;

    function write(key: string, place: Pick<SweepPlace, 'leases' | 'jobs'>): Promise<void> {
      const { leases, jobs } = place;
      return writeSweepPlace(store, key, { leases, jobs, call, at: clock.now(), interruptions });
    }

    function mark(behind: Partial<Pick<SweepPlace, 'leases' | 'jobs'>>): Promise<void> {
      marked ??= write(UNDERWAY_KEY, { ...from, ...(isAfterBreak ? behind : {}) });
      return marked;
    }

    return {
      from,
      isAfterBreak,
      /** Whether there is room for more; what ended the last call is not come back to in this one. */
      mayComeBack: () => mayBegin(0) && !(isAfterBreak && marked !== null),
      beforeLease: (leases: string) => mark({ leases }),
      beforeJob: (jobs: string) => mark({ jobs }),
      /** Every call leaves word that it ran: where none does, no holder could be heard. */
      end: (place: Pick<SweepPlace, 'leases' | 'jobs'>) => write(PLACE_KEY, place),
    };
  }

  async function pass(
    cursor: string | null,
    { leased, begun }: { leased: Set<string>; begun: Awaited<ReturnType<typeof begin>> },
  ): Promise<SweepReport> {
    const swept = await sweeper.sweep({
      cursor,
      limit: budget.leases,
      lanes: begun.isAfterBreak ? 1 : budget.lanes,
      mayBegin,
      before: begun.beforeLease,
      onLease(key) {
        const target = parseLeaseKey(key);
        if (target !== null) leased.add(target.jobKey);
      },
    });
    if (!swept.ok) throw new Error(`Cannot sweep: ${swept.failure.code}`);
    return swept.value;
  }

  return {
    async run() {
      const begun = await begin();
      const { from } = begun;
      const leased = new Set<string>();
      const passes = [await pass(from.leases, { leased, begun })];
      // To the end from where the last call stopped; and then what stands before that.
      if (
        from.leases !== null &&
        passes[0]?.cursor === null &&
        !begun.isAfterBreak &&
        mayBegin(0)
      ) {
        leased.clear();
        passes.push(await pass(null, { leased, begun }));
      }
      const leases = passes.at(-1)?.cursor ?? null;
      // Who has just seen all leases can tell which are missing; else each is asked for.
      const sawAll = leases === null && (from.leases === null || passes.length > 1);
      const looked = begun.mayComeBack()
        ? await missingLeases.recoverSome({
            cursor: from.jobs,
            limit: budget.jobs,
            isLeased: key => sawAll && leased.has(key),
            mayBegin: () => mayBegin(0),
            before: begun.beforeJob,
          })
        : { recovered: 0, cursor: from.jobs };
      await begun.end({ leases, jobs: looked.cursor });
      return {
        passes,
        missingLeases: looked.recovered,
        complete: leases === null,
        afterBreak: begun.isAfterBreak,
      };
    },
  };
}
