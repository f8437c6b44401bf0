import { forEachConcurrently } from '../base/concurrently.ts';
import { parseReadyKey, READY_KEYS } from '../keys/ready-hint.ts';
import { isWaiting } from '../lease/hint-rules.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { JOB_FOLDER } from '../storage/job-summary.ts';
import type { PlaceBound } from '../store.ts';
import type { DueLimits } from './due-leases.ts';

/**
 * Jobs that wait and have no hint, so that no claim finds them: their hints were lost with their shard. For a place that lists its
 * hints and its jobs at no cost.
 */
export interface MissingHints {
  /**
   * Adds the missing hints of jobs behind a cursor, and reads at most so many jobs: all that wait and have none, also those that an
   * operator has paused. Null when all jobs are done. Rejects with a `StoreError`; what was added then stays.
   */
  restore(cursor: HintCursor | null, limits: DueLimits): Promise<HintCursor | null>;
}

/** Where the next call continues. Jobs that change meanwhile come later in the list. */
export interface HintCursor {
  /** The index of the status. */
  readonly status: number;
  readonly after: PlaceBound | null;
}

/** Those of jobs that may have hints. */
const STATUSES = ['pending', 'paused'] as const;
const PAGE = 500;

export function createMissingHints({
  store,
  reader,
  hints,
}: Pick<ProtocolContext, 'store' | 'reader' | 'hints'>): MissingHints {
  async function jobsWithHints(): Promise<ReadonlySet<string>> {
    const jobs = new Set<string>();
    for await (const { key } of store.list(READY_KEYS, READY_KEYS, { labels: false })) {
      const hint = parseReadyKey(key);
      if (hint !== null) jobs.add(hint.jobKey);
    }
    return jobs;
  }

  async function restoreOne(key: string): Promise<void> {
    const job = await reader.read(key);
    if (job?.kind !== 'job' || !isWaiting(job.state)) return;
    // A claim that was faster leaves a hint that the next one removes.
    await hints.add(await hints.keyOf(job.state));
  }

  return {
    async restore(cursor, { most, concurrency }) {
      const { ordered } = store;
      if (ordered === null) return null;
      const hinted = await jobsWithHints();
      let { status, after } = cursor ?? { status: 0, after: null };
      const read: string[] = [];
      search: for (; status < STATUSES.length; status += 1, after = null) {
        for (;;) {
          const entries = await ordered.page(JOB_FOLDER, {
            group: STATUSES[status] ?? null,
            after,
            before: null,
            descending: false,
            limit: PAGE,
          });
          for (const { key, order } of entries) {
            if (!hinted.has(key)) {
              if (read.length === most) break search;
              read.push(key);
            }
            after = { order, key };
          }
          if (entries.length < PAGE) break;
        }
      }
      await forEachConcurrently(each(read), concurrency, restoreOne);
      return status === STATUSES.length ? null : { status, after };
    },
  };
}

async function* each(keys: readonly string[]): AsyncGenerator<string> {
  yield* keys;
}
