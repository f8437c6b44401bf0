import { protectedUntil } from '../availability/availability.ts';
import { forEachConcurrently } from '../base/concurrently.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { LEASE_KEYS, type LeaseTimes, timesFromLabel } from '../lease/lease.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { createLeaseRecovery } from './lease-recovery.ts';
import { createReportBuilder, type SweepReport } from './report.ts';

/** For a place that has the labels of its leases in memory, and an alarm. */
export interface DueLeases {
  /**
   * Recovers the jobs of leases that have ended, at most so many, and finds out when the next lease ends. An error of one lease is
   * counted and stops nothing. Rejects with a `StoreError` where the leases cannot be listed.
   */
  recover(limits: DueLimits): Promise<DueReport>;
}

export interface DueLimits {
  readonly most: number;
  readonly concurrency: number;
}

export interface DueReport {
  readonly report: SweepReport;
  /** When the next of the other leases ends. Null if there are none. */
  readonly nextAtMs: number | null;
  /** Leases that have ended and were left, as there were more than `most`. */
  readonly left: number;
}

export function createDueLeases(
  parts: Pick<ProtocolContext, 'store' | 'clock' | 'availability' | 'expiry' | 'memory'>,
): DueLeases {
  const { store, clock, availability, memory } = parts;
  const recovery = createLeaseRecovery(parts);

  return {
    async recover({ most, concurrency }) {
      const builder = createReportBuilder(LEASE_KEYS);
      const now = clock.now();
      const reachability = await availability.getReachability(now);
      const due: string[] = [];
      let next: Timestamp | null = null;
      let left = 0;
      for await (const { key, label } of store.list(LEASE_KEYS)) {
        builder.advanceTo(key);
        const lease = timesOf(label);
        const until = lease === null ? null : protectedUntil(reachability, { key, lease, now });
        if (until !== null) next = earlier(next, until);
        else if (due.length < most) due.push(key);
        else left += 1;
      }
      await forEachConcurrently(each(due), concurrency, async key => {
        builder.add(await recovery.recover(key));
      });
      if (left === 0) builder.complete();
      const report = builder.build({
        false_alarms: memory.falseAlarms.read(),
        late_renewals: memory.lateRenewals.read(),
      });
      memory.lastSweep.set(clock.now(), report);
      return { report, nextAtMs: next === null ? null : millisOf(next), left };
    },
  };
}

/** When a lease ends, by its label, in milliseconds since 1970, and whether it cannot be renewed any more. */
export function endIn(label: string): { readonly atMs: number; readonly isEnded: boolean } | null {
  const lease = timesFromLabel(label);
  return lease === null ? null : { atMs: millisOf(lease.expires_at), isEnded: lease.expired };
}

function timesOf(label: string | null): LeaseTimes | null {
  return label === null ? null : timesFromLabel(label);
}

function earlier(left: Timestamp | null, right: Timestamp): Timestamp {
  return left !== null && toUnixMicros(left) <= toUnixMicros(right) ? left : right;
}

/** Rounded up: at this time the lease has ended. */
function millisOf(time: Timestamp): number {
  return Number((toUnixMicros(time) + 999n) / 1000n);
}

async function* each(keys: readonly string[]): AsyncGenerator<string> {
  yield* keys;
}
