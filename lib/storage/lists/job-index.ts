import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import { ownText, ownTexts } from '../base/own-text.ts';
import { shareRuns } from '../base/share-runs.ts';
import { sortInTurns } from '../base/sort-in-turns.ts';
import { instantKey, microsOfKey, type Timestamp } from '../base/timestamp.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import type { CorruptionType } from '../failure.ts';
import type { Change, Follower } from '../store.ts';
import {
  createJobEntries,
  type EntryParts,
  type JobEntry,
  partsOf,
  updatedAt,
} from './job-entry.ts';
import type { JobOrdering } from './job-filter.ts';
import type { IndexedJob } from './job-summary.ts';

/** An object under a job's key that is not a checkpoint state. */
export interface CorruptJob {
  /** The safe name, which may differ from the id. */
  readonly job_id: string;
  readonly path: string;
  readonly error_type: CorruptionType;
  readonly detail: string;
}

/** One stored object, as the index reads it. */
export type Indexed =
  | { readonly kind: 'job'; readonly summary: IndexedJob }
  | { readonly kind: 'parts'; readonly parts: EntryParts }
  | { readonly kind: 'corrupt'; readonly corrupt: CorruptJob }
  /** Not a job, or deleted in the meantime. */
  | { readonly kind: 'gone' };

/** A place between two jobs in the order. A cursor encodes it. */
export interface Position {
  readonly instant: string;
  readonly key: string;
}

/** A place with its time in microseconds. */
type Place = Pick<JobEntry, 'at' | 'key'>;

export interface JobIndex {
  /** The order of all jobs that were written before the call. */
  current(): Promise<JobOrder>;
}

/** The jobs at one moment, by the instant of `updated_at`. Later writes do not change it. */
export interface JobOrder {
  /**
   * Up to `limit` jobs that `accepts` takes, behind a place. `next` is null at the end. A long search lets the event
   * loop run in between.
   */
  page(query: {
    after: Position | null;
    ordering: JobOrdering;
    limit: number;
    accepts: (job: JobEntry) => boolean;
    /** Jobs that `accepts` does not take anyway are those with another status, if any is named here, */
    statuses?: readonly JobStatus[] | undefined;
    /** and those whose last change is not earlier than this. */
    updatedBefore?: Timestamp | null | undefined;
  }): Promise<{ readonly jobs: readonly JobEntry[]; readonly next: Position | null }>;
  /** Calls back for every job, the oldest first. Lets the event loop run in between. */
  visit(visitor: (job: JobEntry) => void): Promise<void>;
  corrupt(): Promise<readonly CorruptJob[]>;
  /** Another number when a job or a corrupt object has changed. */
  readonly revision: number;
}

/** Up to this share of changed entries, each is inserted on its own. Above it, the whole order is sorted again. */
const RESORT_SHARE = 1 / 50;

/** So many jobs are searched in one turn of the event loop: a few milliseconds. */
const JOBS_A_TURN = 2_500;

/**
 * Summaries of all jobs in memory, in order. It reads only what the store's follower reports, so a list costs only
 * the changes since the last one.
 */
export function createJobIndex(options: {
  follower: Pick<Follower, 'poll'>;
  read(change: Exclude<Change, { kind: 'removed' }>): Indexed | Promise<Indexed>;
}): JobIndex {
  const entries = new Map<string, JobEntry>();
  const makeEntry = createJobEntries();
  const corrupt = new Map<string, CorruptJob>();
  // Oldest first: a changed job becomes the newest, and appending moves no other entry.
  let order: JobEntry[] = [];
  let revision = 0;
  const refresh = shareRuns(poll);

  async function poll(): Promise<void> {
    const removed: JobEntry[] = [];
    const added: JobEntry[] = [];
    try {
      for await (const change of options.follower.poll()) {
        revision += 1;
        const before = entries.get(change.key);
        if (before !== undefined) removed.push(before);
        entries.delete(change.key);
        corrupt.delete(change.key);
        if (change.kind === 'removed') continue;
        const indexed = await options.read(change);
        if (indexed.kind === 'gone') continue;
        if (indexed.kind === 'corrupt') {
          corrupt.set(ownText(change.key), ownTexts(indexed.corrupt));
          continue;
        }
        const parts = indexed.kind === 'job' ? partsOf(indexed.summary) : indexed.parts;
        // The follower has the same text.
        const entry = makeEntry.of(change.key, parts);
        entries.set(entry.key, entry);
        added.push(entry);
      }
    } finally {
      // Also if the store fails in the middle: the follower does not report the same change again.
      await reorder(removed, added);
    }
  }

  async function reorder(removed: readonly JobEntry[], added: readonly JobEntry[]): Promise<void> {
    if (removed.length + added.length === 0) return;
    if (removed.length + added.length > order.length * RESORT_SHARE) {
      order = await sortInTurns(entries.values(), compare);
      return;
    }
    // Earlier answers of `current` keep their order.
    order = order.slice();
    for (const entry of removed) {
      const at = placeOf(order, entry);
      // An entry that was added and removed in one poll is not in the order.
      if (order[at] === entry) order.splice(at, 1);
    }
    for (const entry of added) {
      // A later change in the same poll may have replaced or removed the entry.
      if (entries.get(entry.key) === entry) order.splice(placeOf(order, entry), 0, entry);
    }
  }

  return {
    async current() {
      await refresh();
      const jobs = order;
      return {
        page: query => search(jobs, query),
        visit: visitor => visitAll(jobs, visitor),
        corrupt: async () => [...corrupt.values()],
        revision,
      };
    },
  };
}

async function search(
  order: readonly JobEntry[],
  { after, ordering, limit, accepts }: Parameters<JobOrder['page']>[0],
): ReturnType<JobOrder['page']> {
  const step = ordering === 'newest' ? -1 : 1;
  const jobs: JobEntry[] = [];
  let at = firstBehind(order, after, ordering);
  let searched = 0;
  for (let job = order[at]; job !== undefined && jobs.length < limit; job = order[at]) {
    if (accepts(job)) jobs.push(job);
    at += step;
    searched += 1;
    if (searched % JOBS_A_TURN === 0) await yieldToEventLoop();
  }
  const last = jobs.at(-1);
  const next = order[at] !== undefined && last !== undefined ? positionOf(last) : null;
  return { jobs, next };
}

async function visitAll(
  order: readonly JobEntry[],
  visitor: (job: JobEntry) => void,
): Promise<void> {
  let visited = 0;
  for (const job of order) {
    visitor(job);
    visited += 1;
    if (visited % JOBS_A_TURN === 0) await yieldToEventLoop();
  }
}

/** The index of the first entry of a page. */
function firstBehind(
  order: readonly JobEntry[],
  after: Position | null,
  ordering: JobOrdering,
): number {
  if (ordering === 'newest') {
    return (after === null ? order.length : placeOf(order, placeIn(after))) - 1;
  }
  if (after === null) return 0;
  const place = placeIn(after);
  const at = placeOf(order, place);
  const entry = order[at];
  return entry !== undefined && compare(entry, place) === 0 ? at + 1 : at;
}

function placeIn({ instant, key }: Position): Place {
  return { at: microsOfKey(instant), key };
}

function positionOf(job: JobEntry): Position {
  return { instant: instantKey(updatedAt(job)), key: job.key };
}

/** By instant, then by key in reverse: a list runs backwards, so its keys ascend. */
function compare(left: Place, right: Place): number {
  if (left.at !== right.at) return left.at - right.at;
  if (left.key === right.key) return 0;
  return left.key > right.key ? -1 : 1;
}

/** The index of the first entry that does not come before `position`. */
function placeOf(order: readonly Place[], position: Place): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = order[middle];
    if (entry !== undefined && compare(entry, position) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
