import type { JobStatus } from '../checkpoint/status.ts';
import type { Result } from '../failure.ts';
import type { JobChange } from '../storage/job-writer.ts';

/** Whether a caller that does not hold a job may give it another status; `before` is null for a new job. */
export type StatusRule = (before: JobStatus | null, after: JobStatus) => Result<null>;

const STOPPED: ReadonlySet<JobStatus> = new Set([
  'paused',
  'paused_at_chain',
  'failed',
  'cancelled',
]);

/**
 * Whether a change of status is what pause, fail, cancel and resume are for: it stops the job, or takes
 * it out of a status in which it was stopped. A save that leaves the status as it is changes none.
 */
export function isOperators(before: JobStatus | null, after: JobStatus): boolean {
  if (before === after) return false;
  return STOPPED.has(after) || (before !== null && STOPPED.has(before));
}

/** The change, if the rule allows the status that it gives. */
export function obeying(
  rule: StatusRule | undefined,
  { before, change }: { before: JobStatus | null; change: Result<JobChange> },
): Result<JobChange> {
  if (rule === undefined || !change.ok || change.value.kind !== 'save') return change;
  const allowed = rule(before, change.value.state.status);
  return allowed.ok ? change : allowed;
}
