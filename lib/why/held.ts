import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { allSheetsDone } from '../checkpoint/progress.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { isUsed, MAX_RECOVERIES } from '../lease/recovery.ts';
import { renewAfterMs } from '../lease/rules.ts';
import { requestAtEnd } from '../lease/transfer.ts';
import type { LiveLease } from '../protocol/holding.ts';
import type { Explanation } from './evidence.ts';
import {
  ago,
  ahead,
  leaseEvidence,
  quoted,
  requestEvidence,
  seconds,
  sheetEvidence,
} from './evidence.ts';
import type { Standing } from './standing.ts';

/* Explanations for leased jobs: the lease runs or has expired. */

export function explainHeld(state: CheckpointState, lease: Lease, now: Timestamp): Explanation {
  const pending = lease.requested === null ? [] : [requestEvidence(lease)];
  return {
    summary: `${quoted(lease.holder)} runs the job; its last heartbeat was ${ago(lease.renewed_at, now)}`,
    evidence: [...leaseEvidence(lease, now), sheetEvidence(state), ...pending],
    since: lease.acquired_at,
    next:
      lease.requested === null
        ? `The holder continues. Without a renewal the lease expires ${ahead(lease.expires_at, now)}, and the job becomes claimable`
        : `The holder gets the request to ${lease.requested} with its next heartbeat, due every ${seconds(renewAfterMs(lease))}`,
    safe: [
      'Wait',
      ...(lease.requested === null ? [] : ['POST resume to withdraw the request']),
      'POST pause, cancel or fail: the holder gets the request with its next heartbeat',
      'POST the same with ?force=true to take the job from its holder at once: the service refuses its later writes',
    ],
  };
}

export function explainEnding(state: CheckpointState, lease: Lease, now: Timestamp): Explanation {
  return {
    summary: `The holder ${quoted(lease.holder)} or an operator is ending the lease`,
    evidence: [...leaseEvidence(lease, now), sheetEvidence(state)],
    since: lease.ended_at,
    next: `The job is released now. If the release does not finish, the job can be taken ${ahead(lease.expires_at, now)}`,
    safe: ['Wait', 'POST pause, cancel, fail or resume: takes effect at once'],
  };
}

export function explainStalled(
  state: CheckpointState,
  { lease, until }: LiveLease,
  now: Timestamp,
): Explanation {
  const isExtended = until !== lease.expires_at;
  return {
    summary: `${quoted(lease.holder)} holds the job, but has missed two heartbeats in a row`,
    evidence: [
      ...leaseEvidence(lease, now),
      `A heartbeat is due every ${seconds(renewAfterMs(lease))}`,
      ...(isExtended
        ? [
            `The service could not receive heartbeats for a time, so the lease is not taken before ${until}`,
          ]
        : []),
      sheetEvidence(state),
      ...(lease.requested === null ? [] : [requestEvidence(lease)]),
    ],
    since: lease.renewed_at,
    next: `Without a heartbeat the job can be taken ${ahead(until, now)}, by the next claim, acquire or sweep`,
    safe: [
      'Wait until the lease expires: no other worker gets the job before',
      'Check the holder: its process may be busy or suspended, or its network down',
    ],
  };
}

export function explainZombie(
  state: CheckpointState,
  { lease, corrupt }: Extract<Standing, { kind: 'zombie' }>,
  { now, recoveries }: { now: Timestamp; recoveries: number },
): Explanation {
  const { lease: named } = jobLeaseOf(state);
  return {
    summary: `The lease of ${quoted(named?.holder ?? '')} has expired: the holder counts as dead`,
    evidence: [
      ...(lease === null ? [] : leaseEvidence(lease, now)),
      ...(corrupt === null ? [] : [`The lease object cannot be read: ${corrupt}`]),
      ...(lease === null && corrupt === null
        ? ['The lease object that the job names does not exist']
        : []),
      sheetEvidence(state),
      ...(lease === null || lease.requested === null ? [] : [requestEvidence(lease)]),
    ],
    since: lease?.expires_at ?? named?.acquired_at ?? null,
    next: `The next sweep, acquire or claim ${recoveryOutcome(state, { lease, recoveries })}`,
    safe: [
      'POST /v1/sweep to recover the job now',
      'Acquire the job: if the old holder comes back, the service refuses its writes',
    ],
  };
}

function recoveryOutcome(
  state: CheckpointState,
  { lease, recoveries }: { lease: Lease | null; recoveries: number },
): string {
  const request = requestAtEnd(state, lease);
  switch (request) {
    case null:
      if (allSheetsDone(state)) return 'completes it: no sheet is left to run';
      if (!isUsed(state, lease))
        return 'recovers it. The holder never used the lease, so a claim gets the job a moment later';
      return recoveries + 1 >= MAX_RECOVERIES
        ? `fails it: this is recovery ${recoveries + 1} with no sheet completed in between`
        : 'recovers it. The job is then claimable and continues after its last completed sheet';
    case 'pause':
      return 'pauses it: an operator asked for that. The job then waits for POST resume';
    case 'cancel':
      return 'cancels it: an operator asked for that';
    case 'fail':
      return 'fails it: an operator asked for that';
    default:
      return unreachable(request);
  }
}
