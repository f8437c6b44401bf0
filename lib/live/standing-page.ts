import { ok, type Result } from '../failure.ts';
import { type StandingKind, standingsFor } from '../lease/standing.ts';
import type { JobEntry } from '../storage/job-entry.ts';
import type { JobOrder } from '../storage/lists/job-index.ts';
import {
  corruptOn,
  cursorAt,
  encodeCursor,
  type JobListQuery,
  type PageOf,
  pageOf,
  searchOf,
} from '../storage/lists/job-list.ts';
import type { LiveMoment } from './live-moment.ts';
import type { LiveReader } from './live-reader.ts';

/** A job of a page. `moment` knows its lease and its hint; null where its summary alone has decided its standing. */
export interface StandingJob {
  readonly job: JobEntry;
  readonly moment: LiveMoment | null;
}

type Kinds = ReadonlySet<StandingKind>;

/** A summary says them. */
const BY_SUMMARY: Kinds = new Set<StandingKind>(['finished', 'unleased']);
/** They need no hint. */
const BY_LEASE: Kinds = new Set<StandingKind>([
  ...BY_SUMMARY,
  ...(['held', 'stalled', 'ending', 'zombie'] as const),
]);
/** So many jobs are looked up one by one. If they do not fill the page, all leases and hints are listed for the rest. */
const MOST_LOOKED_UP = 500;
const NEXT_LOOKED_UP = 200;
/** Where the store looks up many keys at once: then the page ends, and the next one continues there. */
const MOST_SEARCHED = 5_000;
/** And where so many objects were read: of those that a filter does not take, none is looked up. */
const MOST_READ = 20_000;

/**
 * A page of a filter with standings, for a store that is asked for leases and hints by their keys. It reads what the standings
 * need: nothing for those that summaries say, the leases for those of running jobs, and for waiting and resting jobs the leases and hints
 * of the jobs that the page may show.
 */
export async function standingPage(
  order: JobOrder,
  query: JobListQuery,
  live: LiveReader,
): Promise<Result<PageOf<StandingJob>>> {
  const kinds: Kinds = new Set(query.standings);
  if (isWithin(kinds, BY_SUMMARY)) {
    return withMoment(await pageOf(order, query, possibleIn(kinds)), null);
  }
  if (isWithin(kinds, BY_LEASE)) {
    const moment = await live.readLeases();
    return withMoment(await pageOf(order, query, standingIn(moment)), moment);
  }
  return searchedPage(order, { query, kinds }, live);
}

/** What decides the standings of all jobs, as far as a filter with these needs it. */
export async function readStandings(
  standings: readonly StandingKind[],
  live: LiveReader,
): Promise<(job: JobEntry) => StandingKind> {
  const kinds: Kinds = new Set(standings);
  if (isWithin(kinds, BY_SUMMARY)) return possibleIn(kinds);
  return standingIn(await (isWithin(kinds, BY_LEASE) ? live.readLeases() : live.read()));
}

async function searchedPage(
  order: JobOrder,
  { query, kinds }: { readonly query: JobListQuery; readonly kinds: Kinds },
  live: LiveReader,
): Promise<Result<PageOf<StandingJob>>> {
  const searched = searchOf(query, possibleIn(kinds));
  if (!searched.ok) return searched;
  const search = searched.value;
  const { limit, ordering } = search;
  let corrupt: PageOf<StandingJob>['corrupt'] = [];
  const jobs: StandingJob[] = [];
  let { after } = search;
  let looked = 0;
  let read = 0;
  let size = limit;

  function pageTo(nextCursor: string | null): Result<PageOf<StandingJob>> {
    return ok({ jobs, corrupt, nextCursor });
  }

  while (live.looksUpMany || looked < MOST_LOOKED_UP) {
    const part = await order.page({ ...search, after, limit: size, mostRead: MOST_READ - read });
    // Known now, as far as the page has come by them.
    if (looked === 0) corrupt = await corruptOn(order, search);
    const moment = await live.readOf(part.jobs);
    for (const job of part.jobs) {
      if (!kinds.has(moment.standingOf(job))) continue;
      const last = jobs.at(-1);
      if (jobs.length === limit && last !== undefined) {
        return pageTo(cursorAt(last.job, ordering));
      }
      jobs.push({ job, moment });
    }
    after = part.next;
    if (after === null) return pageTo(null);
    looked += part.jobs.length;
    read += part.read;
    if (jobs.length === limit || looked >= MOST_SEARCHED || read >= MOST_READ) {
      return pageTo(encodeCursor(after, ordering));
    }
    size = NEXT_LOOKED_UP;
  }
  const moment = await live.read();
  const cursor = after === null ? null : encodeCursor(after, ordering);
  const rest = { ...query, cursor, limit: limit - jobs.length };
  const last = withMoment(await pageOf(order, rest, standingIn(moment)), moment);
  return last.ok ? ok({ ...last.value, corrupt, jobs: [...jobs, ...last.value.jobs] }) : last;
}

function isWithin(kinds: Kinds, all: Kinds): boolean {
  return [...kinds].every(kind => all.has(kind));
}

/** One of these standings if the job may have it by its summary, else another one. */
function possibleIn(kinds: Kinds): (job: JobEntry) => StandingKind {
  return ({ status, lease_key: key }) => {
    const possible = standingsFor(status, key !== null);
    return possible.find(kind => kinds.has(kind)) ?? possible[0] ?? 'finished';
  };
}

function standingIn(moment: LiveMoment): (job: JobEntry) => StandingKind {
  return job => moment.standingOf(job);
}

function withMoment(
  page: Result<PageOf<JobEntry>>,
  moment: LiveMoment | null,
): Result<PageOf<StandingJob>> {
  if (!page.ok) return page;
  return ok({ ...page.value, jobs: page.value.jobs.map(job => ({ job, moment })) });
}
