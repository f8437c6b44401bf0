import * as z from 'zod';
import { parseLeaseKey } from './lease/lease.ts';
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
}

const Place = z.object({ leases: z.string().nullable(), jobs: z.string().nullable() });
type Place = z.infer<typeof Place>;

const PLACE_KEY = 'sweep/place.json';
const START: Place = { leases: null, jobs: null };
/** The most that recovering one job takes, with an answer that is lost on the way. */
const OPERATIONS_PER_LEASE = 12;
/** To write down where to go on. */
const OPERATIONS_AT_THE_END = 1;

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
    const reserved = (underWay + 1) * OPERATIONS_PER_LEASE + OPERATIONS_AT_THE_END;
    return spending.operations + reserved <= budget.operations;
  }

  async function pass(cursor: string | null, leased: Set<string>): Promise<SweepReport> {
    const swept = await sweeper.sweep({
      cursor,
      limit: budget.leases,
      lanes: budget.lanes,
      mayBegin,
      onLease(key) {
        const target = parseLeaseKey(key);
        if (target !== null) leased.add(target.jobKey);
      },
    });
    if (!swept.ok) throw new Error(`Cannot sweep: ${swept.failure.code}`);
    return swept.value;
  }

  /** To the end from where the last call stopped; and then what stands before that. */
  async function sweepOn(from: string | null, leased: Set<string>): Promise<SweepReport[]> {
    const first = await pass(from, leased);
    if (from === null || first.cursor !== null || !mayBegin(0)) return [first];
    leased.clear();
    return [first, await pass(null, leased)];
  }

  async function read(): Promise<Place> {
    const object = await store.get(PLACE_KEY);
    if (object === null) return START;
    const parsed = Place.safeParse(parsePlain(new TextDecoder().decode(object.body)));
    return parsed.success ? parsed.data : START;
  }

  async function write(before: Place, after: Place): Promise<void> {
    if (before.leases === after.leases && before.jobs === after.jobs) return;
    const body = new TextEncoder().encode(JSON.stringify(after));
    await store.put(PLACE_KEY, body, UNCONDITIONAL);
  }

  return {
    async run() {
      const place = await read();
      const leased = new Set<string>();
      const passes = await sweepOn(place.leases, leased);
      const leases = passes.at(-1)?.cursor ?? null;
      // Only who has just seen all leases can tell which are missing.
      const sawAll = leases === null && (place.leases === null || passes.length > 1);
      const looked =
        sawAll && mayBegin(0)
          ? await strays.recoverSome({
              cursor: place.jobs,
              limit: budget.jobs,
              isLeased: key => leased.has(key),
              mayBegin: () => mayBegin(0),
            })
          : { recovered: 0, cursor: place.jobs };
      await write(place, { leases, jobs: looked.cursor });
      return { passes, strays: looked.recovered, complete: leases === null };
    },
  };
}
