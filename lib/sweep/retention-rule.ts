import type { Timestamp } from '../base/timestamp.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { millisBetween, timeAfter } from '../lease/rules.ts';
import { isFinished } from '../lease/transfer.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** However long no pass ran, or however far the clock has jumped: one pass counts as this at most. */
const LONGEST_STEP_MS = 2 * HOUR_MS;
/** After an interruption the trusted time catches up with the clock by this factor. */
const CATCH_UP = 2;

/** The time by which the age of jobs counts, when a pass last used it. `at` is what the clock said then. */
export interface TrustedTime {
  readonly trusted: Timestamp;
  readonly at: Timestamp;
}

/**
 * The trusted time of a pass. It follows the clock, but never faster than twice the time between two passes, and two
 * hours at a time. So a clock that jumps by a year makes no job a year old: jobs are deleted early by two hours, and by
 * one more day for each day on which nobody corrects the clock. Without a record it is the clock's time.
 */
export function advanceTrust(before: TrustedTime | null, now: Timestamp): Timestamp {
  if (before === null) return now;
  const passedMs = Math.max(0, millisBetween(before.at, now));
  const stepMs = Math.min(LONGEST_STEP_MS, CATCH_UP * passedMs);
  return earlier(now, timeAfter(before.trusted, stepMs));
}

/** The trusted time of a first pass, where the newest change of a job is known: the clock may be wrong from the start. */
export function firstTrust(newest: Timestamp | null, now: Timestamp): Timestamp {
  return newest === null ? now : earlier(now, timeAfter(newest, DAY_MS));
}

/** The members of a state or of its summary that decide. */
export interface AgedJob {
  readonly status: JobStatus;
  readonly completed_at: Timestamp | null;
  readonly updated_at: Timestamp;
}

/**
 * Whether a job finished more than so many days before the trusted time, and has not changed since. A job that was
 * written later, such as an imported one, is kept for as long again.
 */
export function isPastRetention(
  { status, completed_at, updated_at }: AgedJob,
  { days, trusted }: { readonly days: number; readonly trusted: Timestamp },
): boolean {
  if (!isFinished(status)) return false;
  const times = [completed_at ?? updated_at, updated_at];
  return times.every(time => millisBetween(time, trusted) > days * DAY_MS);
}

function earlier(left: Timestamp, right: Timestamp): Timestamp {
  return millisBetween(left, right) > 0 ? left : right;
}
