import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { delayedUntil } from '../lease/recovery.ts';
import { isOverdue } from '../lease/rules.ts';
import { isFinished } from '../lease/transfer.ts';
import type { Holding, LiveLease } from '../protocol/holding.ts';

/** The situation of a job, from its state, its lease and its hint. */
export type Standing =
  /** Leased, and heartbeats arrive in time. */
  | { readonly kind: 'held'; readonly lease: Lease }
  /** Leased, but the lease has been ended, and the job is being released. */
  | { readonly kind: 'ending'; readonly lease: Lease }
  /** Leased, and two heartbeats in a row are missing. */
  | ({ readonly kind: 'stalled' } & LiveLease)
  /** The lease has expired, and the job has not been recovered yet. */
  | { readonly kind: 'zombie'; readonly lease: Lease | null; readonly corrupt: string | null }
  /** Running without a lease: the service does not know which program runs it. */
  | { readonly kind: 'unleased' }
  /** Claimable, or claimable from `until` on if that is not null. */
  | { readonly kind: 'waiting'; readonly until: Timestamp | null }
  /** Neither leased nor claimable. */
  | { readonly kind: 'resting' }
  | { readonly kind: 'finished' };

export function standingOf(
  state: CheckpointState,
  facts: { readonly holding: Holding; readonly hinted: boolean; readonly now: Timestamp },
): Standing {
  const { holding, hinted, now } = facts;
  if (isFinished(state.status)) return { kind: 'finished' };
  if (holding.kind === 'live') {
    const { lease, until } = holding;
    if (lease.expired) return { kind: 'ending', lease };
    return isOverdue(lease, now) ? { kind: 'stalled', lease, until } : { kind: 'held', lease };
  }
  if (state.status === 'running') {
    if (holding.kind === 'none') return { kind: 'unleased' };
    return { kind: 'zombie', lease: holding.lease, corrupt: holding.corrupt };
  }
  if (!hinted) return { kind: 'resting' };
  return { kind: 'waiting', until: delayedUntil(jobLeaseOf(state), now) };
}
