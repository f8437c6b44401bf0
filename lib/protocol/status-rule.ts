import type { JobStatus } from '../checkpoint/status.ts';
import { ok, type Result } from '../failure.ts';

/** Whether a caller without a lease may change the status of a job; `before` is null for a new job. */
export type StatusRule = (before: JobStatus | null, after: JobStatus) => Result<null>;

const STOPPED: ReadonlySet<JobStatus> = new Set([
  'paused',
  'paused_at_chain',
  'failed',
  'cancelled',
]);

/**
 * Whether a change of status does the same as pause, fail, cancel or resume: it stops the job, or takes it out
 * of a stopped status.
 */
export function isOperatorChange(before: JobStatus | null, after: JobStatus): boolean {
  if (before === after) return false;
  return STOPPED.has(after) || (before !== null && STOPPED.has(before));
}

/** Whether the rule allows a change of status. Without a rule every change is allowed. */
export function allowsChange(
  rule: StatusRule | undefined,
  { before, after }: { readonly before: JobStatus | null; readonly after: JobStatus },
): Result<null> {
  return rule === undefined ? ok(null) : rule(before, after);
}
