import { jobKey, safeName } from './job-id.ts';
import { fromUnixMicros, type Timestamp, toUnixMicros } from './timestamp.ts';

/**
 * `ready/<since>~<safe>`: an empty object that says of a job that it may be claimed. It is written
 * before the change that it announces and bears the `updated_at` of that change, so the state itself
 * tells what a hint is worth, whoever dies between the two:
 *
 * - a `pending` job may be claimed by any hint;
 * - a `paused` one by the hint of its own `updated_at`: an operator's pause has none;
 * - any other hint up to the state's `updated_at` is stale, for what it announced is over;
 * - one beyond that may announce a change on its way.
 */
export interface ReadyHint {
  readonly key: string;
  readonly jobKey: string;
  readonly since: Instant;
}

/** A time of fixed width, in UTC and to the microsecond: compared as text it is compared in time. */
type Instant = string;

export const READY_KEYS = 'ready/';

const HINT = /^ready\/([0-9]{8}T[0-9]{6}\.[0-9]{6}Z)~(.+)$/su;

/** The key of the hint for a change that makes `updated_at` of the job what is given. */
export function readyKey(jobId: string, updatedAt: Timestamp): string {
  return `${READY_KEYS}${instantOf(updatedAt)}~${safeName(jobId)}`;
}

/** Null for a key that is no hint. */
export function parseReadyKey(key: string): ReadyHint | null {
  const [, since, safe] = HINT.exec(key) ?? [];
  if (since === undefined || safe === undefined) return null;
  return { key, since, jobKey: jobKey(safe) };
}

export type HintWorth = 'claimable' | 'stale' | 'ahead';

/** What a hint is worth for a job that nobody holds. */
export function worthOf(
  hint: ReadyHint,
  state: { readonly status: string; readonly updated_at: Timestamp },
): HintWorth {
  const updatedAt = instantOf(state.updated_at);
  if (state.status === 'pending') return 'claimable';
  if (state.status === 'paused' && hint.since === updatedAt) return 'claimable';
  return hint.since <= updatedAt ? 'stale' : 'ahead';
}

/** No change is on its way for so long: a hint that is this old and ahead of its job is left over. */
const ABANDONED_MICROS = 3_600_000_000n;

export function isAbandoned(hint: ReadyHint, now: Timestamp): boolean {
  const limit = fromUnixMicros(toUnixMicros(now) - ABANDONED_MICROS);
  return limit !== null && hint.since < instantOf(limit);
}

function instantOf(time: Timestamp): Instant {
  const micros = toUnixMicros(time);
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const text = new Date(Number((micros - fraction) / 1000n)).toISOString();
  const seconds = text.slice(0, 19).replaceAll(/[-:]/g, '');
  return `${seconds}.${String(fraction).padStart(6, '0')}Z`;
}
