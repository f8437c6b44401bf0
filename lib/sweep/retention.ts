import { readSweepPlace, SWEEP_START, writeSweepPlace } from '../availability/sweep-place.ts';
import type { Clock } from '../base/clock.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { targetOf } from '../keys/job-id.ts';
import { millisBetween } from '../lease/rules.ts';
import type { JobRemoval } from '../protocol/remove.ts';
import type { JobSummary } from '../storage/job-summary.ts';
import type { JobList } from '../storage/lists/job-list.ts';
import { type ObjectStore, StoreError } from '../store.ts';
import { type AgedJob, advanceTrust, firstTrust, isPastRetention } from './retention-rule.ts';

/** The most jobs that a pass deletes. */
export const RETIRED_PER_PASS = 100;

/** Deletes jobs that finished long ago. */
export interface Retention {
  readonly days: number;
  isDue(job: AgedJob, trusted: Timestamp): boolean;
  /** Deletes the job if it still is due, whatever was listed. Whether it did. An error of the store leaves the job alone. */
  retire(jobId: string, trusted: Timestamp): Promise<boolean>;
  /** One pass by the list in memory, for processes that live long. How many jobs it deleted. */
  run(signal?: AbortSignal): Promise<number>;
}

/** What the passes of such processes record. Scheduled sweeps have it in their own record. */
const RETENTION_KEY = 'sweep/retention.json';

const PAGE = 200;
/** Jobs that a pass looks at: some may not be due yet, or cannot be deleted. */
const MOST_PAGES = 5;
const WRITE_EVERY_MS = 3_600_000;
const FINISHED = ['completed', 'failed', 'cancelled'] as const;

export function createRetention(
  days: number,
  {
    store,
    clock,
    list,
    removal,
  }: { store: ObjectStore; clock: Clock; list: JobList; removal: Pick<JobRemoval, 'retire'> },
): Retention {
  let record: { trusted: Timestamp; at: Timestamp; writtenAt: Timestamp } | null = null;

  const isDue = (job: AgedJob, trusted: Timestamp) => isPastRetention(job, { days, trusted });

  /** The trusted time of this pass. It is stored once an hour, so that a restart with a wrong clock does not forget it. */
  async function trustNow(): Promise<Timestamp> {
    const now = clock.now();
    record ??= await readRecord(now);
    const trusted = advanceTrust(record, now);
    const isStale = Math.abs(millisBetween(record.writtenAt, now)) >= WRITE_EVERY_MS;
    const writtenAt = isStale ? now : record.writtenAt;
    record = { trusted, at: now, writtenAt };
    if (isStale) await writeRecord(trusted, now);
    return trusted;
  }

  async function readRecord(now: Timestamp) {
    const { at, trusted_at: trusted } = await readSweepPlace(store, RETENTION_KEY);
    if (at !== null && trusted !== null) return { trusted, at, writtenAt: at };
    const newest = await list.page({ limit: 1, cursor: null });
    const first = firstTrust(newest.ok ? (newest.value.jobs[0]?.updated_at ?? null) : null, now);
    await writeRecord(first, now);
    return { trusted: first, at: now, writtenAt: now };
  }

  function writeRecord(trusted_at: Timestamp, at: Timestamp): Promise<void> {
    return writeSweepPlace(store, RETENTION_KEY, { ...SWEEP_START, at, trusted_at });
  }

  /** The oldest finished jobs, as far as they are due. */
  async function* listDue(trusted: Timestamp): AsyncGenerator<JobSummary> {
    let cursor: string | null = null;
    for (let nth = 0; nth < MOST_PAGES; nth++) {
      const query = { statuses: FINISHED, order: 'oldest', limit: PAGE, cursor } as const;
      const page = await list.page(query);
      if (!page.ok) return;
      for (const job of page.value.jobs) {
        const age = { ...job, completed_at: null };
        if (!isDue(age, trusted)) return;
        if (isDue(job, trusted)) yield job;
      }
      cursor = page.value.nextCursor;
      if (cursor === null) return;
    }
  }

  async function retire(jobId: string, trusted: Timestamp): Promise<boolean> {
    const target = targetOf(jobId, '/job_id');
    if (!target.ok) return false;
    try {
      const retired = await removal.retire(target.value, state => isDue(state, trusted));
      return retired.ok && retired.value;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      return false;
    }
  }

  return {
    days,
    isDue,
    retire,

    async run(signal) {
      const trusted = await trustNow();
      let retired = 0;
      for await (const { job_id: jobId } of listDue(trusted)) {
        if (retired === RETIRED_PER_PASS || signal?.aborted === true) break;
        if (await retire(jobId, trusted)) retired += 1;
      }
      return retired;
    },
  };
}
