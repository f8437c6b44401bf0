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
import { explainEnding, explainHeld, explainStalled, explainZombie } from './held.ts';
import { explainResting } from './resting.ts';
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
      : [`Lease the job with ttl_seconds ${falseAlarms.suggested_ttl_seconds} or more`];
  return { ...explanation, evidence, safe: [...explanation.safe, ...advice] };
}

function explainStanding(
  state: CheckpointState,
  standing: Standing,
  { now, recoveries }: { now: Timestamp; recoveries: number },
): Explanation {
  switch (standing.kind) {
    case 'held':
      return explainHeld(state, standing.lease, now);
    case 'ending':
      return explainEnding(state, standing.lease, now);
    case 'stalled':
      return explainStalled(state, standing, now);
    case 'zombie':
      return explainZombie(state, standing, { now, recoveries });
    case 'unleased':
      return explainUnleased(state);
    case 'waiting':
      return explainWaiting(state, standing.until, now);
    case 'resting':
      return explainResting(state);
    case 'finished':
      return explainFinished(state);
    default:
      return unreachable(standing);
  }
}

export function explainCorrupt(path: string, errorType: string, detail: string): Explanation {
  return {
    summary: 'The stored state cannot be read',
    evidence: [`${path} is not a checkpoint state (${errorType}): ${detail}`],
    since: null,
    next: 'Nothing: the job cannot be leased. If a lease names it, each sweep skips the job and counts an error',
    safe: [
      `Repair ${path}, or replace it with a copy of an earlier state`,
      'PUT a whole state with If-Match: * to overwrite it',
      'DELETE the job',
    ],
  };
}

function explainUnleased(state: CheckpointState): Explanation {
  return {
    summary: 'The job has the status running, but it is not leased',
    evidence: [
      'The state names no lease',
      ...(state.pid === null
        ? []
        : [
            `The state names process ${integerText(state.pid)}; the service does not check whether it runs`,
          ]),
      sheetEvidence(state),
      `The state was last written at ${state.updated_at}`,
    ],
    since: state.started_at,
    next: 'Nothing: without a lease the service cannot know whether the job runs',
    safe: [
      'Check whether a program outside the service runs the job',
      'If none does: POST resume to make the job claimable, or acquire it at once',
    ],
  };
}

function explainWaiting(
  state: CheckpointState,
  until: Timestamp | null,
  now: Timestamp,
): Explanation {
  return {
    summary: `The job is ${state.status} and waits for a worker`,
    evidence: [
      'The job is not leased',
      'The job is in the queue for claims',
      ...delayEvidence(jobLeaseOf(state), until),
      sheetEvidence(state),
      ...messageEvidence(state),
    ],
    since: state.updated_at,
    next:
      until === null
        ? 'The next matching claim gets the job, after the jobs that have waited longer'
        : `No claim gets the job before ${until}, ${ahead(until, now)}; after that the next matching claim gets it`,
    safe: [
      'Start a worker, if none is running',
      'POST pause to keep the job from being claimed',
      'Acquire the job by its id',
    ],
  };
}

function explainFinished(state: CheckpointState): Explanation {
  const [completed, total] = progress(state);
  const failed = state.status === 'failed';
  return {
    summary: failed ? 'The job failed' : `The job is ${state.status}`,
    evidence: [
      `${completed} of ${integerText(total)} sheets are completed`,
      ...messageEvidence(state),
    ],
    since: state.completed_at,
    next: 'Nothing: the job can be neither claimed nor acquired',
    safe: failed
      ? [
          'Read the error message and fix its cause',
          'Then POST resume: the job is claimable and continues after its last completed sheet',
        ]
      : ['GET the job, or DELETE it'],
  };
}
