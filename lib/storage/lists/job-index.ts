import { ownText, ownTexts } from '../../base/own-text.ts';
import { shareRuns } from '../../base/share-runs.ts';
import type { JobStatus } from '../../checkpoint/status.ts';
import type { CorruptionType } from '../../failure.ts';
import type { Change, Follower } from '../../store.ts';
import { createJobEntries, type EntryParts, type JobEntry, partsOf } from '../job-entry.ts';
import type { JobBounds } from '../job-filter.ts';
import type { IndexedJob } from '../job-summary.ts';
import { type JobsChange, NO_JOBS, sortJobs } from './job-orders.ts';
import { type FoundJobs, type JobSearch, searchJobs, tallyJobs, visitJobs } from './job-search.ts';

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

export interface JobIndex {
  /** The order of all jobs that were written before the call. */
  current(): Promise<JobOrder>;
}

/** Many jobs, as their store counts them. */
export interface CountedGroups {
  readonly counts: Readonly<Record<JobStatus, number>>;
  /** Those of them that name a lease. */
  readonly named: Readonly<Record<JobStatus, number>>;
}

export interface JobTally {
  readonly counts: Readonly<Record<JobStatus, number>>;
  /** Whether no job was left out. */
  readonly isWhole: boolean;
}

/** The jobs at one moment, by the instant of `updated_at`. Later writes do not change it. */
export interface JobOrder {
  /**
   * Up to `limit` jobs that `accepts` takes, behind a place. All of them are within the bounds. `next` is null at the end. A long
   * search lets the event loop run in between.
   */
  page(query: JobSearch): Promise<FoundJobs>;
  /**
   * How many jobs are within the bounds, as the store counts them, and of those that it cannot place `accepts` takes. Null where it does
   * not count, or where it cannot say it exactly.
   */
  count(search: Partial<JobBounds> & Pick<JobSearch, 'accepts'>): Promise<number | null>;
  /**
   * Calls back for every job, the oldest first; with the prefix of a job id perhaps only for those whose ids start with it. Lets the
   * event loop run in between.
   */
  visit(visitor: (job: JobEntry) => void, prefix?: string): Promise<void>;
  /**
   * How many jobs have each status. Calls back for those whose standing the status does not say: that name a lease, or
   * may be in the queue. Null, without a call, where only a visit to all jobs tells it.
   */
  tally(visitor: (job: JobEntry) => void): Promise<Readonly<Record<JobStatus, number>> | null>;
  /**
   * As `tally`, at a bounded cost: calls back for up to `most` of those jobs, the oldest first. Null where only a visit to all
   * jobs would tell how many there are.
   */
  tallyFirst(visitor: (job: JobEntry) => void, most: number): Promise<JobTally | null>;
  /**
   * As the store counts them, without a call for any. Null where it counts none, and where so few are not finished that a visit to them
   * costs as little.
   */
  countMany(): Promise<CountedGroups | null>;
  corrupt(): Promise<readonly CorruptJob[]>;
  /** Another number when a job or a corrupt object has changed. */
  readonly revision: number;
}

/** Up to this share of changed jobs, each is changed on its own. Above it, all jobs are sorted again. */
const RESORT_SHARE = 1 / 20;
/** So few jobs are always changed one by one. */
const FEW_CHANGES = 100;

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
  let orders = NO_JOBS;
  let revision = 0;
  let polls = 0;
  const refresh = shareRuns(poll);

  async function poll(): Promise<void> {
    polls += 1;
    /** The changed jobs as they were before. Null for too many. */
    let changed: Map<string, JobEntry | null> | null = new Map();
    try {
      for await (const change of options.follower.poll()) {
        revision += 1;
        const before = entries.get(change.key);
        entries.delete(change.key);
        corrupt.delete(change.key);
        if (changed !== null && !changed.has(change.key)) {
          changed.set(change.key, before ?? null);
          if (changed.size > Math.max(orders.all.size * RESORT_SHARE, FEW_CHANGES)) changed = null;
        }
        if (change.kind === 'removed') continue;
        const reading = options.read(change);
        // To wait for what is there already would take longer than all the rest.
        note(change.key, reading instanceof Promise ? await reading : reading);
      }
    } finally {
      // Also if the store fails in the middle: the follower does not report the same change again.
      orders = await (changed === null
        ? sortJobs(entries.values())
        : orders.changed(changeOf(changed)));
    }
  }

  function note(key: string, indexed: Indexed): void {
    if (indexed.kind === 'gone') return;
    if (indexed.kind === 'corrupt') {
      corrupt.set(ownText(key), ownTexts(indexed.corrupt));
      return;
    }
    const parts = indexed.kind === 'job' ? partsOf(indexed.summary) : indexed.parts;
    // The follower has the same text.
    entries.set(key, makeEntry.of(key, parts));
  }

  function changeOf(changed: ReadonlyMap<string, JobEntry | null>): JobsChange {
    const removed: JobEntry[] = [];
    const added: JobEntry[] = [];
    for (const [key, before] of changed) {
      const after = entries.get(key);
      if (before !== null) removed.push(before);
      if (after !== undefined) added.push(after);
    }
    return { removed, added };
  }

  return {
    async current() {
      await refresh();
      const jobs = orders;
      // An index that lives for one list is asked once. To make further orders costs more than a search.
      const isLiving = polls > 1;
      return {
        page: query => searchJobs(jobs, query, { isLiving }),
        visit: visitor => visitJobs(jobs.all, visitor),
        count: async () => null,
        tallyFirst: async () => null,
        countMany: async () => null,
        tally: async visitor => (isLiving ? tallyJobs(await jobs.groups(), visitor) : null),
        corrupt: async () => [...corrupt.values()],
        revision,
      };
    },
  };
}
