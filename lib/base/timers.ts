/** Steady time and timers, which tests replace. */
export interface Timers {
  /** Milliseconds since some moment. They never go back. */
  elapsedMs(): number;
  /** Runs `callback` once after the time. The returned function cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
}

/** The timers of the machine. They do not keep a process alive on Node. */
export const systemTimers: Timers = {
  elapsedMs: () => performance.now(),
  after(milliseconds, callback) {
    const timer: unknown = setTimeout(callback, milliseconds);
    if (isNodeTimer(timer)) timer.unref();
    return () => clearTimeout(timer as Parameters<typeof clearTimeout>[0]);
  },
};

/** Waits so long, or until the signal; settles in either case. */
export function waitWith(
  timers: Pick<Timers, 'after'>,
): (milliseconds: number, signal: AbortSignal) => Promise<void> {
  return (milliseconds, signal) =>
    new Promise(resolve => {
      const end = (): void => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = timers.after(milliseconds, end);
      signal.addEventListener('abort', end);
      if (signal.aborted) end();
    });
}

function isNodeTimer(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer;
}
