import { LEASE_KEYS, parseLeaseKey } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { type ListedLease, listLeases } from './lease-list.ts';
import { createLeaseRecovery } from './lease-recovery.ts';
import { createReportBuilder, type SweepReport } from './report.ts';

/**
 * One pass over lease objects. The caller takes the leases one by one and may stop before any of them: it
 * calls `advanceTo` for each that it takes, and `recover` for those that have to be read.
 */
export interface SweepPass {
  /** The leases of the pass, in the order of their keys. Rejects with a `StoreError` where they cannot be listed. */
  readonly leases: AsyncIterable<ListedLease>;
  /** Counts a lease as examined. The next pass continues behind the last one. */
  advanceTo(leaseKey: string): void;
  /** Recovers the job of a lease that has to be read, and counts what became of it. */
  recover(leaseKey: string): Promise<void>;
  report(): SweepReport;
  /** The keys of all jobs that have lease objects; null where the pass has not listed all leases. */
  leasedJobs(): ReadonlySet<string> | null;
}

export interface SweepRange {
  /** A key of a lease, null for the first pass. */
  readonly cursor: string | null;
  /** The most leases that the pass examines. */
  readonly limit: number;
}

export function createSweepPass(parts: ProtocolContext, { cursor, limit }: SweepRange): SweepPass {
  const { clock, memory, deadlines } = parts;
  const recovery = createLeaseRecovery(parts);
  const builder = createReportBuilder(cursor ?? LEASE_KEYS);
  const listed = new Set<string>();
  const startedAt = clock.now();
  let hasListedAll = false;

  async function* leases(): AsyncGenerator<ListedLease> {
    let count = 0;
    for await (const lease of listLeases(parts, cursor)) {
      if (count === limit) return;
      count += 1;
      if (cursor === null) listed.add(lease.key);
      yield lease;
    }
    builder.complete();
    if (cursor !== null) return;
    hasListedAll = true;
    // What is granted while the pass runs may stand before the place of the list: it ends after the start.
    deadlines.forgetMissing(listed, startedAt);
  }

  return {
    leases: leases(),
    advanceTo: leaseKey => builder.advanceTo(leaseKey),

    async recover(leaseKey) {
      builder.add(await recovery.recover(leaseKey));
    },

    report: () =>
      builder.build({
        false_alarms: memory.falseAlarms.read(),
        late_renewals: memory.lateRenewals.read(),
      }),

    leasedJobs: () => (hasListedAll ? jobsOf(listed) : null),
  };
}

function jobsOf(leaseKeys: ReadonlySet<string>): ReadonlySet<string> {
  const jobs = new Set<string>();
  for (const key of leaseKeys) {
    const target = parseLeaseKey(key);
    if (target !== null) jobs.add(target.jobKey);
  }
  return jobs;
}
