import { ok, type Result } from '../failure.ts';
import { hasStandings, type JobFilter } from '../storage/job-filter.ts';
import type { JobOrder } from '../storage/lists/job-index.ts';
import { encodeCursor, noStanding, searchOf } from '../storage/lists/job-list.ts';
import type { LiveReader } from './live-reader.ts';
import { readStandings } from './standing-page.ts';

/** How many jobs a filter takes. */
export interface FilteredCount {
  readonly matched: number;
  /** The ids of the first of them. */
  readonly sample: readonly string[];
  /** Where the count goes on, which ended before all jobs were looked at. Null at the end. */
  readonly nextCursor: string | null;
}

export interface CountQuery {
  readonly filter: JobFilter;
  /** The `nextCursor` of an earlier count, null for the first. */
  readonly cursor: string | null;
  /** The most ids in the sample. */
  readonly sample: number;
}

/** A count ends where so many objects were read for it: some seconds. */
const MOST_READ = 100_000;
const A_PAGE = 5_000;

/**
 * Counts the jobs that the filter takes, the newest first. Where the store counts them, none is read but the sample. Failures: `invalid`
 * for a cursor that is none.
 */
export async function countFiltered(
  order: JobOrder,
  { filter, cursor, sample: most }: CountQuery,
  live: LiveReader,
): Promise<Result<FilteredCount>> {
  const standingOf = hasStandings(filter)
    ? await readStandings(filter.standings ?? [], live)
    : noStanding;
  const read = searchOf({ ...filter, limit: most, cursor }, standingOf);
  if (!read.ok) return read;
  const search = read.value;
  if (cursor === null && isBounded(filter)) {
    const matched = await order.count(search);
    if (matched !== null) {
      const { jobs } = matched === 0 ? { jobs: [] } : await order.page(search);
      return ok({ matched, sample: jobs.map(({ job_id: id }) => id), nextCursor: null });
    }
  }
  const sample: string[] = [];
  let { after } = search;
  let matched = 0;
  let looked = 0;
  do {
    const mostRead = MOST_READ - looked;
    const page = await order.page({ ...search, after, limit: A_PAGE, mostRead });
    for (const { job_id: id } of page.jobs.slice(0, most - sample.length)) sample.push(id);
    matched += page.jobs.length;
    looked += page.read;
    after = page.next;
  } while (after !== null && looked < MOST_READ);
  return ok({ matched, sample, nextCursor: after === null ? null : encodeCursor(after, 'newest') });
}

/** Whether the bounds of the filter say all of it: its text and its standings do not decide. */
function isBounded({ query, statuses = [], standings = [] }: JobFilter): boolean {
  if ((query ?? '') !== '') return false;
  return standings.length === 0 || (statuses.length === 0 && standings.every(isFinished));
}

function isFinished(kind: string): boolean {
  return kind === 'finished';
}
