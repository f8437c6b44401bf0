import { instantKey } from '../../base/timestamp.ts';
import type { JobStatus } from '../../checkpoint/status.ts';
import { safeName } from '../../keys/job-id.ts';
import {
  type GroupCounts,
  type OrderedLists,
  type PageQuery,
  type PlaceBound,
  type PlacedEntry,
} from '../../store.ts';
import { createJobEntries, type JobEntry, partsOf, updatedAt } from '../job-entry.ts';
import { JOB_FIELDS, JOB_FOLDER } from '../job-summary.ts';
import { fieldOf } from './job-field.ts';
import type { CorruptJob, CountedGroups, Indexed, JobOrder, JobTally } from './job-index.ts';
import type { JobSearch, Position } from './job-search.ts';
import { merged } from './merged-lists.ts';
import { statusCounts, UNFINISHED } from './status-counts.ts';

/** Half a megabyte of labels. */
const MOST_A_READ = 500;
/** The first look of a filtered list. If there are not more jobs, it is the whole list. */
const FIRST_LOOK = 100;

/** A page ends where so many objects were read for it, about 10 MB of labels: the next one continues there. */
export const MOST_SEARCHED = 20_000;
/** Up to so many unfinished jobs are visited to count their standings: two or three reads. */
export const MOST_VISITED = 1_000;

type Walk = Omit<PageQuery, 'limit'> & { readonly first: number };

/**
 * The jobs of a store with lists by place. Nothing is in memory: a page costs what it returns, and is of the moment at
 * which it is read. `read` gets the job of an entry.
 */
export function createJobPages({
  ordered,
  read,
  revision,
  mostVisited,
  mostSearched,
}: {
  readonly ordered: OrderedLists;
  readonly read: (entry: PlacedEntry) => Indexed | Promise<Indexed>;
  readonly revision: number;
  readonly mostVisited: number;
  readonly mostSearched: number;
}): JobOrder {
  const makeEntry = createJobEntries();
  const corrupt = new Map<string, CorruptJob>();
  let isCorruptKnown = false;
  let counted: Promise<GroupCounts> | null = null;

  async function* walk({ first, ...query }: Walk): AsyncGenerator<PlacedEntry> {
    let limit = Math.min(first, MOST_A_READ);
    let { after } = query;
    for (;;) {
      const entries = await ordered.page(JOB_FOLDER, { ...query, after, limit });
      yield* entries;
      const last = entries.at(-1);
      if (last === undefined || entries.length < limit) return;
      after = boundOf(last);
      limit = MOST_A_READ;
    }
  }

  /** Null for what is no job. A corrupt object is remembered. */
  async function jobOf(entry: PlacedEntry): Promise<JobEntry | null> {
    const found = await read(entry);
    if (found.kind === 'corrupt') corrupt.set(entry.key, found.corrupt);
    if (found.kind === 'parts') return makeEntry.of(entry.key, found.parts);
    return found.kind === 'job' ? makeEntry.of(entry.key, partsOf(found.summary)) : null;
  }

  /** The entries that a filter may take, in order, and on the first page those without a place before them. */
  async function* candidates({
    after,
    ordering,
    limit,
    statuses = [],
    updatedBefore = null,
    jobName = null,
    holder = null,
    isLeased = false,
    prefix = '',
  }: JobSearch): AsyncGenerator<PlacedEntry> {
    const descending = ordering === 'newest';
    const before = updatedBefore === null ? null : instantKey(updatedBefore);
    const field = fieldOf({ jobName, holder, isLeased });
    const all = {
      group: null,
      field,
      prefix: safeName(prefix),
      after: null,
      before: null,
      descending,
    };
    const from: PlaceBound | null =
      after === null ? null : { order: after.instant, key: after.key };
    if (statuses.length === 0 && before === null) {
      yield* walk({ ...all, after: from, first: limit + 1 });
      return;
    }
    if (from === null) {
      const first = Math.min(Math.max(limit + 1, FIRST_LOOK), MOST_A_READ);
      const entries = await ordered.page(JOB_FOLDER, { ...all, limit: first });
      const isWhole = entries.length < first;
      yield* entries.filter(({ order }) => isWhole || order === null);
      if (isWhole) return;
    }
    const groups = statuses.length === 0 ? [null] : statuses;
    const narrow = { prefix: all.prefix, after: from, before, descending, first: limit + 1 };
    yield* merged(
      groups.map(group => {
        // Nearly all running jobs name a lease.
        const isNamed = group === 'running' && field?.value === null;
        return walk({ ...narrow, group, field: isNamed ? null : field });
      }),
      descending,
    );
  }

  /** The jobs without a place. They come first, and the corrupt ones are among them. */
  async function findUnplaced(): Promise<readonly JobEntry[]> {
    const all = { group: null, after: null, before: null, descending: true };
    const jobs: JobEntry[] = [];
    for await (const entry of walk({ ...all, first: 2 })) {
      if (entry.order !== null) break;
      const job = await jobOf(entry);
      if (job !== null) jobs.push(job);
    }
    isCorruptKnown = true;
    return jobs;
  }

  /** The store counts once for an order. Null where it does not count. */
  function countGroups(): Promise<GroupCounts> | null {
    counted ??= ordered.countGroups?.(JOB_FOLDER) ?? null;
    return counted;
  }

  /** Calls back for those without a place. */
  async function countsWith(
    { groups, unplaced }: GroupCounts,
    visitor: (job: JobEntry) => void,
  ): Promise<Record<JobStatus, number>> {
    const counts = statusCounts(groups);
    if (unplaced === 0) isCorruptKnown = true;
    else {
      for (const job of await findUnplaced()) {
        counts[job.status] += 1;
        visitor(job);
      }
    }
    return counts;
  }

  async function countMany(): Promise<CountedGroups | null> {
    const groups = await countGroups();
    if (groups === null || ordered.countField === undefined) return null;
    const unfinished = UNFINISHED.reduce((sum, name) => sum + (groups.groups.get(name) ?? 0), 0);
    if (unfinished <= mostVisited) return null;
    const [, holderField] = JOB_FIELDS;
    const named = statusCounts(await ordered.countField(JOB_FOLDER, holderField));
    const counts = await countsWith(groups, job => {
      if (job.lease_key !== null) named[job.status] += 1;
    });
    return { counts, named };
  }

  async function tallyFirst(
    visitor: (job: JobEntry) => void,
    most: number,
  ): Promise<JobTally | null> {
    const groups = await countGroups();
    if (groups === null) return null;
    const counts = await countsWith(groups, visitor);
    let visited = 0;
    let isWhole = true;
    const first = Math.min(most + 1, MOST_A_READ);
    const range = { after: null, before: null, descending: false, first };
    const lists = UNFINISHED.map(group => walk({ ...range, group }));
    for await (const entry of merged(lists, false)) {
      if (visited === most) {
        isWhole = false;
        break;
      }
      visited += 1;
      const job = await jobOf(entry);
      if (job !== null) visitor(job);
    }
    return { counts, isWhole };
  }

  return {
    async page(query) {
      const { after, limit, accepts, mostRead = mostSearched } = query;
      const most = Math.min(mostRead, mostSearched);
      const jobs: JobEntry[] = [];
      let hasMore = false;
      let searched = 0;
      let place: Position | null = null;
      for await (const entry of candidates(query)) {
        if (jobs.length === limit && entry.order !== null) {
          hasMore = true;
          break;
        }
        if (searched >= most && place !== null) {
          return { jobs, next: place, read: searched };
        }
        searched += 1;
        place = entry.order === null ? null : { instant: entry.order, key: entry.key };
        const job = await jobOf(entry);
        if (job !== null && jobs.length < limit && accepts(job)) jobs.push(job);
      }
      if (after === null && (query.prefix ?? '') === '') isCorruptKnown = true;
      const last = jobs.at(-1);
      const next =
        hasMore && last !== undefined
          ? { instant: instantKey(updatedAt(last)), key: last.key }
          : null;
      return { jobs, next, read: searched };
    },

    async visit(visitor, prefix = '') {
      const all = { group: null, prefix: safeName(prefix), after: null, before: null };
      for await (const entry of walk({ ...all, descending: false, first: MOST_A_READ })) {
        const job = await jobOf(entry);
        if (job !== null) visitor(job);
      }
      if (prefix === '') isCorruptKnown = true;
    },

    async count(search) {
      const { statuses = [], updatedBefore = null, prefix = '', accepts } = search;
      const { jobName = null, holder = null, isLeased = false } = search;
      const name = safeName(prefix);
      // Other ids may begin with the same name. And a store counts by one field, which has a value.
      const isExact = name === prefix && !prefix.includes('_');
      const isOneField = jobName === null || (jobName !== '' && holder === null && !isLeased);
      if (ordered.count === undefined || !isExact || !isOneField) return null;
      const before = updatedBefore === null ? null : instantKey(updatedBefore);
      const field = fieldOf({ jobName, holder, isLeased });
      let count = 0;
      for (const group of statuses.length === 0 ? [null] : new Set(statuses)) {
        const inGroup = await ordered.count(JOB_FOLDER, { group, field, before, prefix: name });
        if (inGroup === null) return null;
        count += inGroup;
      }
      const unplaced = await findUnplaced();
      return count + unplaced.filter(accepts).length;
    },

    tally: async visitor => (await tallyFirst(visitor, Number.POSITIVE_INFINITY))?.counts ?? null,

    tallyFirst,
    countMany,

    async corrupt() {
      if (!isCorruptKnown) await findUnplaced();
      return [...corrupt.values()];
    },

    revision,
  };
}

function boundOf({ order, key }: PlacedEntry): PlaceBound {
  return { order, key };
}
