import * as z from 'zod';
import { JOB_KEYS } from './job-id.ts';
import { LEASE_KEYS, parseLeaseKey } from './lease/lease.ts';
import { parsePlain } from './plain-json.ts';
import { type ObjectStore, UNCONDITIONAL } from './store.ts';
import type { StrayLeases } from './stray-leases.ts';
import type { Sweeper, SweepReport } from './sweep.ts';

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

export interface ScheduledSweep {
  /**
   * Sweeps what the budget allows, from where the last call stopped, which the store remembers. Rejects with
   * a `StoreError` where the leases cannot be listed.
   */
  run(): Promise<ScheduledReport>;
}

export interface ScheduledReport {
  readonly passes: readonly SweepReport[];
  /** Running jobs whose lease objects were gone. */
  readonly strays: number;
  /** Whether all leases were seen, in this call or since the one that began with the first. */
  readonly complete: boolean;
  /** Whether the call before this one was ended half-way. */
  readonly afterBreak: boolean;
}

/** Where calls go on. */
const Place = z.object({
  /** Keys behind which the next call goes on; null for the first. */
  leases: z.string().startsWith(LEASE_KEYS).nullable(),
  jobs: z.string().startsWith(JOB_KEYS).nullable(),
  /** Which call has written this: they are counted. */
  call: z.int().min(0),
});
type Place = z.infer<typeof Place>;

/** Written at the end of a call. */
const PLACE_KEY = 'sweep/place.json';
/** Written before a call reads its first job. Another object, for one is not to be written twice in a second. */
const UNDERWAY_KEY = 'sweep/underway.json';
const START: Place = { leases: null, jobs: null, call: 0 };
/** The most that recovering one job takes, with an answer that is lost on the way. */
const OPERATIONS_PER_LEASE = 12;
/** To write down that it is under way, and where to go on. */
const OPERATIONS_FOR_THE_PLACE = 2;

/** Sweeps in calls that each may spend so much, as a platform's timer makes them. */
export function createScheduledSweep(parts: {
  readonly store: ObjectStore;
  readonly sweeper: Sweeper;
  readonly strays: StrayLeases;
  readonly budget: SweepBudget;
  readonly spending: Spending;
}): ScheduledSweep {
  const { store, sweeper, strays, budget, spending } = parts;

  function mayBegin(underWay: number): boolean {
    if (spending.bodyBytes >= budget.bodyBytes) return false;
    const reserved = (underWay + 1) * OPERATIONS_PER_LEASE + OPERATIONS_FOR_THE_PLACE;
    return spending.operations + reserved <= budget.operations;
  }

  async function read(key: string): Promise<Place> {
    const object = await store.get(key);
    if (object === null) return START;
    const parsed = Place.safeParse(parsePlain(new TextDecoder().decode(object.body)));
    return parsed.success ? parsed.data : START;
  }

  async function write(key: string, place: Place): Promise<void> {
    await store.put(key, new TextEncoder().encode(JSON.stringify(place)), UNCONDITIONAL);
  }

  /**
   * A call that the platform ends, because a state is too large for it, leaves the word that it was under way
   * and no word of its end. The next one then begins behind the first object that it comes to read, and says so
   * before it reads it: so in the end one comes by what ended the others.
   */
  async function begin() {
    const [ended, begun] = await Promise.all([read(PLACE_KEY), read(UNDERWAY_KEY)]);
    const isAfterBreak = begun.call > ended.call;
    const from = isAfterBreak ? begun : ended;
    const call = Math.max(ended.call, begun.call) + 1;
    let marked: Promise<void> | null = null;

    function mark(behind: Partial<Place>): Promise<void> {
      marked ??= write(UNDERWAY_KEY, { ...from, ...(isAfterBreak ? behind : {}), call });
      return marked;
    }

    return {
      from,
      isAfterBreak,
      /** Whether there is room for more; what ended the last call is not come back to in this one. */
      mayComeBack: () => mayBegin(0) && !(isAfterBreak && marked !== null),
      beforeLease: (leases: string) => mark({ leases }),
      beforeJob: (jobs: string) => mark({ jobs }),
      async end(place: Pick<Place, 'leases' | 'jobs'>) {
        const moved = place.leases !== from.leases || place.jobs !== from.jobs;
        if (moved || marked !== null || isAfterBreak) await write(PLACE_KEY, { ...place, call });
      },
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
        ? await strays.recoverSome({
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
        strays: looked.recovered,
        complete: leases === null,
        afterBreak: begun.isAfterBreak,
      };
    },
  };
}
