import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { delayedUntil } from '../lease/recovery.ts';
import { standingKindOf } from '../lease/standing.ts';
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
  const kind = standingKindOf({ status: state.status, holding, isHinted: () => hinted, now });
  switch (kind) {
    case 'held':
    case 'ending':
      return { kind, lease: holdingAs('live', holding).lease };
    case 'stalled': {
      const { lease, until } = holdingAs('live', holding);
      return { kind, lease, until };
    }
    case 'zombie': {
      const { lease, corrupt } = holdingAs('dead', holding);
      return { kind, lease, corrupt };
    }
    case 'waiting':
      return { kind, until: delayedUntil(jobLeaseOf(state), now) };
    case 'unleased':
    case 'resting':
    case 'finished':
      return { kind };
    default:
      return unreachable(kind);
  }
}

/** The rule names these standings only for such a lease. */
function holdingAs<Kind extends Holding['kind']>(
  kind: Kind,
  holding: Holding,
): Extract<Holding, { kind: Kind }> {
  if (isOfKind(kind, holding)) return holding;
  throw new TypeError(`Expected a ${kind} lease, and it is ${holding.kind}`);
}

function isOfKind<Kind extends Holding['kind']>(
  kind: Kind,
  holding: Holding,
): holding is Extract<Holding, { kind: Kind }> {
  return holding.kind === kind;
}
