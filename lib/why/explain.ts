import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { progress } from '../checkpoint/progress.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import { integerText } from '../schema/integer.ts';
import type { FalseAlarms } from '../storage/false-alarms.ts';
import type { Explanation } from './evidence.ts';
import {
  ahead,
  delayEvidence,
  falseAlarmEvidence,
  messageEvidence,
  recoveryEvidence,
  sheetEvidence,
} from './evidence.ts';
import { ending, held, stalled, zombie } from './held.ts';
import { resting } from './resting.ts';
import type { Standing } from './standing.ts';

export function explain(
  state: CheckpointState,
  standing: Standing,
  {
    now,
    falseAlarms,
    recoveries,
  }: { now: Timestamp; falseAlarms: FalseAlarms | null; recoveries: number },
): Explanation {
  const explanation = explainStanding(state, standing, { now, recoveries });
  const evidence = [
    ...explanation.evidence,
    ...recoveryEvidence({ ...jobLeaseOf(state), recoveries }),
    ...falseAlarmEvidence(falseAlarms),
  ];
  const advice =
    falseAlarms === null || standing.kind === 'finished'
      ? []
      : [`Lease it with ttl_seconds ${falseAlarms.suggested_ttl_seconds} or more`];
  return { ...explanation, evidence, safe: [...explanation.safe, ...advice] };
}

function explainStanding(
  state: CheckpointState,
  standing: Standing,
  { now, recoveries }: { now: Timestamp; recoveries: number },
): Explanation {
  switch (standing.kind) {
    case 'held':
      return held(state, standing.lease, now);
    case 'ending':
      return ending(state, standing.lease, now);
    case 'stalled':
      return stalled(state, standing, now);
    case 'zombie':
      return zombie(state, standing, { now, recoveries });
    case 'unleased':
      return unleased(state);
    case 'waiting':
      return waiting(state, standing.until, now);
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

function waiting(state: CheckpointState, until: Timestamp | null, now: Timestamp): Explanation {
  return {
    summary: `It is ${state.status} and waits for a worker`,
    evidence: [
      'Nobody holds it',
      'It is marked as claimable',
      ...delayEvidence(jobLeaseOf(state), until),
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next:
      until === null
        ? 'The next claim that asks for it gets it; who has waited longest is first'
        : `No claim gets it before ${until}, ${ahead(until, now)}; after that the next one that asks for it`,
    safe: [
      'Start a worker, if none claims',
      'POST pause to keep it from being claimed',
      'Acquire it by its id',
    ],
  };
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
