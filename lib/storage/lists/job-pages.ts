import { instantKey } from '../../base/timestamp.ts';
import { JobStatus } from '../../checkpoint/status.ts';
import { isFinished } from '../../lease/transfer.ts';
import {
  type FieldQuery,
  type OrderedLists,
  type PageQuery,
  type PlaceBound,
  type PlacedEntry,
  placedOrder,
} from '../../store.ts';
import { createJobEntries, type JobEntry, partsOf, updatedAt } from '../job-entry.ts';
import { JOB_FIELDS, JOB_FOLDER } from '../job-summary.ts';
import type { CorruptJob, Indexed, JobOrder, JobTally } from './job-index.ts';
import type { JobSearch } from './job-search.ts';

/** Half a megabyte of labels. */
const MOST_A_READ = 500;
/** The first look of a filtered list. If there are not more jobs, it is the whole list. */
const FIRST_LOOK = 100;

type Walk = Omit<PageQuery, 'limit'> & { readonly first: number };

/**
 * The jobs of a store with lists by place. Nothing is in memory: a page costs what it returns, and is of the moment at
 * which it is read. `read` gets the job of an entry.
 */
export function createJobPages({
  ordered,
  read,
  revision,
}: {
  readonly ordered: OrderedLists;
  readonly read: (entry: PlacedEntry) => Indexed | Promise<Indexed>;
  readonly revision: number;
}): JobOrder {
  const makeEntry = createJobEntries();
  const corrupt = new Map<string, CorruptJob>();
  let isCorruptKnown = false;

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
  }: JobSearch): AsyncGenerator<PlacedEntry> {
    const descending = ordering === 'newest';
    const before = updatedBefore === null ? null : instantKey(updatedBefore);
    const field = fieldOf({ jobName, holder, isLeased });
    const all = { group: null, field, after: null, before: null, descending };
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
    const narrow = { field, after: from, before, descending, first: limit + 1 };
    yield* merged(
      groups.map(group => walk({ ...narrow, group })),
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

  async function tallyFirst(
    visitor: (job: JobEntry) => void,
    most: number,
  ): Promise<JobTally | null> {
    const counted = (await ordered.countGroups?.(JOB_FOLDER)) ?? null;
    if (counted === null) return null;
    const counts = zeros();
    for (const status of JobStatus.options) counts[status] = counted.groups.get(status) ?? 0;
    let visited = 0;
    let isWhole = true;
    if (counted.unplaced === 0) isCorruptKnown = true;
    else {
      for (const job of await findUnplaced()) {
        counts[job.status] += 1;
        visitor(job);
      }
    }
    const first = Math.min(most + 1, MOST_A_READ);
    const range = { after: null, before: null, descending: false, first };
    const unfinished = JobStatus.options.filter(status => !isFinished(status));
    const lists = unfinished.map(group => walk({ ...range, group }));
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
      const { after, limit, accepts } = query;
      const jobs: JobEntry[] = [];
      let hasMore = false;
      for await (const entry of candidates(query)) {
        if (jobs.length === limit && entry.order !== null) {
          hasMore = true;
          break;
        }
        const job = await jobOf(entry);
        if (job !== null && jobs.length < limit && accepts(job)) jobs.push(job);
      }
      if (after === null) isCorruptKnown = true;
      const last = jobs.at(-1);
      const next =
        hasMore && last !== undefined
          ? { instant: instantKey(updatedAt(last)), key: last.key }
          : null;
      return { jobs, next };
    },

    async visit(visitor) {
      const all = { group: null, after: null, before: null, descending: false };
      for await (const entry of walk({ ...all, first: MOST_A_READ })) {
        const job = await jobOf(entry);
        if (job !== null) visitor(job);
      }
      isCorruptKnown = true;
    },

    tally: async visitor => (await tallyFirst(visitor, Number.POSITIVE_INFINITY))?.counts ?? null,

    tallyFirst,

    async corrupt() {
      if (!isCorruptKnown) await findUnplaced();
      return [...corrupt.values()];
    },

    revision,
  };
}

/** A store that knows the fields of its jobs reads only those that have one. */
function fieldOf({
  jobName,
  holder,
  isLeased,
}: {
  readonly jobName: string | null;
  readonly holder: string | null;
  readonly isLeased: boolean;
}): FieldQuery | null {
  const [jobField, holderField] = JOB_FIELDS;
  if (holder !== null) return { name: holderField, value: holder };
  if (isLeased) return { name: holderField, value: null };
  return jobName === null ? null : { name: jobField, value: jobName };
}

function zeros(): Record<JobStatus, number> {
  const counts = JobStatus.options.map(status => [status, 0]);
  return Object.fromEntries(counts) as Record<JobStatus, number>;
}

function boundOf({ order, key }: PlacedEntry): PlaceBound {
  return { order, key };
}

/** The entries of several ordered lists as one. */
async function* merged(
  lists: readonly AsyncGenerator<PlacedEntry>[],
  descending: boolean,
): AsyncGenerator<PlacedEntry> {
  const compare = placedOrder(descending);
  const heads = await Promise.all(lists.map(async list => ({ list, next: await list.next() })));
  for (;;) {
    let first: { entry: PlacedEntry; head: (typeof heads)[number] } | null = null;
    for (const head of heads) {
      if (head.next.done === true) continue;
      const entry = head.next.value;
      if (first === null || compare(entry, first.entry) < 0) first = { entry, head };
    }
    if (first === null) return;
    yield first.entry;
    first.head.next = await first.head.list.next();
  }
}
