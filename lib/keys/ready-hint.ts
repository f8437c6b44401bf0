import { sha256Hex } from '../base/digest.ts';
import { fromUnixMicros, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { jobKey, safeName } from './job-id.ts';

/**
 * `ready/<since>.<name hash>~<safe>`: an empty object that says that a job may be claimed. Hints are listed
 * in the order of `since`, the place of the job in the queue. With the hash a claim by name skips other jobs
 * without reading them.
 *
 * A hint is written before the change that it announces, and its `since` is the `updated_at` of that change.
 * A later change after which the job still waits does not touch the hint, so the job keeps its place. The
 * state of a paused job then contains the place (`dalsegno.waiting`). If such a change renames the job, a
 * second hint is written first, with the same `since`, the new hash, and the microseconds from `since` to
 * that change: `ready/<since>.<name hash>.<delay>~<safe>`. So no key is written for two changes, and a stale
 * key can be deleted unconditionally.
 *
 * The state decides the status of a hint, so a crash between the writes does no harm:
 *
 * - any hint makes a `pending` job claimable;
 * - only the hint of its place in the queue makes a `paused` job claimable: an operator's pause has no place;
 * - any other hint for a change up to the state's `updated_at` is stale, because that change is over;
 * - a hint for a later change may announce a change that is not written yet.
 *
 * The hash is only a filter: it decides neither the status of a hint nor which job it belongs to. A claim
 * that finds a hint with the wrong hash replaces the hint. Earlier versions wrote `ready/<since>~<safe>`: such
 * a hint has the same status, and a claim reads its job to learn the name.
 */
export interface ReadyHint {
  readonly key: string;
  readonly jobKey: string;
  /** The place in the queue. */
  readonly since: Instant;
  /** The `updated_at` of the change that the hint announces. */
  readonly changeAt: Instant;
  /** Null in a hint of an earlier version, which matches any name. */
  readonly nameHash: string | null;
}

/** A time in UTC with microseconds and a fixed width, so that the text order is the time order. */
export type Instant = string;

export const READY_KEYS = 'ready/';

/** With the longest safe name and the longest delay a file name has 250 bytes. File systems allow 255. */
const NAME_HASH_DIGITS = 12;
const DELAY_RADIX = 36;

const HINT =
  /^ready\/([0-9]{8}T[0-9]{6}\.[0-9]{6}Z)(?:\.([0-9a-f]{12})(?:\.([0-9a-z]{1,12}))?)?~(.+)$/su;

/** The part of a key that stands for the name of a job. */
export async function nameHashOf(jobName: string): Promise<string> {
  return (await sha256Hex(jobName)).slice(0, NAME_HASH_DIGITS);
}

/** The key of a hint for a change that sets `updated_at` of the job to `changeAt`. */
export function hintKey(hint: {
  readonly jobId: string;
  readonly nameHash: string;
  readonly since: Timestamp;
  readonly changeAt: Timestamp;
}): string {
  const delay = toUnixMicros(hint.changeAt) - toUnixMicros(hint.since);
  const suffix = delay > 0n ? `.${delay.toString(DELAY_RADIX)}` : '';
  return `${READY_KEYS}${instantOf(hint.since)}.${hint.nameHash}${suffix}~${safeName(hint.jobId)}`;
}

/** The key that earlier versions wrote for a hint. */
export function namelessKey(jobId: string, since: Timestamp): string {
  return `${READY_KEYS}${instantOf(since)}~${safeName(jobId)}`;
}

/** The prefix of the keys of all hints for one place in the queue. */
export function placePrefix(since: Timestamp): string {
  return `${READY_KEYS}${instantOf(since)}`;
}

/** Null if the key is not a hint. */
export function parseReadyKey(key: string): ReadyHint | null {
  const [, since, nameHash = null, delay, safe] = HINT.exec(key) ?? [];
  if (since === undefined || safe === undefined) return null;
  const changeAt = delay === undefined ? since : laterBy(since, delay);
  if (changeAt === null) return null;
  return { key, since, changeAt, nameHash, jobKey: jobKey(safe) };
}

/** The place of a hint in the queue as a time. Null if another program wrote an invalid date. */
export function sinceOf({ since }: ReadyHint): Timestamp | null {
  const micros = microsOf(since);
  return micros === null ? null : fromUnixMicros(micros);
}

/** As `sinceOf`, for the key of a hint. Null also if the key is not one. */
export function sinceOfKey(key: string): Timestamp | null {
  const hint = parseReadyKey(key);
  return hint === null ? null : sinceOf(hint);
}

/** No change takes this long. A hint that is older and still ahead of its job is left over from a crash. */
const ABANDONED_MICROS = 3_600_000_000n;

export function isAbandoned(hint: ReadyHint, now: Timestamp): boolean {
  const limit = fromUnixMicros(toUnixMicros(now) - ABANDONED_MICROS);
  return limit !== null && hint.changeAt < instantOf(limit);
}

function laterBy(since: Instant, delay: string): Instant | null {
  const micros = microsOf(since);
  const time = micros === null ? null : fromUnixMicros(micros + delayMicros(delay));
  return time === null ? null : instantOf(time);
}

/** Computed digit by digit: a number would lose precision for a delay of centuries. */
function delayMicros(delay: string): bigint {
  let micros = 0n;
  for (const digit of delay) {
    micros = micros * BigInt(DELAY_RADIX) + BigInt(Number.parseInt(digit, DELAY_RADIX));
  }
  return micros;
}

function microsOf(instant: Instant): bigint | null {
  const text = instant.replace(/^(....)(..)(..)T(..)(..)(..)\..*$/, '$1-$2-$3T$4:$5:$6Z');
  const millis = Date.parse(text);
  return Number.isNaN(millis) ? null : BigInt(millis) * 1000n + BigInt(instant.slice(-7, -1));
}

/** A time in the format of the keys. */
export function instantOf(time: Timestamp): Instant {
  const parts = UTC.exec(time);
  if (parts !== null) {
    const [, year, month, day, hour, minute, second, fraction = NO_FRACTION] = parts;
    return `${year}${month}${day}T${hour}${minute}${second}.${fraction}Z`;
  }
  const micros = toUnixMicros(time);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = new Date(Number((micros - fraction) / 1000n)).toISOString();
  const seconds = text.slice(0, 19).replaceAll(/[-:]/g, '');
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}

const UTC = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{6}))?Z$/;
const NO_FRACTION = '000000';
