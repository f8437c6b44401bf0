import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import type { StandingKind } from '../lease/standing.ts';
import type { JobEntry } from './job-entry.ts';

/** Which jobs a list or a bulk action takes: those that match every part. A part that is left out, null or empty matches all. */
export interface JobFilter {
  readonly statuses?: readonly JobStatus[];
  readonly standings?: readonly StandingKind[];
  /** A part of the id or of the name, whatever the case of its letters. */
  readonly query?: string | null;
  /** The whole name, as lists show it: cut at 500 characters. */
  readonly jobName?: string | null;
  /** The whole name of the holder that the job names, whether its lease has expired or not. */
  readonly holder?: string | null;
  /** Only jobs whose last change is earlier. */
  readonly updatedBefore?: Timestamp | null;
  /** Only jobs whose id starts with this. */
  readonly prefix?: string;
}

/** The newest or the oldest `updated_at` first. */
export type JobOrdering = 'newest' | 'oldest';

/** The members of a job that a filter reads. */
export type FilteredJob = Pick<JobEntry, 'job_id' | 'job_name' | 'status' | 'holder' | 'at'>;

/** Makes the test of one filter for many jobs. Pure. `standingOf` is asked only where the filter names standings. */
export function matcherOf<Job extends FilteredJob>(
  filter: JobFilter,
  standingOf: (job: Job) => StandingKind,
): (job: Job) => boolean {
  const { prefix = '', jobName = null, holder = null, updatedBefore = null } = filter;
  const statuses = new Set(filter.statuses);
  const standings = new Set(filter.standings);
  const query = filter.query ?? '';
  const contains = query === '' ? null : searchFor(query);
  const before = updatedBefore === null ? null : Number(toUnixMicros(updatedBefore));
  return job => {
    if (statuses.size > 0 && !statuses.has(job.status)) return false;
    if (before !== null && job.at >= before) return false;
    if (jobName !== null && job.job_name !== jobName) return false;
    if (holder !== null && job.holder !== holder) return false;
    if (!job.job_id.startsWith(prefix)) return false;
    if (contains !== null && !contains.test(job.job_id) && !contains.test(job.job_name))
      return false;
    return standings.size === 0 || standings.has(standingOf(job));
  };
}

/** Compares by Unicode's simple case folding, without a copy of any text. */
function searchFor(query: string): RegExp {
  return new RegExp(query.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`), 'iu');
}
