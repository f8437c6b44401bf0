import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { ok, type Result } from '../failure.ts';
import type { LeaseTimes } from '../lease/lease.ts';
import type { StandingKind } from '../lease/standing.ts';
import { type JobEntry, summaryOf } from '../storage/job-entry.ts';
import { hasStandings } from '../storage/job-filter.ts';
import type { JobSummary } from '../storage/job-summary.ts';
import type { JobOrder } from '../storage/lists/job-index.ts';
import {
  type JobList,
  type JobListQuery,
  type JobPage,
  noStanding,
  type PageOf,
  pageOf,
} from '../storage/lists/job-list.ts';
import { type CountQuery, countFiltered, type FilteredCount } from './filtered-count.ts';
import type { LiveFacts, LiveMoment } from './live-moment.ts';
import type { LiveReader } from './live-reader.ts';
import { type StandingJob, standingPage } from './standing-page.ts';
import { createUnchanged } from './unchanged.ts';

/** A job in a list, with what its lease and its hint say. The names are those of the answer. */
export interface LiveJob extends JobSummary {
  readonly standing: StandingKind;
  /** The lease that the job names, expired or not. Null if there is none, or it cannot be read. */
  readonly lease: Omit<LeaseTimes, 'expired'> | null;
  readonly waiting_since: Timestamp | null;
  readonly delayed_until: Timestamp | null;
  /** The last change of the job or the last renewal of its lease. */
  readonly last_activity_at: Timestamp;
}

export type ListView = 'summary' | 'live';

/** A list of which it is known whether it has changed. */
export interface Listing {
  /** The tag that was remembered for this list, if it is certain that the list is still the same. */
  readonly knownTag: string | null;
  /** Failures: `invalid` for a cursor that is none. */
  page(): Promise<Result<PageOf<JobSummary | LiveJob>>>;
  /** Remembers the tag of the page. */
  remember(tag: string): void;
  /** The time of the facts. */
  readonly now: Timestamp;
}

/** Lists of jobs by filters with standings, and lists with what leases and hints say. */
export interface LiveList {
  /** Costs nothing more than `JobList.page` where the filter names no standing. */
  list(query: JobListQuery): Promise<Result<JobPage>>;
  open(query: JobListQuery, view: ListView): Promise<Listing>;
  /** As `countFiltered`. */
  count(query: CountQuery): Promise<Result<FilteredCount>>;
}

/** The jobs and, where the list needs it, their leases and hints. */
interface Facts {
  readonly order: JobOrder;
  readonly moment: LiveMoment | null;
  readonly revisions: readonly number[];
}

export function createLiveList(parts: {
  list: JobList;
  live: LiveReader;
  now: () => Timestamp;
  /** Whether a page costs less if only the leases and hints of its own jobs are read. */
  readsByPage: () => Promise<boolean>;
}): LiveList {
  const { list, live, now, readsByPage } = parts;
  const tags = createUnchanged<string>();

  async function read(isLive: boolean): Promise<Facts> {
    const order = await list.current();
    const moment = isLive ? await live.read() : null;
    const revisions = moment === null ? [order.revision] : [order.revision, live.revision()];
    return { order, moment, revisions };
  }

  async function pageFrom(
    { order, moment }: Facts,
    query: JobListQuery,
    view: ListView,
  ): Promise<Result<PageOf<JobSummary | LiveJob>>> {
    const { of: factsOf, standingOf } = moment ?? NO_MOMENT;
    const page = await pageOf(order, query, standingOf);
    if (!page.ok) return page;
    const { jobs, ...rest } = page.value;
    return ok({
      ...rest,
      jobs: jobs.map(job => (view === 'live' ? liveJobOf(job, factsOf(job)) : summaryOf(job))),
    });
  }

  /** A page, with the leases and hints of its own jobs or those that its filter needs. */
  async function openPage(query: JobListQuery, view: ListView): Promise<Listing> {
    const pageNow = async () => {
      const found = await foundNow(query, view);
      if (!found.ok) return { ...found, isSure: true };
      const { jobs, ...rest } = found.value;
      const shown = jobs.map(({ job, moment }) =>
        view === 'live' && moment !== null ? liveJobOf(job, moment.of(job)) : summaryOf(job),
      );
      const isSure = jobs.every(({ moment }) => moment?.sawMissingLease() !== true);
      return { ...ok({ ...rest, jobs: shown }), isSure };
    };
    return {
      knownTag: null,
      now: now(),
      async page() {
        const first = await pageNow();
        // The job may have been released after it was listed and before its lease was looked for.
        const { isSure: _, ...page } = first.isSure ? first : await pageNow();
        return page;
      },
      remember() {},
    };
  }

  async function foundNow(
    query: JobListQuery,
    view: ListView,
  ): Promise<Result<PageOf<StandingJob>>> {
    const order = await list.current();
    if (hasStandings(query)) {
      const found = await standingPage(order, query, live);
      if (!found.ok || view === 'summary') return found;
      const undecided = found.value.jobs.filter(({ moment }) => moment === null);
      return undecided.length === 0 ? found : withFacts(found.value);
    }
    const page = await pageOf(order, query, noStanding);
    if (!page.ok) return page;
    return withFacts({ ...page.value, jobs: page.value.jobs.map(job => ({ job, moment: null })) });
  }

  /** Looks up the leases and hints of its jobs. */
  async function withFacts(page: PageOf<StandingJob>): Promise<Result<PageOf<StandingJob>>> {
    const moment = await live.readOf(page.jobs.map(({ job }) => job));
    return ok({ ...page, jobs: page.jobs.map(({ job }) => ({ job, moment })) });
  }

  async function open(query: JobListQuery, view: ListView): Promise<Listing> {
    const isLive = view === 'live' || hasStandings(query);
    if (isLive && (await readsByPage())) return openPage(query, view);
    let facts = await read(isLive);
    const key = JSON.stringify([view, query]);
    return {
      knownTag: tags.find(key, facts.revisions, now()),
      now: facts.moment?.now ?? now(),

      async page() {
        const page = await pageFrom(facts, query, view);
        if (facts.moment?.sawMissingLease() !== true) return page;
        // The job may have been released after it was listed and before its lease was looked for.
        const again = await read(isLive);
        if (again.order.revision === facts.order.revision) return page;
        facts = again;
        return pageFrom(facts, query, view);
      },

      remember(tag) {
        const { revisions, moment } = facts;
        const until = moment === null ? Number.POSITIVE_INFINITY : moment.unchangedUntil();
        const at = moment === null ? Number.NEGATIVE_INFINITY : Number(toUnixMicros(moment.now));
        tags.record(key, tag, { revisions, at, until });
      },
    };
  }

  return {
    open,

    count: async query => countFiltered(await list.current(), query, live),

    async list(query) {
      if (!hasStandings(query)) return list.page(query);
      return (await open(query, 'summary')).page();
    },
  };
}

/** For lists that ask for no standing. */
const NO_MOMENT: Pick<LiveMoment, 'of' | 'standingOf'> = { of: noStanding, standingOf: noStanding };

function liveJobOf(job: JobEntry, facts: LiveFacts): LiveJob {
  const { standing, lease, waitingSince, delayedUntil } = facts;
  const summary = summaryOf(job);
  return {
    ...summary,
    standing,
    lease: lease === null ? null : leaseIn(lease),
    waiting_since: waitingSince,
    delayed_until: delayedUntil,
    last_activity_at:
      lease === null ? summary.updated_at : later(summary.updated_at, lease.renewed_at),
  };
}

function leaseIn({ expires_at, renewed_at, ttl_seconds }: LeaseTimes): LiveJob['lease'] {
  return { expires_at, renewed_at, ttl_seconds };
}

function later(left: Timestamp, right: Timestamp): Timestamp {
  return toUnixMicros(right) > toUnixMicros(left) ? right : left;
}
