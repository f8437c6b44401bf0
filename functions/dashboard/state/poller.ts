/** What a poller needs of the page, so that tests can take its place. */
export interface PollerPlace {
  /** Runs `callback` once after so many milliseconds; the answer cancels it. */
  after(millis: number, callback: () => void): () => void;
  isHidden(): boolean;
}

export type Outcome =
  | { readonly kind: 'good' }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The run has not ended after a while. */
  | { readonly kind: 'slow' };

export interface Poller {
  start(): void;
  /** Runs now. What is running is given up, and its outcome does not count. */
  refresh(): void;
  /** The page was hidden, or can be seen again: then it runs at once. */
  visibilityChanged(): void;
  stop(): void;
}

const SLOW_AFTER_MS = 3_000;
const MAX_PAUSE_MS = 60_000;

/**
 * Runs again and again: `intervalMs` after the end of the last run, later after failures (2, 4, 8 ... intervals, a minute at
 * most), never two at once, and never while the page is hidden.
 */
export function createPoller(parts: {
  run: (signal: AbortSignal) => Promise<void>;
  intervalMs: () => number;
  report: (outcome: Outcome) => void;
  place: PollerPlace;
}): Poller {
  const { run, intervalMs, report, place } = parts;
  let isStarted = false;
  let running: AbortController | null = null;
  let cancelPause: (() => void) | null = null;
  let failures = 0;

  function begin(): void {
    cancelPause?.();
    cancelPause = null;
    running?.abort();
    const mine = new AbortController();
    running = mine;
    const cancelSlow = place.after(SLOW_AFTER_MS, () => {
      if (running === mine) report({ kind: 'slow' });
    });
    const end = (outcome: Outcome): void => {
      cancelSlow();
      if (running !== mine) return;
      running = null;
      failures = outcome.kind === 'failed' ? failures + 1 : 0;
      report(outcome);
      pause();
    };
    run(mine.signal).then(
      () => end({ kind: 'good' }),
      (error: unknown) => end({ kind: 'failed', error }),
    );
  }

  function pause(): void {
    if (!isStarted || place.isHidden()) return;
    const millis = Math.min(MAX_PAUSE_MS, intervalMs() * 2 ** failures);
    // An interval that is longer than the limit stays as it is.
    cancelPause = place.after(Math.max(millis, intervalMs()), begin);
  }

  return {
    start() {
      isStarted = true;
      if (!place.isHidden()) begin();
    },

    refresh() {
      if (isStarted) begin();
    },

    visibilityChanged() {
      if (!isStarted) return;
      if (!place.isHidden()) {
        if (running === null) begin();
        return;
      }
      cancelPause?.();
      cancelPause = null;
    },

    stop() {
      isStarted = false;
      cancelPause?.();
      cancelPause = null;
      running?.abort();
      running = null;
    },
  };
}
