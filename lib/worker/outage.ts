import { isUnclear } from './client/problem.ts';
import type { Timing } from './client/timing.ts';
import type { Tried } from './client/watched.ts';
import type { Emit } from './worker-event.ts';

interface OutageOptions {
  readonly url: string;
  readonly timing: Timing;
  readonly emit: Emit;
}

/** One failed try is nothing to speak of: the next may be answered. */
const FAILURES_TO_TELL = 2;
const FIRST_INTERVAL_MS = 60_000;
const LONGEST_INTERVAL_MS = 3_600_000;
/** A service that was quiet for so long starts with the first interval again. */
const CALM_MS = 600_000;

/**
 * Tells when the service is not to be had, again at growing intervals, and when it answers again. One
 * that answers every other time is told of at those intervals too.
 */
export function createOutageWatch({ url, timing, emit }: OutageOptions): Tried {
  const shownUrl = withoutSecrets(url);
  let failures = 0;
  let sinceMs = 0;
  let isTold = false;
  let quietUntilMs = 0;
  let intervalMs = FIRST_INTERVAL_MS;

  function failed(error: unknown, now: number): void {
    if (failures === 0) {
      sinceMs = now;
      if (now >= quietUntilMs + CALM_MS) intervalMs = FIRST_INTERVAL_MS;
    }
    failures += 1;
    if (failures < FAILURES_TO_TELL || now < quietUntilMs) return;
    isTold = true;
    quietUntilMs = now + intervalMs;
    intervalMs = Math.min(LONGEST_INTERVAL_MS, intervalMs * 2);
    emit({ type: 'unreachable', url: shownUrl, failures, forMs: now - sinceMs, error });
  }

  return error => {
    const now = timing.elapsedMs();
    if (isUnclear(error)) {
      failed(error, now);
      return;
    }
    if (isTold) emit({ type: 'reachable', url: shownUrl, afterMs: now - sinceMs });
    isTold = false;
    failures = 0;
  };
}

/** Events are for logs: what stands before the host is not for them. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname === '/' ? '' : pathname}`;
}
