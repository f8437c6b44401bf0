import { ownText, ownTexts } from '../base/own-text.ts';
import { shareRuns } from '../base/share-runs.ts';
import { instantKey, microsOfKey } from '../base/timestamp.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import type { CorruptionType } from '../failure.ts';
import type { Change, Follower } from '../store.ts';
import { createJobEntries, type JobEntry, summaryOf } from './job-entry.ts';
import type { JobSummary } from './job-summary.ts';

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
  | { readonly kind: 'job'; readonly summary: JobSummary }
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

/** The jobs at one moment, newest `updated_at` first, by instant. */
export interface JobOrder {
  /** Up to `limit` jobs with one of the statuses, after a place. `next` is null at the end. */
  page(query: {
    after: Position | null;
    statuses: ReadonlySet<JobStatus>;
    limit: number;
    /** Only jobs whose id starts with this. */
    prefix: string;
  }): {
    readonly jobs: readonly JobSummary[];
    readonly next: Position | null;
  };
  corrupt(): readonly CorruptJob[];
}

/** Up to this share of changed entries, each is inserted on its own. Above it, the whole order is sorted again. */
const RESORT_SHARE = 1 / 50;

/**
 * Summaries of all jobs in memory, in order. It reads only what the store's follower reports, so a list costs only
 * the changes since the last one.
 */
export function createJobIndex(options: {
  follower: Follower;
  read(change: Exclude<Change, { kind: 'removed' }>): Indexed | Promise<Indexed>;
}): JobIndex {
  const entries = new Map<string, JobEntry>();
  const makeEntry = createJobEntries();
  const corrupt = new Map<string, CorruptJob>();
  // Oldest first: a changed job becomes the newest, and appending moves no other entry.
  let order: JobEntry[] = [];
  const refresh = shareRuns(poll);

  async function poll(): Promise<void> {
    const removed: JobEntry[] = [];
    const added: JobEntry[] = [];
    try {
      for await (const change of options.follower.poll()) {
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
        const entry = makeEntry.of(change.key, indexed.summary);
        entries.set(entry.key, entry);
        added.push(entry);
      }
    } finally {
      // Also if the store fails in the middle: the follower does not report the same change again.
      reorder(removed, added);
    }
  }

  function reorder(removed: readonly JobEntry[], added: readonly JobEntry[]): void {
    if (removed.length + added.length > order.length * RESORT_SHARE) {
      order = [...entries.values()].toSorted(compare);
      return;
    }
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
      return {
        page({ after, statuses, limit, prefix }) {
          const page: JobEntry[] = [];
          let at = (after === null ? order.length : placeOf(order, placeIn(after))) - 1;
          for (; at >= 0 && page.length < limit; at--) {
            const entry = order[at];
            if (entry === undefined) break;
            const { status, job_id } = entry;
            if (statuses.size > 0 && !statuses.has(status)) continue;
            if (job_id.startsWith(prefix)) page.push(entry);
          }
          const last = page.at(-1);
          const next = at >= 0 && last ? positionOf(last) : null;
          return { jobs: page.map(summaryOf), next };
        },
        corrupt: () => [...corrupt.values()],
      };
    },
  };
}

function placeIn({ instant, key }: Position): Place {
  return { at: microsOfKey(instant), key };
}

function positionOf({ updated_at, key }: JobEntry): Position {
  return { instant: instantKey(updated_at), key };
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
