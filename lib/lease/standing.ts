import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { canHaveHint } from './hint-rules.ts';
import type { LeaseTimes } from './lease.ts';
import { isOverdue, renewAfterMs } from './rules.ts';
import { isFinished } from './transfer.ts';

/** The situation of a job in one word. `lib/why/standing.ts` says what each means. */
export const STANDINGS = [
  'held',
  'stalled',
  'ending',
  'zombie',
  'unleased',
  'waiting',
  'resting',
  'finished',
] as const;

export type StandingKind = (typeof STANDINGS)[number];

/** What decides the standing of a job, as far as the status leaves it open. */
export interface StandingFacts {
  readonly status: JobStatus;
  /** The lease that the job names. `dead`: it may be taken from its holder, or is gone. */
  readonly holding:
    | { readonly kind: 'none' | 'dead' }
    | { readonly kind: 'live'; readonly lease: Omit<LeaseTimes, 'expires_at'> };
  /** Whether the job is in the queue for claims. */
  readonly isHinted: () => boolean;
  readonly now: Timestamp;
}

/** The one rule for the standing of a job, for a list and for the explanation of one job. */
export function standingKindOf({ status, holding, isHinted, now }: StandingFacts): StandingKind {
  if (isFinished(status)) return 'finished';
  if (holding.kind === 'live') {
    if (holding.lease.expired) return 'ending';
    return isOverdue(holding.lease, now) ? 'stalled' : 'held';
  }
  if (status === 'running') return holding.kind === 'none' ? 'unleased' : 'zombie';
  return canHaveHint({ status }) && isHinted() ? 'waiting' : 'resting';
}

/**
 * The standings that a job may have by its status, and by whether it names a lease. So a search for some of them need not
 * look for the leases and hints of all jobs.
 */
export function standingsFor(status: JobStatus, isNamed: boolean): readonly StandingKind[] {
  if (isFinished(status)) return FINISHED;
  if (isNamed) return status === 'running' ? RUNNING_WITH_LEASE : STOPPED_WITH_LEASE;
  if (status === 'running') return UNLEASED;
  return canHaveHint({ status }) ? STOPPED : RESTING;
}

const FINISHED: readonly StandingKind[] = ['finished'];
const UNLEASED: readonly StandingKind[] = ['unleased'];
const RESTING: readonly StandingKind[] = ['resting'];
const STOPPED: readonly StandingKind[] = ['waiting', 'resting'];
const RUNNING_WITH_LEASE: readonly StandingKind[] = ['held', 'stalled', 'ending', 'zombie'];
const STOPPED_WITH_LEASE: readonly StandingKind[] = [
  'held',
  'stalled',
  'ending',
  'waiting',
  'resting',
];

/** When time alone may change the standing of a job under this lease, in microseconds since 1970. */
export function changesAt({ expires_at, renewed_at, ttl_seconds }: LeaseTimes): readonly number[] {
  const overdueAt = Number(toUnixMicros(renewed_at)) + 2000 * renewAfterMs({ ttl_seconds });
  return [overdueAt, Number(toUnixMicros(expires_at))];
}
