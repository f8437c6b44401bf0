import { JobStatus } from '../../checkpoint/status.ts';
import { isFinished } from '../../lease/transfer.ts';

export const UNFINISHED = JobStatus.options.filter(status => !isFinished(status));

/** Of the groups of a store, which are statuses: 0 for one that it does not name. */
export function statusCounts(groups: ReadonlyMap<string, number>): Record<JobStatus, number> {
  const counts = JobStatus.options.map(status => [status, groups.get(status) ?? 0]);
  return Object.fromEntries(counts) as Record<JobStatus, number>;
}
