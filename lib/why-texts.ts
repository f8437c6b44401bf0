import type { FalseAlarms } from './lapses.ts';
import { MAX_RECOVERIES } from './lease/job-handover.ts';
import { jobLeaseOf } from './lease/job-lease.ts';
import type { Lease } from './lease/lease.ts';
import { renewAfterMs } from './lease/lease-rules.ts';
import { entryAt } from './schema/dictionary.ts';
import { integerText, toBigInt } from './schema/integer.ts';
import type { Standing } from './standing.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { nextSheet, progress } from './state/progress.ts';
import type { Timestamp } from './timestamp.ts';
import { unreachable } from './unreachable.ts';
import {
  falseAlarmEvidence,
  leaseEvidence,
  messageEvidence,
  recoveryEvidence,
  requestEvidence,
  sheetEvidence,
} from './why-evidence.ts';
import { ago, ahead, quoted, seconds } from './why-words.ts';

/** Why a job stands where it stands, in sentences for whoever is asked about it at night. */
export interface Explanation {
  /** One sentence. */
  readonly summary: string;
  /** What is known, and from where. */
  readonly evidence: readonly string[];
  /** Since when it stands so, null where nothing tells. */
  readonly since: Timestamp | null;
  /** What happens next if nobody does anything. */
  readonly next: string;
  /** What may be done now without harm. */
  readonly safe: readonly string[];
}

export function explain(
  state: CheckpointState,
  standing: Standing,
  { now, falseAlarms }: { now: Timestamp; falseAlarms: FalseAlarms | null },
): Explanation {
  const explanation = explainStanding(state, standing, now);
  const evidence = [
    ...explanation.evidence,
    ...recoveryEvidence(jobLeaseOf(state)),
    ...falseAlarmEvidence(falseAlarms),
  ];
  const advice =
    falseAlarms === null || standing.kind === 'finished'
      ? []
      : [`Lease it with ttl_seconds ${falseAlarms.suggested_ttl_seconds} or more`];
  return { ...explanation, evidence, safe: [...explanation.safe, ...advice] };
}

function explainStanding(state: CheckpointState, standing: Standing, now: Timestamp): Explanation {
  switch (standing.kind) {
    case 'held':
      return held(state, standing.lease, now);
    case 'ending':
      return ending(state, standing.lease, now);
    case 'stalled':
      return stalled(state, standing.lease, now);
    case 'zombie':
      return zombie(state, standing, now);
    case 'unleased':
      return unleased(state);
    case 'waiting':
      return waiting(state);
    case 'resting':
      return resting(state);
    case 'finished':
      return finished(state);
    default:
      return unreachable(standing);
  }
}

export function explainCorrupt(path: string, errorType: string, detail: string): Explanation {
  return {
    summary: 'The stored state cannot be read',
    evidence: [`${path} is no checkpoint state (${errorType}): ${detail}`],
    since: null,
    next: 'Nothing: nobody can lease the job, and the sweep passes it by with an error if a lease names it',
    safe: [
      `Repair ${path} or put a copy of an earlier state in its place`,
      'Save a whole state with PUT and If-Match: * to write over it',
      'DELETE the job',
    ],
  };
}

function held(state: CheckpointState, lease: Lease, now: Timestamp): Explanation {
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
      'POST pause, cancel or fail: the holder hears of it with its next heartbeat',
      'With ?force=true they take the job from its holder at once: what it does from then on is refused',
    ],
  };
}

function ending(state: CheckpointState, lease: Lease, now: Timestamp): Explanation {
  return {
    summary: `The lease of ${quoted(lease.holder)} is being ended, by its holder or by an operator`,
    evidence: [...leaseEvidence(lease, now), sheetEvidence(state)],
    since: lease.ended_at,
    next: `The job leaves its holder. Were that broken off, anybody could take it ${ahead(lease.expires_at, now)}`,
    safe: ['Wait', 'POST pause, cancel, fail or resume: done at once'],
  };
}

function stalled(state: CheckpointState, lease: Lease, now: Timestamp): Explanation {
  return {
    summary: `${quoted(lease.holder)} holds it, but two renewals in a row have not come`,
    evidence: [
      ...leaseEvidence(lease, now),
      `It was to renew every ${seconds(renewAfterMs(lease))}`,
      sheetEvidence(state),
      ...(lease.requested === null ? [] : [requestEvidence(lease)]),
    ],
    since: lease.renewed_at,
    next: `If no renewal comes, the lease ends ${ahead(lease.expires_at, now)}: the next claim or sweep hands the job on`,
    safe: [
      'Wait for the lease to end: nobody else gets the job before',
      'Look at the holder: it may be busy, asleep, or cut off',
    ],
  };
}

function zombie(
  state: CheckpointState,
  { lease, corrupt }: Extract<Standing, { kind: 'zombie' }>,
  now: Timestamp,
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
    next: `The next sweep, acquire or claim ${prospect(state, lease)}`,
    safe: [
      'POST /v1/sweep: recovers it now',
      'Acquire it: the old holder can write nothing any more, should it come back',
    ],
  };
}

function prospect(state: CheckpointState, lease: Lease | null): string {
  const { recoveries } = jobLeaseOf(state);
  const request = lease?.requested ?? null;
  switch (request) {
    case null:
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

function unleased(state: CheckpointState): Explanation {
  return {
    summary: 'It is said to be running, and nobody leased it',
    evidence: [
      'The state names no lease',
      ...(state.pid === null
        ? []
        : [`The state names process ${integerText(state.pid)}, which is not looked for`]),
      sheetEvidence(state),
      `The state was last written at ${state.updated_at}`,
    ],
    since: state.started_at,
    next: 'Nothing: without a lease nobody can tell whether it runs',
    safe: [
      'Look for the program that runs it',
      'If none does: POST resume makes it claimable, acquire takes it at once',
    ],
  };
}

function waiting(state: CheckpointState): Explanation {
  return {
    summary: `It is ${state.status} and waits for a worker`,
    evidence: [
      'Nobody holds it',
      'It is marked as claimable',
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next: 'The next claim that asks for it gets it; who has waited longest is first',
    safe: [
      'Start a worker, if none claims',
      'POST pause to keep it from being claimed',
      'Acquire it by its id',
    ],
  };
}

function resting(state: CheckpointState): Explanation {
  const nothingLeft = nextSheet(state) === null;
  const passed = nothingLeft ? sheetsPassedBy(state) : [];
  if (passed.length > 0) return strandedBy(state, passed);
  return {
    summary: nothingLeft
      ? `It is ${state.status}, and no sheet is left to run`
      : `It is ${state.status} and waits for an operator`,
    evidence: [
      'Nobody holds it',
      nothingLeft
        ? 'Every sheet is completed or skipped, but not every one completed'
        : 'It is not marked as claimable: it was paused on request, or another program wrote it',
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next: 'Nothing: no claim gets it',
    safe: nothingLeft
      ? ['Save it as completed, or POST cancel']
      : ['POST resume makes it claimable', 'Acquire it by its id', 'POST cancel gives it up'],
  };
}

function strandedBy(state: CheckpointState, passed: readonly string[]): Explanation {
  return {
    summary: `It is ${state.status}, and no sheet comes next, though not all are completed`,
    evidence: [
      'Nobody holds it',
      `Sheets before the last completed one (${integerText(state.last_completed_sheet)}) are not completed: ${passed.join(', ')}`,
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next: 'Nothing: what comes next is looked for behind the last completed sheet',
    safe: [
      'To run them: save the state with last_completed_sheet set before the first of them, then POST resume',
      'To leave them: mark them as skipped, then save the job as completed',
    ],
  };
}

const MOST_SHEETS_NAMED = 10;

/** Sheets that were neither completed nor skipped, and that no next sheet leads to any more. */
function sheetsPassedBy(state: CheckpointState): string[] {
  const passed: string[] = [];
  const last = toBigInt(state.last_completed_sheet);
  for (let sheet = 1n; sheet < last && passed.length < MOST_SHEETS_NAMED; sheet++) {
    const status = entryAt(state.sheets, String(sheet))?.status ?? 'pending';
    if (status !== 'completed' && status !== 'skipped') passed.push(String(sheet));
  }
  return passed;
}

function finished(state: CheckpointState): Explanation {
  const [completed, total] = progress(state);
  const failed = state.status === 'failed';
  return {
    summary: failed ? 'It failed' : `It is ${state.status}`,
    evidence: [
      `${completed} of ${integerText(total)} sheets are completed`,
      ...messageEvidence(state),
    ],
    since: state.completed_at,
    next: 'Nothing: no claim gets it, and it cannot be acquired',
    safe: failed
      ? [
          'Read the error and mend its cause',
          'POST resume then makes it claimable from its last good sheet',
        ]
      : ['Read it, or DELETE it'],
  };
}
