import { foldCase } from '../base/folded-case.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { JobStatus } from '../checkpoint/status.ts';
import { type StandingKind, standingsFor } from '../lease/standing.ts';
import type { JobEntry } from './job-entry.ts';
import { shownText } from './job-summary.ts';

/** Which jobs a list or a bulk action takes: those that match every part. A part that is left out, null or empty matches all. */
export interface JobFilter {
  readonly statuses?: readonly JobStatus[];
  readonly standings?: readonly StandingKind[];
  /** A part of the id or of the name, whatever the case of its letters and however accents are composed. */
  readonly query?: string | null;
  /** The whole name. Of longer ones only the first 500 characters are compared, as lists show them. */
  readonly jobName?: string | null;
  /** The holder that the job names, compared in the same way, whether its lease has expired or not. */
  readonly holder?: string | null;
  /** Only jobs whose last change is earlier. */
  readonly updatedBefore?: Timestamp | null;
  /** Only jobs whose id starts with this. */
  readonly prefix?: string;
}

/** Whether the standings of jobs decide what the filter takes. */
export function hasStandings({ standings = [] }: JobFilter): boolean {
  return standings.length > 0;
}

/** What a filter says of all jobs that it takes. So a search need not look at the others. */
export interface JobBounds {
  /** Empty for any. */
  readonly statuses: readonly JobStatus[];
  /** Their last change is earlier. */
  readonly updatedBefore: Timestamp | null;
  /** Their name as lists show it. */
  readonly jobName: string | null;
  /** The holder that they name, as lists show it. */
  readonly holder: string | null;
  /** The start of their ids. */
  readonly prefix: string;
  /** Whether they name a lease. */
  readonly isLeased: boolean;
}

export function boundsOf(filter: JobFilter): JobBounds {
  const { statuses = [], standings = [], updatedBefore = null } = filter;
  const { jobName = null, holder = null, prefix = '' } = filter;
  const others = {
    updatedBefore,
    prefix,
    jobName: jobName === null ? null : shownText(jobName),
    holder: holder === null ? null : shownText(holder),
  };
  if (standings.length === 0) return { ...others, statuses, isLeased: holder !== null };
  const kinds = new Set(standings);
  const whenFree = statusesFor(kinds, false);
  const possible = new Set([...statusesFor(kinds, true), ...whenFree]);
  const named = statuses.length === 0 ? JobStatus.options : statuses;
  return {
    ...others,
    statuses: named.filter(status => possible.has(status)),
    isLeased: holder !== null || whenFree.size === 0,
  };
}

/** The newest or the oldest `updated_at` first. */
export type JobOrdering = 'newest' | 'oldest';

/** The members of a job that a filter reads. */
export type FilteredJob = Pick<
  JobEntry,
  'job_id' | 'job_name' | 'status' | 'holder' | 'lease_key' | 'at'
>;

/** Makes the test of one filter for many jobs. Pure. `standingOf` is asked only where the filter names standings. */
export function matcherOf<Job extends FilteredJob>(
  filter: JobFilter,
  standingOf: (job: Job) => StandingKind,
): (job: Job) => boolean {
  const { prefix = '', jobName = null, holder = null, updatedBefore = null } = filter;
  const statuses = new Set(filter.statuses);
  const standings = new Set(filter.standings);
  const whenFree = statusesFor(standings, false);
  const whenNamed = statusesFor(standings, true);
  const query = filter.query ?? '';
  const isFound = query === '' ? null : searchFor(query);
  const before = updatedBefore === null ? null : Number(toUnixMicros(updatedBefore));
  const shownName = jobName === null ? null : shownText(jobName);
  const shownHolder = holder === null ? null : shownText(holder);
  return job => {
    if (statuses.size > 0 && !statuses.has(job.status)) return false;
    if (before !== null && job.at >= before) return false;
    if (shownName !== null && job.job_name !== shownName) return false;
    if (shownHolder !== null && job.holder !== shownHolder) return false;
    if (!job.job_id.startsWith(prefix)) return false;
    if (isFound?.(job) === false) return false;
    if (standings.size === 0) return true;
    const possible = job.lease_key === null ? whenFree : whenNamed;
    return possible.has(job.status) && standings.has(standingOf(job));
  };
}

/** The statuses with which a job may have one of the standings. */
function statusesFor(standings: ReadonlySet<StandingKind>, isNamed: boolean): Set<JobStatus> {
  const isPossible = (status: JobStatus) =>
    standingsFor(status, isNamed).some(kind => standings.has(kind));
  return new Set(JobStatus.options.filter(isPossible));
}

/** Looks for a text in the id and the name. */
function searchFor(query: string): (job: Pick<FilteredJob, 'job_id' | 'job_name'>) => boolean {
  const folded = foldCase(query);
  const isIn = (text: string) => foldCase(text).includes(folded);
  // Many jobs in a row have the same name.
  let name: string | null = null;
  let isInName = false;
  return job => {
    if (isIn(job.job_id)) return true;
    if (job.job_name !== name) {
      name = job.job_name;
      isInName = isIn(name);
    }
    return isInName;
  };
}
