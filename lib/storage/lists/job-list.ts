import * as z from 'zod';
import { textFromBase64Url, toBase64Url } from '../../base/base64url.ts';
import { instantKey } from '../../base/timestamp.ts';
import { tryParseJson } from '../../base/try-parse-json.ts';
import { unreachable } from '../../base/unreachable.ts';
import { fail, ok, type Result } from '../../failure.ts';
import { isJobKey, JOB_KEYS, jobKey, safeNameOf } from '../../keys/job-id.ts';
import type { StandingKind } from '../../lease/standing.ts';
import type { Change, ObjectStore, PlacedEntry, StoredObject } from '../../store.ts';
import { type JobEntry, partsOf, summaryOf, updatedAt } from '../job-entry.ts';
import { boundsOf, type JobFilter, type JobOrdering, matcherOf } from '../job-filter.ts';
import type { JobReader } from '../job-reader.ts';
import { JOB_FOLDER, type JobSummary, summarize, summaryIn } from '../job-summary.ts';
import { hasTimesOf, partsIn, recordOf } from '../summary-record.ts';
import {
  type CorruptJob,
  createJobIndex,
  type Indexed,
  type JobIndex,
  type JobOrder,
} from './job-index.ts';
import { createJobPages, MOST_SEARCHED, MOST_VISITED } from './job-pages.ts';
import type { JobSearch, Position } from './job-search.ts';

export interface JobListQuery extends JobFilter {
  /** The newest first if it is left out. */
  readonly order?: JobOrdering;
  readonly limit: number;
  /** The `nextCursor` of an earlier page in the same order, null for the first page. */
  readonly cursor: string | null;
}

/** One page. `Job` is a job as the page has it. */
export interface PageOf<Job> {
  readonly jobs: readonly Job[];
  /**
   * All corrupt objects, on the first page only, and only in a list without a prefix: the name of an unreadable
   * object does not give its job id.
   */
  readonly corrupt: readonly CorruptJob[];
  readonly nextCursor: string | null;
}

export type JobPage = PageOf<JobSummary>;

export interface JobList {
  /** The jobs that were written before the call. Rejects with a `StoreError`. */
  current(): Promise<JobOrder>;
  /** For a filter without standings. Failures: `invalid` for a cursor that is none. */
  page(query: JobListQuery): Promise<Result<JobPage>>;
  /** Reads in advance what the first page needs. */
  warm(): Promise<void>;
}

/** Lists the jobs of a store page by page, from summaries in memory, or from lists by place where the store has them. */
export function createJobList({
  store,
  reader,
  mostVisited = MOST_VISITED,
  mostSearched = MOST_SEARCHED,
}: {
  store: ObjectStore;
  reader: JobReader;
  /** Of the unfinished jobs of a store that counts: more are counted, and not visited. */
  mostVisited?: number;
  /** By a page of a store with lists by place. A page that has not found its jobs among so many ends there. */
  mostSearched?: number;
}): JobList {
  let follower = store.follow(JOB_KEYS);
  let index: JobIndex | null = null;
  let pages = 0;

  function readEntry(change: Exclude<Change, { kind: 'removed' }>): Indexed | Promise<Indexed> {
    const { key } = change;
    if (!isJobKey(key)) return { kind: 'gone' };
    switch (change.kind) {
      case 'unreadable':
        return corruptEntry(key, 'unreadable', change.reason);
      case 'stored':
        return inspect(key, change.object);
      case 'labelled': {
        const parts = partsIn(change.label, change.version);
        if (parts !== null) return { kind: 'parts', parts };
        const summary = summaryIn(change.label, change.version);
        return summary === null ? readAndInspect(key) : { kind: 'job', summary };
      }
      default:
        return unreachable(change);
    }
  }

  async function readAndInspect(key: string): Promise<Indexed> {
    const object = await store.get(key);
    return object === null ? { kind: 'gone' } : inspect(key, object);
  }

  async function inspect(key: string, object: StoredObject): Promise<Indexed> {
    const job = await reader.inspect(key, object);
    if (job.kind === 'corrupt') return corruptEntry(key, job.errorType, job.detail);
    const summary = summarize(job.state, job.version);
    const parts = partsOf(summary);
    follower.offerLabel(key, () => (hasTimesOf(summary, object.body) ? recordOf(parts) : null));
    return { kind: 'parts', parts };
  }

  function corruptEntry(
    key: string,
    error_type: CorruptJob['error_type'],
    detail: string,
  ): Indexed {
    const corrupt = { job_id: safeNameOf(key), path: store.locate(key), error_type, detail };
    return { kind: 'corrupt', corrupt };
  }

  /** Where the store has lists by place, they are read, and there is no index. */
  async function current(): Promise<JobOrder> {
    const { ordered } = store;
    if (ordered === null || !(await ordered.isComplete(JOB_FOLDER))) {
      index ??= createJobIndex({ follower, read: readEntry });
      return index.current();
    }
    if (index !== null) {
      index = null;
      follower = store.follow(JOB_KEYS);
    }
    // Another number for each: nothing says whether a job has changed since.
    pages += 1;
    const bounds = { mostVisited, mostSearched };
    return createJobPages({ ordered, read: readPlaced, revision: -pages, ...bounds });
  }

  function readPlaced({ key, version, label }: PlacedEntry): Indexed | Promise<Indexed> {
    if (label === null) return isJobKey(key) ? readAndInspect(key) : { kind: 'gone' };
    return readEntry({ kind: 'labelled', key, version, label });
  }

  return {
    current,

    async page(query) {
      const page = await pageOf(await current(), query, noStanding);
      return page.ok ? ok({ ...page.value, jobs: page.value.jobs.map(summaryOf) }) : page;
    },

    async warm() {
      await current();
    },
  };
}

/** A page of the jobs at one moment. `standingOf` is asked only where the filter names standings. */
export async function pageOf(
  order: JobOrder,
  query: JobListQuery,
  standingOf: (job: JobEntry) => StandingKind,
): Promise<Result<PageOf<JobEntry>>> {
  const search = searchOf(query, standingOf);
  if (!search.ok) return search;
  const { jobs, next } = await order.page(search.value);
  return ok({
    jobs,
    corrupt: await corruptOn(order, search.value),
    nextCursor: next === null ? null : encodeCursor(next, search.value.ordering),
  });
}

/** The search for a page. Failures: `invalid` for a cursor that is none. */
export function searchOf(
  { order: ordering = 'newest', limit, cursor, ...filter }: JobListQuery,
  standingOf: (job: JobEntry) => StandingKind,
): Result<JobSearch> {
  const after = cursor === null ? null : decodeCursor(cursor, ordering);
  if (after === 'invalid') {
    const reason = 'This is no cursor of this service for a list in this order';
    return fail({ code: 'invalid', faults: [{ path: '?cursor', reason }] });
  }
  const accepts = matcherOf(filter, standingOf);
  return ok({ after, ordering, limit, accepts, ...boundsOf(filter) });
}

/** The corrupt objects that the page of this search names. */
export async function corruptOn(
  order: JobOrder,
  { after, prefix = '' }: JobSearch,
): Promise<readonly CorruptJob[]> {
  return after === null && prefix === '' ? order.corrupt() : [];
}

/** For lists that ask for no standing. */
export function noStanding(): never {
  throw new TypeError('This list does not know the standings of jobs');
}

const Place = [z.string().regex(/^[0-9]{18}$/), z.string().min(1).max(1024)] as const;
const Fields = {
  newest: z.tuple(Place),
  oldest: z.tuple([...Place, z.literal('oldest')]),
};

/** The cursor of a list in this order that continues behind this job. */
export function cursorAt(job: JobEntry, ordering: JobOrdering = 'newest'): string {
  return encodeCursor({ instant: instantKey(updatedAt(job)), key: job.key }, ordering);
}

/** The cursor of a list with the newest jobs first that continues behind this job. */
export function cursorBehind({ job_id, updated_at }: JobSummary): string {
  return encodeCursor({ instant: instantKey(updated_at), key: jobKey(job_id) }, 'newest');
}

/** A cursor is a place in the order, not a page number: added and deleted jobs do not shift it. */
export function encodeCursor({ instant, key }: Position, ordering: JobOrdering): string {
  const fields = ordering === 'newest' ? [instant, key] : [instant, key, ordering];
  return toBase64Url(new TextEncoder().encode(JSON.stringify(fields)));
}

/** The place that a cursor encodes; `invalid` for a text that is not a cursor of this service for this order. */
function decodeCursor(cursor: string, ordering: JobOrdering): Position | 'invalid' {
  const fields = Fields[ordering].safeParse(tryParseJson(textFromBase64Url(cursor) ?? ''));
  if (!fields.success) return 'invalid';
  const [instant, key] = fields.data;
  return { instant, key };
}
