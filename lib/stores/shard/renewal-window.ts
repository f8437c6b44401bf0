import type { OpenWindow } from './hot-memory.ts';

/**
 * When lazy writes are stored. In a quiet time each is stored at once. Where they come often, they stay in memory for a short
 * time, which the journal knows: a shard that finds this window open when it starts may have lost some.
 */
export interface RenewalWindow {
  /** After a call with lazy writes. True where they are to be stored now. */
  mustStore(): boolean;
  /** Before each row of the journal with lazy writes, whatever it is written for. */
  stored(): void;
  /** Whether the window has ended and the journal still says that it is open. */
  isOver(): boolean;
  close(): void;
}

export const WINDOW_MS = 2_000;

export function createRenewalWindow(window: OpenWindow, nowMs: () => number): RenewalWindow {
  /** The last two times at which lazy writes were stored at once. */
  let times: readonly number[] = [];
  let calls = 0;

  function isOpen(): boolean {
    const leftMs = window.openUntilMs - nowMs();
    // More than that is left only where the clock was set back.
    return leftMs > 0 && leftMs <= WINDOW_MS;
  }

  /** A window costs a row that opens it and one that closes it, so it is opened where more calls are expected. */
  function isBusy(now: number): boolean {
    const [first = Number.NEGATIVE_INFINITY] = times;
    return calls > 1 || (times.length === 2 && Math.abs(now - first) <= WINDOW_MS);
  }

  return {
    mustStore() {
      calls += 1;
      return !isOpen();
    },
    stored() {
      if (isOpen()) return;
      const now = nowMs();
      window.openUntilMs = isBusy(now) ? now + WINDOW_MS : 0;
      times = [...times, now].slice(-2);
      calls = 0;
    },
    isOver: () => window.openUntilMs !== 0 && !isOpen(),
    close() {
      window.openUntilMs = 0;
      calls = 0;
    },
  };
}
