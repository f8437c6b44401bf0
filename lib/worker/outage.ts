import { isOutcomeUnknown, isStaleConnection } from './client/problem.ts';
import type { Timing } from './client/timing.ts';
import type { OnTry } from './client/watched.ts';
import type { Emit } from './worker-event.ts';

interface OutageOptions {
  readonly url: string;
  readonly timing: Timing;
  readonly emit: Emit;
}

/** A single failed try is not reported. */
const FAILURES_TO_REPORT = 2;
const FIRST_INTERVAL_MS = 60_000;
const LONGEST_INTERVAL_MS = 3_600_000;
/** After this long without a report the interval starts at its first value again. */
const CALM_MS = 600_000;

/**
 * Emits `unreachable` when the service does not answer, again at growing intervals, and `reachable` when it answers
 * again. The intervals also limit the reports about a service that answers only sometimes.
 */
export function createOutageWatch({ url, timing, emit }: OutageOptions): OnTry {
  const shownUrl = withoutSecrets(url);
  let failures = 0;
  let sinceMs = 0;
  let isReported = false;
  let quietUntilMs = 0;
  let intervalMs = FIRST_INTERVAL_MS;

  function failed(error: unknown, now: number): void {
    if (failures === 0) {
      sinceMs = now;
      if (now >= quietUntilMs + CALM_MS) intervalMs = FIRST_INTERVAL_MS;
    }
    failures += 1;
    if (failures < FAILURES_TO_REPORT || now < quietUntilMs) return;
    isReported = true;
    quietUntilMs = now + intervalMs;
    intervalMs = Math.min(LONGEST_INTERVAL_MS, intervalMs * 2);
    emit({ type: 'unreachable', url: shownUrl, failures, forMs: now - sinceMs, error });
  }

  return error => {
    if (isStaleConnection(error)) return;
    const now = timing.elapsedMs();
    if (isOutcomeUnknown(error)) {
      failed(error, now);
      return;
    }
    if (isReported) emit({ type: 'reachable', url: shownUrl, afterMs: now - sinceMs });
    isReported = false;
    failures = 0;
  };
}

/** Events go to logs, so credentials and the query are left out of the URL. */
function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname === '/' ? '' : pathname}`;
}
