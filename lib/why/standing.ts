import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { isOverdue } from '../lease/rules.ts';
import { delayedUntil, isFinished } from '../lease/transfer.ts';
import type { Holding, LiveLease } from '../protocol/holding.ts';

/** Where a job stands, and what of it is known besides its state. */
export type Standing =
  /** Held, and its holder heard of in time. */
  | { readonly kind: 'held'; readonly lease: Lease }
  /** Held, but not for longer: its lease is over, and the job about to be let go. */
  | { readonly kind: 'ending'; readonly lease: Lease }
  /** Held, and two renewals in a row have not come. */
  | ({ readonly kind: 'stalled' } & LiveLease)
  /** Its holder is dead by the clock, and nobody has taken the job yet. */
  | { readonly kind: 'zombie'; readonly lease: Lease | null; readonly corrupt: string | null }
  /** Running, with no lease: nothing is known about who runs it. */
  | { readonly kind: 'unleased' }
  /** Any claim may have it, from `until` on where that is not null. */
  | { readonly kind: 'waiting'; readonly until: Timestamp | null }
  /** Nobody runs it, and no claim gets it. */
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
    if (holding.kind === 'nobody') return { kind: 'unleased' };
    return { kind: 'zombie', lease: holding.lease, corrupt: holding.corrupt };
  }
  if (!hinted) return { kind: 'resting' };
  return { kind: 'waiting', until: delayedUntil(jobLeaseOf(state), now) };
}
