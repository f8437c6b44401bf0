import type { AvailabilityMemory } from '../availability/stored.ts';
import type { Clock } from '../base/clock.ts';
import { forEachConcurrently } from '../base/concurrently.ts';
import type { ObjectStore } from '../store.ts';
import { type Allowance, createAllowance, type Spending, type SweepBudget } from './budget.ts';
import type { MissingLeases } from './missing-leases.ts';
import type { SweepPass } from './pass.ts';
import type { SweepReport } from './report.ts';
import { RETIRED_PER_PASS, type Retention } from './retention.ts';
import { beginSweepCall, type SweepCall } from './sweep-call.ts';
import type { Sweeper } from './sweeper.ts';

export interface BudgetedSweep {
  /**
   * Sweeps what the budget allows, from where the last call stopped, which the store remembers. Rejects with
   * a `StoreError` where the leases or the jobs cannot be listed.
   */
  run(): Promise<ScheduledReport>;
}

export interface ScheduledReport {
  readonly passes: readonly SweepReport[];
  /** Running jobs whose lease objects were gone. */
  readonly missingLeases: number;
  /** Jobs that finished too long ago: deleted. */
  readonly retired: number;
  /** Whether all leases were examined, in this call or since the one that began with the first. */
  readonly complete: boolean;
  /** Whether the platform ended the call before this one. */
  readonly afterBreak: boolean;
}

interface Parts {
  readonly store: ObjectStore;
  readonly clock: Clock;
  /** That of the repository whose leases are swept. */
  readonly availability: AvailabilityMemory;
  readonly sweeper: Pick<Sweeper, 'begin' | 'record'>;
  readonly missingLeases: Pick<MissingLeases, 'list' | 'recover'>;
  /** Null where finished jobs are kept. */
  readonly retention: Pick<Retention, 'isDue' | 'retire'> | null;
  readonly budget: SweepBudget;
  readonly spending: Spending;
}

/** One call and what is left of its budget. */
interface Round {
  readonly call: SweepCall;
  readonly allowance: Allowance;
}

/** Sweeps in calls that each may spend so much, as a platform's timer makes them. */
export function createBudgetedSweep(parts: Parts): BudgetedSweep {
  const { sweeper, missingLeases, retention, budget, spending } = parts;

  async function runPass(cursor: string | null, round: Round): Promise<SweepPass> {
    const pass = sweeper.begin({ cursor, limit: budget.leases });
    const concurrency = round.call.isAfterBreak ? 1 : budget.concurrency;
    await forEachConcurrently(takeLeases(pass, round.allowance), concurrency, key =>
      recover(key, { pass, round }),
    );
    return pass;
  }

  /** At most two: from where the last call stopped to the end, and then what stands before that. */
  async function runPasses(round: Round): Promise<{ passes: SweepReport[]; last: SweepPass }> {
    const { call, allowance } = round;
    const first = await runPass(call.from.leases, round);
    const report = first.report();
    const isRestAhead = call.from.leases !== null && report.cursor === null;
    if (!isRestAhead || call.isAfterBreak || !allowance.hasBudgetForRecovery()) {
      return { passes: [report], last: first };
    }
    const second = await runPass(null, round);
    return { passes: [report, second.report()], last: second };
  }

  /**
   * Looks at the jobs behind the place of the last call: recovers those whose lease objects are gone, and deletes those that
   * finished too long ago. Jobs with a lease object in `leased` are not read.
   */
  async function examineJobs(
    leased: ReadonlySet<string>,
    { call, allowance }: Round,
  ): Promise<{ recovered: number; retired: number; cursor: string | null }> {
    let recovered = 0;
    let retired = 0;
    let examined = 0;
    let cursor = call.from.jobs;
    // A call after a break records one object, and so reads no job where it has read a lease.
    const canRead = allowance.hasBudgetForRecovery() && !(call.isAfterBreak && call.isUnderWay());
    if (!canRead) return { recovered, retired, cursor };
    for await (const { key, isCandidate, summary } of missingLeases.list(cursor)) {
      if (examined === budget.jobs) return { recovered, retired, cursor };
      if (isCandidate && !leased.has(key)) {
        if (!allowance.hasBudgetForRecovery()) return { recovered, retired, cursor };
        await call.recordUnderWay({ jobs: key });
        if (await missingLeases.recover(key)) recovered += 1;
      }
      if (summary !== null && retention?.isDue(summary, call.trusted) === true) {
        const isOver = retired === RETIRED_PER_PASS || !allowance.hasBudgetForRecovery();
        if (isOver) return { recovered, retired, cursor };
        await call.recordUnderWay({ jobs: key });
        if (await retention.retire(summary.job_id, call.trusted)) retired += 1;
      }
      examined += 1;
      cursor = key;
      if (!allowance.hasBudgetForPage()) return { recovered, retired, cursor };
    }
    return { recovered, retired, cursor: null };
  }

  return {
    async run() {
      const call = await beginSweepCall(parts);
      const round: Round = { call, allowance: createAllowance(budget, spending) };
      const { passes, last } = await runPasses(round);
      const report = last.report();
      sweeper.record(report);
      const leases = report.cursor;
      const missing = await examineJobs(last.leasedJobs() ?? new Set(), round);
      await call.recordEnd({ leases, jobs: missing.cursor });
      return {
        passes,
        missingLeases: missing.recovered,
        retired: missing.retired,
        complete: leases === null,
        afterBreak: call.isAfterBreak,
      };
    },
  };
}

/**
 * The keys of the leases that have to be read, as far as the budget goes. It ends at the first lease without
 * budget, for the cursor is one place.
 */
async function* takeLeases(pass: SweepPass, allowance: Allowance): AsyncGenerator<string> {
  if (!allowance.hasBudgetForPage()) return;
  for await (const { key, isKnownToRun } of pass.leases) {
    const hasBudget = isKnownToRun
      ? allowance.hasBudgetForRunningLease()
      : allowance.hasBudgetForRecovery();
    if (!hasBudget) return;
    pass.advanceTo(key);
    if (!isKnownToRun) yield key;
    // The list asks for its pages inside: any lease may be the first of a new one.
    if (!allowance.hasBudgetForPage()) return;
  }
}

async function recover(
  key: string,
  { pass, round }: { readonly pass: SweepPass; readonly round: Round },
): Promise<void> {
  const { call, allowance } = round;
  const giveBack = allowance.reserveRecovery();
  try {
    await call.recordUnderWay({ leases: key });
    await pass.recover(key);
  } finally {
    giveBack();
  }
}
