import type { JobStatus } from '../checkpoint/status.ts';
import { ok, type Result } from '../failure.ts';

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

/** Whether the rule, where there is one, allows a change of status. */
export function allowsChange(
  rule: StatusRule | undefined,
  { before, after }: { readonly before: JobStatus | null; readonly after: JobStatus },
): Result<null> {
  return rule === undefined ? ok(null) : rule(before, after);
}
