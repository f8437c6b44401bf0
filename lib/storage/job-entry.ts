import { LRUCache } from 'lru-cache';
import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, textBytes } from '../base/own-text.ts';
import { toUnixMicros } from '../base/timestamp.ts';
import { percentOf } from '../checkpoint/progress.ts';
import { leaseKey } from '../lease/lease.ts';
import type { IndexedJob, JobSummary } from './job-summary.ts';

/**
 * A job in the index, which holds one entry for each stored job. It leaves out what can be computed. Its texts are
 * copies, because a part of a text keeps the whole text in memory.
 */
export interface JobEntry extends Omit<IndexedJob, 'progress' | 'percent' | 'lease_id'> {
  readonly key: string;
  /** `updated_at` in microseconds since 1970. */
  readonly at: number;
  readonly completed: number;
  /** The key of the lease that the job names. Null if the job is not leased. */
  readonly lease_key: string | null;
}

/** Builds entries. A name that many jobs share is stored once. */
export interface JobEntries {
  of(key: string, job: IndexedJob): JobEntry;
}

export function createJobEntries(): JobEntries {
  const names = new LRUCache<string, string>({
    maxSize: MEMORY_BOUNDS.sharedNames.bytes,
    sizeCalculation: textBytes,
  });

  function shareName(name: string): string {
    const known = names.get(name);
    if (known !== undefined) return known;
    const copy = ownText(name);
    names.set(copy, copy);
    return copy;
  }

  return {
    of(key, summary) {
      const { started_at, completed_at, error_message, holder, lease_id } = summary;
      const { waiting_since, delayed_until } = summary;
      return {
        key: ownText(key),
        at: Number(toUnixMicros(summary.updated_at)),
        job_id: ownText(summary.job_id),
        job_name: shareName(summary.job_name),
        status: summary.status,
        created_at: ownText(summary.created_at),
        updated_at: ownText(summary.updated_at),
        started_at: started_at === null ? null : ownText(started_at),
        completed_at: completed_at === null ? null : ownText(completed_at),
        total_sheets: summary.total_sheets,
        last_completed_sheet: summary.last_completed_sheet,
        current_sheet: summary.current_sheet,
        completed: summary.progress[0],
        error_message: error_message === null ? null : ownText(error_message),
        holder: holder === null ? null : shareName(holder),
        epoch: summary.epoch,
        lease_key: lease_id === null ? null : ownText(leaseKey(summary.job_id, lease_id)),
        waiting_since: waiting_since === null ? null : ownText(waiting_since),
        delayed_until: delayed_until === null ? null : ownText(delayed_until),
        // Already a separate text, and the same one that the store's follower holds.
        version: summary.version,
      };
    },
  };
}

export function summaryOf(entry: JobEntry): JobSummary {
  const { completed, total_sheets } = entry;
  return {
    job_id: entry.job_id,
    job_name: entry.job_name,
    status: entry.status,
    created_at: entry.created_at,
    updated_at: entry.updated_at,
    started_at: entry.started_at,
    completed_at: entry.completed_at,
    total_sheets,
    last_completed_sheet: entry.last_completed_sheet,
    current_sheet: entry.current_sheet,
    progress: [completed, total_sheets],
    percent: percentOf(completed, total_sheets),
    error_message: entry.error_message,
    holder: entry.holder,
    epoch: entry.epoch,
    version: entry.version,
  };
}
