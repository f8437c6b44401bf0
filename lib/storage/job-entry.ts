import { LRUCache } from 'lru-cache';
import { MEMORY_BOUNDS } from '../base/memory-bounds.ts';
import { ownText, ownTexts, textBytes } from '../base/own-text.ts';
import { type StoredTime, storedTime, timeOf } from '../base/stored-time.ts';
import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { percentOf } from '../checkpoint/progress.ts';
import { leaseKey } from '../lease/lease.ts';
import type { IndexedJob, JobSummary } from './job-summary.ts';

/**
 * A job in the index, which holds one entry for each stored job. It leaves out what can be computed. Its texts are
 * copies, because a part of a text keeps the whole text in memory.
 */
export interface JobEntry
  extends Omit<
    IndexedJob,
    | 'created_at'
    | 'updated_at'
    | 'started_at'
    | 'completed_at'
    | 'progress'
    | 'percent'
    | 'lease_id'
  > {
  readonly key: string;
  /** `updated_at` in microseconds since 1970. */
  readonly at: number;
  /** The text of `updated_at` where `at` does not give it. */
  readonly updated: Timestamp | null;
  readonly created: StoredTime;
  readonly started: StoredTime | null;
  readonly ended: StoredTime | null;
  readonly completed: number;
  /** The key of the lease that the job names. Null if the job is not leased. */
  readonly lease_key: string | null;
}

/** An entry without its key, with the id of the lease. Its texts own their memory. */
export interface EntryParts extends Omit<JobEntry, 'key' | 'lease_key'> {
  readonly lease_id: string | null;
}

/** Builds entries. A name that many jobs share is stored once. */
export interface JobEntries {
  of(key: string, parts: EntryParts): JobEntry;
}

export function createJobEntries(): JobEntries {
  const names = new LRUCache<string, string>({
    maxSize: MEMORY_BOUNDS.sharedNames.bytes,
    sizeCalculation: textBytes,
  });

  function shareName(name: string): string {
    const known = names.get(name);
    if (known !== undefined) return known;
    names.set(name, name);
    return name;
  }

  return {
    of: (key, parts) => ({
      key,
      at: parts.at,
      job_id: parts.job_id,
      job_name: shareName(parts.job_name),
      status: parts.status,
      updated: parts.updated,
      created: parts.created,
      started: parts.started,
      ended: parts.ended,
      total_sheets: parts.total_sheets,
      last_completed_sheet: parts.last_completed_sheet,
      current_sheet: parts.current_sheet,
      completed: parts.completed,
      error_message: parts.error_message,
      holder: parts.holder === null ? null : shareName(parts.holder),
      epoch: parts.epoch,
      lease_key: parts.lease_id === null ? null : ownText(leaseKey(parts.job_id, parts.lease_id)),
      waiting_since: parts.waiting_since,
      delayed_until: parts.delayed_until,
      version: parts.version,
    }),
  };
}

export function partsOf(job: IndexedJob): EntryParts {
  // The version is already a separate text, and the same one that the store's follower holds.
  const { version, progress, created_at, updated_at, started_at, completed_at, ...rest } = job;
  const updated = storedTime(updated_at);
  return {
    ...ownTexts(rest),
    version,
    at: Number(toUnixMicros(updated_at)),
    updated: typeof updated === 'number' ? null : ownText(updated),
    created: ownTime(storedTime(created_at)),
    started: started_at === null ? null : ownTime(storedTime(started_at)),
    ended: completed_at === null ? null : ownTime(storedTime(completed_at)),
    completed: progress[0],
  };
}

function ownTime(time: StoredTime): StoredTime {
  return typeof time === 'number' ? time : ownText(time);
}

export function updatedAt({ at, updated }: Pick<JobEntry, 'at' | 'updated'>): Timestamp {
  return updated ?? timeOf(at);
}

export function summaryOf(entry: JobEntry): JobSummary {
  const { completed, total_sheets, started, ended } = entry;
  return {
    job_id: entry.job_id,
    job_name: entry.job_name,
    status: entry.status,
    created_at: timeOf(entry.created),
    updated_at: updatedAt(entry),
    started_at: started === null ? null : timeOf(started),
    completed_at: ended === null ? null : timeOf(ended),
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
