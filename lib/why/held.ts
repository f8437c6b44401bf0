import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { allSheetsDone } from '../checkpoint/progress.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { renewAfterMs } from '../lease/rules.ts';
import { isUsed, MAX_RECOVERIES, requestAtEnd } from '../lease/transfer.ts';
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

/* Of jobs that a lease is on, running or over. */

export function held(state: CheckpointState, lease: Lease, now: Timestamp): Explanation {
  const pending = lease.requested === null ? [] : [requestEvidence(lease)];
  return {
    summary: `${quoted(lease.holder)} runs it and was heard of ${ago(lease.renewed_at, now)}`,
    evidence: [...leaseEvidence(lease, now), sheetEvidence(state), ...pending],
    since: lease.acquired_at,
    next:
      lease.requested === null
        ? `It goes on. Without a renewal the lease ends ${ahead(lease.expires_at, now)}, and the job is claimable again`
        : `The holder hears of the request to ${lease.requested} with its next heartbeat, due every ${seconds(renewAfterMs(lease))}`,
    safe: [
      'Wait',
      ...(lease.requested === null ? [] : ['POST resume takes the request back']),
      'POST pause, cancel or fail: the holder hears of it with its next heartbeat',
      'With ?force=true they take the job from its holder at once: what it does from then on is refused',
    ],
  };
}

export function ending(state: CheckpointState, lease: Lease, now: Timestamp): Explanation {
  return {
    summary: `The lease of ${quoted(lease.holder)} is being ended, by its holder or by an operator`,
    evidence: [...leaseEvidence(lease, now), sheetEvidence(state)],
    since: lease.ended_at,
    next: `The job leaves its holder. Were that broken off, anybody could take it ${ahead(lease.expires_at, now)}`,
    safe: ['Wait', 'POST pause, cancel, fail or resume: done at once'],
  };
}

export function stalled(
  state: CheckpointState,
  { lease, until }: LiveLease,
  now: Timestamp,
): Explanation {
  const spared = until !== lease.expires_at;
  return {
    summary: `${quoted(lease.holder)} holds it, but two renewals in a row have not come`,
    evidence: [
      ...leaseEvidence(lease, now),
      `It was to renew every ${seconds(renewAfterMs(lease))}`,
      ...(spared
        ? [`The service could not hear it for a time, so the lease is not taken before ${until}`]
        : []),
      sheetEvidence(state),
      ...(lease.requested === null ? [] : [requestEvidence(lease)]),
    ],
    since: lease.renewed_at,
    next: `If no renewal comes, the job may be taken ${ahead(until, now)}: the next claim or sweep hands it on`,
    safe: [
      'Wait for the lease to end: nobody else gets the job before',
      'Look at the holder: it may be busy, asleep, or cut off',
    ],
  };
}

export function zombie(
  state: CheckpointState,
  { lease, corrupt }: Extract<Standing, { kind: 'zombie' }>,
  { now, recoveries }: { now: Timestamp; recoveries: number },
): Explanation {
  const { lease: named } = jobLeaseOf(state);
  return {
    summary: `Its holder ${quoted(named?.holder ?? '')} is taken for dead: the lease is over`,
    evidence: [
      ...(lease === null ? [] : leaseEvidence(lease, now)),
      ...(corrupt === null ? [] : [`The lease object cannot be read: ${corrupt}`]),
      ...(lease === null && corrupt === null
        ? ['The lease object that the job names is gone']
        : []),
      sheetEvidence(state),
      ...(lease === null || lease.requested === null ? [] : [requestEvidence(lease)]),
    ],
    since: lease?.expires_at ?? named?.acquired_at ?? null,
    next: `The next sweep, acquire or claim ${prospect(state, { lease, recoveries })}`,
    safe: [
      'POST /v1/sweep: recovers it now',
      'Acquire it: the old holder can write nothing any more, should it come back',
    ],
  };
}

function prospect(
  state: CheckpointState,
  { lease, recoveries }: { lease: Lease | null; recoveries: number },
): string {
  const request = requestAtEnd(state, lease);
  switch (request) {
    case null:
      if (allSheetsDone(state)) return 'completes it: no sheet is left to run';
      if (!isUsed(state, lease))
        return 'takes it from the holder, who never used the grant; claims get it a moment later';
      return recoveries + 1 >= MAX_RECOVERIES
        ? `fails it: it would be recovery ${recoveries + 1} with no sheet completed in between`
        : 'takes it from the holder; then it is claimable from its last good sheet';
    case 'pause':
      return 'pauses it, as an operator asked the holder: then it waits for resume';
    case 'cancel':
      return 'cancels it, as an operator asked the holder';
    case 'fail':
      return 'fails it, as an operator asked the holder';
    default:
      return unreachable(request);
  }
}
