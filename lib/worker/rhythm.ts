import type { HeldJob } from './held-job.ts';

/** When the beats of one pulse are due, and what became of the last ones. */
export interface Rhythm {
  readonly heldJob: HeldJob;
  renewAfterMs: number;
  /** When the next beat is due, by the steady clock. */
  dueAtMs: number;
  /** When the service was last asked, since it last answered. */
  askedAtMs: number | null;
  isAsking: boolean;
  /** In a row. */
  failures: number;
  /** Set when a request with several beats was refused as a whole: this one goes alone. */
  isAlone: boolean;
  /** Set when the lease ended without a renewal, until there is one. */
  isUncertain: boolean;
  /** Told when the lease is renewed, or lost. */
  readonly waiting: Set<() => void>;
}

/** Beats that are due within this share of their interval go with the one that is due. */
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
    waiting: new Set(),
  };
}

/**
 * When the next beat is to be sent: as the service asks for it, and sooner where less of the lease is
 * left than that, for the answer was long on its way.
 */
export function nextDueMs(
  { deadline }: HeldJob,
  { renewAfterMs, now }: { readonly renewAfterMs: number; readonly now: number },
): number {
  const leftMs = Math.max(0, deadline.elapsedMs - now);
  return now + Math.min(renewAfterMs, leftMs / 2);
}

/** When there is something to do or to find out. */
export function nextMoment({ heldJob, dueAtMs, askedAtMs, isAsking, isUncertain }: Rhythm): number {
  const deadlineMs = isUncertain ? Number.POSITIVE_INFINITY : heldJob.deadline.elapsedMs;
  if (!isAsking) return Math.min(dueAtMs, deadlineMs);
  const askedSince = askedAtMs === null || askedAtMs >= deadlineMs;
  // Who asks after the deadline waits for the answer, for as long as one try may take.
  return askedSince ? Number.POSITIVE_INFINITY : deadlineMs;
}

export function isClose({ dueAtMs, renewAfterMs }: Rhythm, now: number): boolean {
  return dueAtMs - now <= renewAfterMs * TOGETHER;
}

/** How long one try may take: a third of what is left, so that there is time for others. */
export function patienceSeconds(batch: readonly Rhythm[], now: number): number {
  const leftMs = least(batch.map(({ heldJob }) => heldJob.deadline.elapsedMs - now));
  if (leftMs <= 0) return 5;
  return Math.min(10, Math.max(1, leftMs / 3000));
}

export function tellWaiting({ waiting }: Rhythm): void {
  for (const tell of waiting) tell();
  waiting.clear();
}

/** Of any number of numbers: an engine takes only so many arguments. */
export function least(numbers: readonly number[]): number {
  return numbers.reduce((left, right) => Math.min(left, right), Number.POSITIVE_INFINITY);
}
