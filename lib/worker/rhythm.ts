import type { HeldJob } from './held-job.ts';

/** The heartbeat schedule of one held job, and the state of its last heartbeat. Times are in `elapsedMs`. */
export interface Rhythm {
  readonly heldJob: HeldJob;
  renewAfterMs: number;
  /** When the next heartbeat is due. */
  dueAtMs: number;
  /** When the last heartbeat was sent; null if it was answered. */
  askedAtMs: number | null;
  isAsking: boolean;
  /** Failed heartbeats in a row. */
  failures: number;
  /** Set when a request with several heartbeats was refused as a whole: this one is sent alone from then on. */
  isAlone: boolean;
  /** Set when the lease expired without a renewal, until it is renewed. */
  isUncertain: boolean;
  /** Whether the service renews the lease itself, as a presence stream keeps it. */
  isKept: boolean;
  /** Whether another heartbeat must follow the one under way: it was sent before the stream broke. */
  mustRepeat: boolean;
  /** The progress that the last heartbeat had. */
  sentProgress: unknown;
  /** Whether the last heartbeat said of which sheet its progress is. */
  hasNamedSheet: boolean;
  /** Called once, when the lease is renewed or lost. */
  readonly waiting: Set<() => void>;
  /** Called once, when the heartbeat under way is answered or has failed. */
  readonly answered: Set<() => void>;
}

/** Heartbeats that are due within this share of their interval are sent with the one that is due. */
const TOGETHER = 1 / 4;

export function createRhythm(
  heldJob: HeldJob,
  { renewAfterMs, now }: { readonly renewAfterMs: number; readonly now: number },
): Rhythm {
  return {
    heldJob,
    renewAfterMs,
    dueAtMs: nextDueMs(heldJob, { renewAfterMs, now }),
    askedAtMs: null,
    isAsking: false,
    failures: 0,
    isAlone: false,
    isUncertain: false,
    isKept: false,
    mustRepeat: false,
    sentProgress: undefined,
    hasNamedSheet: false,
    waiting: new Set(),
    answered: new Set(),
  };
}

/**
 * When to send the next heartbeat: after `renewAfterMs`, but not later than half of the time that is left. Less
 * time is left if the last answer was slow.
 */
export function nextDueMs(
  { deadline }: HeldJob,
  { renewAfterMs, now }: { readonly renewAfterMs: number; readonly now: number },
): number {
  const leftMs = Math.max(0, deadline.elapsedMs - now);
  return now + Math.min(renewAfterMs, leftMs / 2);
}

/** When the timer must fire next: a heartbeat is due, or the lease may have expired. */
export function nextTimerMs({
  heldJob,
  dueAtMs,
  askedAtMs,
  isAsking,
  isUncertain,
}: Rhythm): number {
  const deadlineMs = isUncertain ? Number.POSITIVE_INFINITY : heldJob.deadline.elapsedMs;
  if (!isAsking) return Math.min(dueAtMs, deadlineMs);
  const askedSince = askedAtMs === null || askedAtMs >= deadlineMs;
  // A heartbeat that was sent after the deadline is awaited until its timeout.
  return askedSince ? Number.POSITIVE_INFINITY : deadlineMs;
}

/** The service renews a lease that it keeps long before so little of its time is left. */
const SHARE_LEFT = 0.4;

/** Whether a heartbeat that is due would tell the service nothing: it renews the lease itself. */
export function isNeedless(rhythm: Rhythm, now: number): boolean {
  const { heldJob, isKept, failures, waiting } = rhythm;
  if (!isKept || failures > 0 || waiting.size > 0) return false;
  const leftMs = heldJob.deadline.elapsedMs - now;
  return !hasNews(rhythm) && leftMs > heldJob.lease.ttl_seconds * 1000 * SHARE_LEFT;
}

/** Whether there is progress that no answered heartbeat had. */
export function hasNews({ heldJob: { progress }, sentProgress, isAsking }: Rhythm): boolean {
  return progress !== undefined && (progress !== sentProgress || isAsking);
}

export function isClose({ dueAtMs, renewAfterMs }: Rhythm, now: number): boolean {
  return dueAtMs - now <= renewAfterMs * TOGETHER;
}

/** The shortest timeout of one try, for leases of a second. */
const SHORTEST_TRY_SECONDS = 0.5;

/** The timeout of one try: a third of the time that is left, so that more tries are possible. */
export function tryTimeoutSeconds(batch: readonly Rhythm[], now: number): number {
  const leftMs = minimum(batch.map(({ heldJob }) => heldJob.deadline.elapsedMs - now));
  if (leftMs <= 0) return 5;
  return Math.min(10, Math.max(SHORTEST_TRY_SECONDS, leftMs / 3000));
}

export function notify(listeners: Set<() => void>): void {
  for (const listener of listeners) listener();
  listeners.clear();
}

/** Unlike `Math.min(...numbers)` it has no limit on the number of arguments. */
export function minimum(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => Math.min(left, right), Number.POSITIVE_INFINITY);
}
