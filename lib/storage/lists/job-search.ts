import { yieldToEventLoop } from '../../base/event-loop-turn.ts';
import { chunksOf, findPlace, offsetOf, walkFrom } from '../../base/ordered-chunks.ts';
import { instantKey, microsOfKey, toUnixMicros } from '../../base/timestamp.ts';
import { JobStatus } from '../../checkpoint/status.ts';
import { standingsFor } from '../../lease/standing.ts';
import { type JobEntry, updatedAt } from '../job-entry.ts';
import type { JobBounds, JobOrdering } from '../job-filter.ts';
import {
  comparePlaces,
  type JobGroups,
  type JobOrders,
  type JobPlace,
  type Jobs,
} from './job-orders.ts';

/** A place between two jobs in the order. A cursor encodes it. */
export interface Position {
  readonly instant: string;
  readonly key: string;
}

export interface JobSearch extends Partial<JobBounds> {
  readonly after: Position | null;
  readonly ordering: JobOrdering;
  readonly limit: number;
  readonly accepts: (job: JobEntry) => boolean;
  /** A search that reads objects ends early after so many, or sooner. */
  readonly mostRead?: number;
}

export interface FoundJobs {
  /** Where a long search has ended early there are fewer than asked for, and a place behind which it continues. */
  readonly jobs: readonly JobEntry[];
  /** Null at the end. */
  readonly next: Position | null;
  /** How many objects of the store were read for it; 0 where they are in memory. */
  readonly read: number;
}

/** So many jobs are searched in one turn of the event loop: a few milliseconds. */
const JOBS_A_TURN = 2_500;
/** To search so few jobs costs next to nothing: no other order is made for it. */
const FEW_JOBS = 500;
/** So many jobs with one start of the id are sorted for a page. Where there are more, a search soon finds some. */
const MOST_SORTED = 2_500;

/** The next job at each call. */
type Walk = () => JobEntry | undefined;

/** Jobs among which all that a search may find are. */
interface Candidates {
  readonly size: number;
  open(): Walk;
}

/** The jobs from one place up to another. */
interface Stretch {
  readonly direction: 'forward' | 'backward';
  /** Whether the job comes before all of them. */
  readonly isBefore: (job: JobEntry) => boolean;
  /** Whether the job is one of them, or comes before. */
  readonly isNotBehind: (job: JobEntry) => boolean;
}

/** `isLiving`: the orders will be asked again, and may make what they do not have. */
export async function searchJobs(
  orders: JobOrders,
  query: JobSearch,
  { isLiving }: { readonly isLiving: boolean },
): Promise<FoundJobs> {
  const { limit, ordering, accepts } = query;
  const all = candidatesIn(orders.all, stretchOf(query));
  const next = (isLiving ? await fewest(orders, query, all) : all).open();
  const jobs: JobEntry[] = [];
  let searched = 0;
  while (jobs.length < limit) {
    const job = next();
    if (job === undefined) break;
    if (accepts(job)) jobs.push(job);
    searched += 1;
    if (searched % JOBS_A_TURN === 0) await yieldToEventLoop();
  }
  const last = jobs.at(-1);
  const end = ordering === 'newest' ? orders.all.chunks[0]?.[0] : orders.all.chunks.at(-1)?.at(-1);
  const isMore = jobs.length === limit && last !== undefined && last !== end;
  return { jobs, next: isMore ? positionOf(last) : null, read: 0 };
}

/** Calls back for each of the jobs, in order. */
export async function visitJobs(jobs: Jobs, visitor: (job: JobEntry) => void): Promise<void> {
  let visited = 0;
  for (const chunk of jobs.chunks) {
    for (const job of chunk) visitor(job);
    visited += chunk.length;
    if (visited < JOBS_A_TURN) continue;
    visited = 0;
    await yieldToEventLoop();
  }
}

/** As `JobOrder.tally`. */
export async function tallyJobs(
  { byStatus, leased }: JobGroups,
  visitor: (job: JobEntry) => void,
): Promise<Readonly<Record<JobStatus, number>>> {
  await visitJobs(leased, visitor);
  const counts: [JobStatus, number][] = [];
  for (const status of JobStatus.options) {
    const jobs = byStatus[status];
    counts.push([status, jobs.size]);
    if (standingsFor(status, false).length === 1) continue;
    await visitJobs(jobs, job => {
      if (job.lease_key === null) visitor(job);
    });
  }
  return Object.fromEntries(counts) as Record<JobStatus, number>;
}

/** The candidates among which a search has to look at the fewest. */
async function fewest(orders: JobOrders, query: JobSearch, all: Candidates): Promise<Candidates> {
  const { statuses = [], isLeased = false, jobName = null, prefix = '' } = query;
  const stretch = stretchOf(query);
  let best = all;
  const consider = (candidates: Candidates) => {
    if (candidates.size < best.size) best = candidates;
  };
  if (statuses.length > 0 || isLeased) {
    const { byStatus, leased } = await orders.groups();
    if (isLeased) consider(candidatesIn(leased, stretch));
    if (statuses.length > 0) {
      const named = new Set(statuses);
      const lists = [...named].map(status => candidatesIn(byStatus[status], stretch));
      consider(merged(lists, stretch));
    }
  }
  if (jobName !== null && best.size > FEW_JOBS) {
    consider(candidatesIn(await orders.byName(), ofName(jobName, stretch)));
  }
  if (prefix !== '' && best.size > FEW_JOBS) {
    const jobs = jobsWithPrefix(await orders.byId(), prefix);
    if (jobs !== null) consider(candidatesIn(chunksOf(jobs.toSorted(comparePlaces)), stretch));
  }
  return best;
}

function stretchOf({ after, ordering, updatedBefore = null }: JobSearch): Stretch {
  const place = after === null ? null : placeIn(after);
  const before =
    updatedBefore === null ? Number.POSITIVE_INFINITY : Number(toUnixMicros(updatedBefore));
  const isEarly = (job: JobEntry) => job.at < before;
  if (ordering === 'newest') {
    return {
      direction: 'backward',
      isBefore: () => false,
      isNotBehind: job => isEarly(job) && (place === null || comparePlaces(job, place) < 0),
    };
  }
  return {
    direction: 'forward',
    isBefore: job => place !== null && comparePlaces(job, place) <= 0,
    isNotBehind: isEarly,
  };
}

/** In jobs by name. */
function ofName(name: string, { direction, isBefore, isNotBehind }: Stretch): Stretch {
  const isOf = ({ job_name: other }: JobEntry) => other === name;
  return {
    direction,
    isBefore: job => job.job_name < name || (isOf(job) && isBefore(job)),
    isNotBehind: job => job.job_name < name || (isOf(job) && isNotBehind(job)),
  };
}

function candidatesIn(jobs: Jobs, { direction, isBefore, isNotBehind }: Stretch): Candidates {
  const start = findPlace(jobs, isBefore);
  const end = findPlace(jobs, isNotBehind);
  const size = Math.max(0, offsetOf(jobs, end) - offsetOf(jobs, start));
  return {
    size,
    open() {
      const walk = walkFrom(jobs, direction === 'forward' ? start : end, direction);
      let left = size;
      return () => {
        if (left === 0) return undefined;
        left -= 1;
        return walk();
      };
    },
  };
}

/** Several lists as one. */
function merged(lists: readonly Candidates[], { direction }: Stretch): Candidates {
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  const sign = direction === 'forward' ? 1 : -1;
  return {
    size: lists.reduce((sum, { size }) => sum + size, 0),
    open() {
      const walks = lists.map(list => list.open());
      const heads = walks.map(walk => walk());
      return () => {
        let first = -1;
        let job: JobEntry | undefined;
        for (const [index, head] of heads.entries()) {
          if (head === undefined) continue;
          if (job !== undefined && comparePlaces(head, job) * sign > 0) continue;
          job = head;
          first = index;
        }
        if (job !== undefined) heads[first] = walks[first]?.();
        return job;
      };
    },
  };
}

/** Null where there are many. */
function jobsWithPrefix(byId: Jobs, prefix: string): readonly JobEntry[] | null {
  const found = candidatesIn(byId, {
    direction: 'forward',
    isBefore: job => job.job_id < prefix,
    isNotBehind: job => job.job_id < prefix || job.job_id.startsWith(prefix),
  });
  if (found.size > MOST_SORTED) return null;
  const walk = found.open();
  const jobs: JobEntry[] = [];
  for (let job = walk(); job !== undefined; job = walk()) jobs.push(job);
  return jobs;
}

function placeIn({ instant, key }: Position): JobPlace {
  return { at: microsOfKey(instant), key };
}

function positionOf(job: JobEntry): Position {
  return { instant: instantKey(updatedAt(job)), key: job.key };
}
