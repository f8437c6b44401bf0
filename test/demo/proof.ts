import type { JobState } from '../../lib/worker.ts';
import type { Attempt } from './dead-token.ts';
import { type PlannedJob, SLACK_SECONDS, TTL_SECONDS } from './plan.ts';

/** One thing that must hold, whether it does, and by what. */
export interface Claim {
  readonly what: string;
  readonly holds: boolean;
  readonly evidence: string;
}

/** A job at the end: as planned, as stored, and as a plain loop has it. */
export interface Outcome {
  readonly job: PlannedJob;
  readonly state: JobState;
  readonly digests: readonly string[];
}

export function everySheetCompleted(outcomes: readonly Outcome[]): Claim {
  const sheets = outcomes.flatMap(({ job, state }) =>
    sheetNumbers(job).map(sheet => state.sheets[sheet]?.status === 'completed'),
  );
  const completed = sheets.filter(Boolean).length;
  const jobs = outcomes.filter(({ state }) => state.status === 'completed').length;
  return {
    what: 'every sheet is completed',
    holds: completed === sheets.length && jobs === outcomes.length,
    evidence: `${completed} of ${sheets.length} sheets, ${jobs} of ${outcomes.length} jobs`,
  };
}

export function resultsAreThoseOfAPlainLoop(outcomes: readonly Outcome[]): Claim {
  const equal = outcomes.flatMap(({ job, state, digests }) =>
    sheetNumbers(job).map(sheet => state.sheets[sheet]?.stdout_tail === digests[sheet - 1]),
  );
  const count = equal.filter(Boolean).length;
  return {
    what: 'the results are those of a plain loop in this process',
    holds: count === equal.length,
    evidence: `${count} of ${equal.length} digests are equal`,
  };
}

export function zombieWasFoundInTime(foundMs: number, sweepSeconds: number): Claim {
  const limit = TTL_SECONDS + sweepSeconds + SLACK_SECONDS;
  return {
    what: 'the job of the killed worker was granted again in time',
    holds: foundMs <= limit * 1000,
    evidence:
      `${(foundMs / 1000).toFixed(1)} s from the kill to the grant, at most ${limit} s: ` +
      `lease ${TTL_SECONDS}, sweep ${sweepSeconds}, slack ${SLACK_SECONDS}`,
  };
}

export function epochsGrew(epochs: ReadonlyMap<string, readonly number[]>): Claim {
  const grows = [...epochs.values()].every(ofJob =>
    ofJob.every((epoch, index) => epoch > (ofJob[index - 1] ?? 0)),
  );
  const jobs = [...epochs].map(([jobId, ofJob]) => `${jobId} ${ofJob.join(' ')}`);
  return {
    what: 'epochs grew with every grant',
    holds: grows,
    evidence: jobs.join(', '),
  };
}

export function deadTokenIsRefused(when: string, attempts: readonly Attempt[]): Claim {
  return {
    what: `the dead worker's token opens nothing, ${when}`,
    holds: attempts.every(({ isRefused }) => isRefused),
    evidence: attempts.map(({ what, answer }) => `${what}: ${answer}`).join(', '),
  };
}

export function jobIsUntouched(evidence: string, holds: boolean): Claim {
  return { what: 'no write of the dead worker left a trace', holds, evidence };
}

/** What was acknowledged, and is not there after the restart, told in words. */
export function restartLostNothing(acknowledged: number, missing: readonly string[]): Claim {
  const evidence = `${acknowledged} acknowledged sheets and grants`;
  return {
    what: 'the restart of the service lost nothing acknowledged',
    holds: missing.length === 0,
    evidence: missing.length === 0 ? evidence : `of ${evidence} missing: ${missing.join(', ')}`,
  };
}

function sheetNumbers({ totalSheets }: PlannedJob): readonly number[] {
  return Array.from({ length: totalSheets }, (_, index) => index + 1);
}
