import type { Expiry } from '../protocol/expiry.ts';
import type { Tally } from '../storage/false-alarm-tally.ts';

/** One thing that a sweep could not do, or did without the lease, which it could not read. */
export interface SweepFault {
  readonly lease: string;
  readonly path: string;
  readonly reason: string;
}

export interface SweepReport {
  /** Lease objects that the pass examined. */
  readonly examined: number;
  /** Jobs taken from dead holders: `paused` now, or `completed` where no sheet was left to run. */
  readonly recovered: number;
  /** Jobs that were recovered too often, or that an operator failed: `failed` now. */
  readonly failed: number;
  /** Jobs that an operator cancelled and whose holder died before it learned so: `cancelled` now. */
  readonly cancelled: number;
  /** Leases that no job names: removed. */
  readonly skipped: number;
  readonly errors: number;
  /** The first of the errors. */
  readonly faults: readonly SweepFault[];
  /** Holders that came back after their leases had expired, since this process started. */
  readonly false_alarms: Tally;
  /** Renewals of leases that were over and that nobody had taken yet, since this process started. */
  readonly late_renewals: Tally;
  /** Behind this key the next pass continues; null when this pass came to the end. */
  readonly cursor: string | null;
}

/** What became of one lease. */
export interface Finding {
  /** Null where nothing could be done. */
  readonly outcome: Expiry['outcome'] | null;
  readonly fault: SweepFault | null;
}

/** Counts what one pass does. */
export interface ReportBuilder {
  /** Counts one more lease as examined. Keys come in the order of the list: the last one is the cursor. */
  advanceTo(key: string): void;
  /** Counts what became of a lease. */
  add(finding: Finding): void;
  /** Notes that the list has no more leases. */
  complete(): void;
  build(tallies: Pick<SweepReport, 'false_alarms' | 'late_renewals'>): SweepReport;
}

const MAX_FAULTS = 20;

/** `cursor` is where a pass continues that examines nothing. */
export function createReportBuilder(cursor: string): ReportBuilder {
  const counts = { alive: 0, orphan: 0, recovered: 0, failed: 0, cancelled: 0 };
  const faults: SweepFault[] = [];
  let examined = 0;
  let errors = 0;
  let last = cursor;
  let isComplete = false;

  return {
    advanceTo(key) {
      examined += 1;
      last = key;
    },

    add({ outcome, fault }) {
      if (outcome !== null) counts[outcome] += 1;
      if (fault === null) return;
      errors += 1;
      if (faults.length < MAX_FAULTS) faults.push(fault);
    },

    complete() {
      isComplete = true;
    },

    build: tallies => ({
      examined,
      recovered: counts.recovered,
      failed: counts.failed,
      cancelled: counts.cancelled,
      skipped: counts.orphan,
      errors,
      faults: [...faults],
      ...tallies,
      cursor: isComplete ? null : last,
    }),
  };
}
