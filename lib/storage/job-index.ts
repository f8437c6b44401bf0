import { ownText, ownTexts } from '../base/own-text.ts';
import { instantKey, microsOfKey } from '../base/timestamp.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import type { CorruptionType } from '../failure.ts';
import type { Change, Follower } from '../store.ts';
import { createJobEntries, type JobEntry, summaryOf } from './job-entry.ts';
import type { JobSummary } from './job-summary.ts';

/** An object under a job's key that is no checkpoint state. */
export interface CorruptJob {
  /** As far as the object's name tells. */
  readonly job_id: string;
  readonly path: string;
  readonly error_type: CorruptionType;
  readonly detail: string;
}

/** What one stored object turns out to be. */
export type Indexed =
  | { readonly kind: 'job'; readonly summary: JobSummary }
  | { readonly kind: 'corrupt'; readonly corrupt: CorruptJob }
  /** No job, or none any more. */
  | { readonly kind: 'gone' };

/** A place between two jobs of the order: what a cursor stands for. */
export interface Position {
  readonly instant: string;
  readonly key: string;
}

/** A place by the time itself. */
type Place = Pick<JobEntry, 'at' | 'key'>;

export interface JobIndex {
  /** Takes in all that was written before the call, then gives what it knows. */
  current(): Promise<JobOrder>;
}

/** The jobs at one moment, newest `updated_at` first, by instant. */
export interface JobOrder {
  /** Up to `limit` jobs of these statuses after a place; `next` is null at the end. */
  page(query: {
    after: Position | null;
    statuses: ReadonlySet<JobStatus>;
    limit: number;
    /** Of the job ids. */
    prefix: string;
  }): {
    readonly jobs: readonly JobSummary[];
    readonly next: Position | null;
  };
  corrupt(): readonly CorruptJob[];
}

/** Below this share of changed entries they are put in one by one, above it all is sorted anew. */
const RESORT_SHARE = 1 / 50;

/**
 * Summaries of all jobs in memory, in order. Only what the store's follower tells is read, so a
 * list costs what changed since the last one.
 */
export function createJobIndex(options: {
  follower: Follower;
  read(change: Exclude<Change, { kind: 'removed' }>): Indexed | Promise<Indexed>;
}): JobIndex {
  const entries = new Map<string, JobEntry>();
  const makeEntry = createJobEntries();
  const corrupt = new Map<string, CorruptJob>();
  // Oldest first: what changes becomes the newest, and to add at the end moves nothing.
  let order: JobEntry[] = [];
  let running: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;

  // A caller needs a poll that began after its call: those who come during one share the next.
  function refresh(): Promise<void> {
    if (running === null) {
      running = poll().finally(() => {
        running = null;
      });
      return running;
    }
    waiting ??= running
      .catch(() => {})
      .then(() => {
        waiting = null;
        return refresh();
      });
    return waiting;
  }

  async function poll(): Promise<void> {
    const gone: JobEntry[] = [];
    const come: JobEntry[] = [];
    try {
      for await (const change of options.follower.poll()) {
        const before = entries.get(change.key);
        if (before !== undefined) gone.push(before);
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
        come.push(entry);
      }
    } finally {
      // Also when the store failed half way: what was taken in is not told again.
      reorder(gone, come);
    }
  }

  function reorder(gone: readonly JobEntry[], come: readonly JobEntry[]): void {
    if (gone.length + come.length > order.length * RESORT_SHARE) {
      order = [...entries.values()].toSorted(compare);
      return;
    }
    for (const entry of gone) {
      const at = placeOf(order, entry);
      // What came and went within one poll never stood in the order.
      if (order[at] === entry) order.splice(at, 1);
    }
    for (const entry of come) {
      // An entry that a later change of the same poll replaced is in `gone`, or not there at all.
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

/** By instant; equal instants by key, backwards, so that the order is total and a list has keys forwards. */
function compare(left: Place, right: Place): number {
  if (left.at !== right.at) return left.at - right.at;
  if (left.key === right.key) return 0;
  return left.key > right.key ? -1 : 1;
}

/** The first place whose entry does not come before `position`. */
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
