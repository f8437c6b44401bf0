import { sha256Hex } from '../base/digest.ts';
import { fromUnixMicros, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { jobKey, safeName } from './job-id.ts';

/**
 * `ready/<since>.<name hash>~<safe>`: an empty object that says of a job that it may be claimed. Hints are
 * listed in the order of `since`, the job's place in the queue; the hash lets a claim by name pass over other
 * jobs without asking for them.
 *
 * A hint is written before the change that it announces, and its `since` is the `updated_at` of that change.
 * A later change that leaves the job waiting leaves the hint alone, so the job keeps its place; the state of a
 * paused job then names it (`dalsegno.waiting`). Where such a change gives the job another name a second hint
 * is written first, with the same `since`, the new hash, and the microseconds from `since` to that change:
 * `ready/<since>.<name hash>.<delay>~<safe>`. So no key is written for two changes, and one that is over
 * may be deleted without looking.
 *
 * The state itself tells what a hint is worth, wherever a process died:
 *
 * - a `pending` job may be claimed by any hint;
 * - a `paused` one by the hint of its place in the queue: an operator's pause has none;
 * - any other hint of a change up to the state's `updated_at` is stale, for what it announced is over;
 * - one of a later change may announce a change on its way.
 *
 * The hash only filters: it decides neither what a hint is worth nor whose the job is. A hint whose hash is
 * not that of the job's name is put right by the claim that comes by it. Earlier versions wrote
 * `ready/<since>~<safe>`: such a hint is worth the same, and its job is asked for its name.
 */
export interface ReadyHint {
  readonly key: string;
  readonly jobKey: string;
  /** The place in the queue. */
  readonly since: Instant;
  /** The `updated_at` of the change that the hint was written for. */
  readonly changeAt: Instant;
  /** Null in a hint of an earlier version, which fits any name. */
  readonly nameHash: string | null;
}

/** A time of fixed width, in UTC and to the microsecond: compared as text it is compared in time. */
export type Instant = string;

export const READY_KEYS = 'ready/';

/** With the longest safe name and the longest delay a key of 250 bytes after its folder: a file name has 255. */
const NAME_HASH_DIGITS = 12;
const DELAY_RADIX = 36;

const HINT =
  /^ready\/([0-9]{8}T[0-9]{6}\.[0-9]{6}Z)(?:\.([0-9a-f]{12})(?:\.([0-9a-z]{1,12}))?)?~(.+)$/su;

/** What a key has of a job's name. */
export async function nameHashOf(jobName: string): Promise<string> {
  return (await sha256Hex(jobName)).slice(0, NAME_HASH_DIGITS);
}

/** The key of a hint for a change that makes `updated_at` of the job `changeAt`. */
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

/** The key that earlier versions gave the hint for a change. */
export function namelessKey(jobId: string, since: Timestamp): string {
  return `${READY_KEYS}${instantOf(since)}~${safeName(jobId)}`;
}

/** What the keys of all hints of one place in the queue begin with. */
export function placePrefix(since: Timestamp): string {
  return `${READY_KEYS}${instantOf(since)}`;
}

/** Null for a key that is no hint. */
export function parseReadyKey(key: string): ReadyHint | null {
  const [, since, nameHash = null, delay, safe] = HINT.exec(key) ?? [];
  if (since === undefined || safe === undefined) return null;
  const changeAt = delay === undefined ? since : laterBy(since, delay);
  if (changeAt === null) return null;
  return { key, since, changeAt, nameHash, jobKey: jobKey(safe) };
}

/** The place of a hint in the queue as a time; null where another program wrote a date that is none. */
export function sinceOf({ since }: ReadyHint): Timestamp | null {
  const micros = microsOf(since);
  return micros === null ? null : fromUnixMicros(micros);
}

/** No change is on its way for so long: a hint that is this old and ahead of its job is left over. */
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

/** Digit by digit: a number would lose some of a delay of centuries. */
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

/** A time as keys write it. */
export function instantOf(time: Timestamp): Instant {
  const micros = toUnixMicros(time);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = new Date(Number((micros - fraction) / 1000n)).toISOString();
  const seconds = text.slice(0, 19).replaceAll(/[-:]/g, '');
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}
