import type { Sweeper, SweepReport } from './pass.ts';

export interface SweepTimer {
  /** Settles when the round that runs, if any, has come to its end. */
  stop(): Promise<void>;
}

export interface SweepTimerOptions {
  readonly sweeper: Sweeper;
  /** From the start of a round to the start of the next. */
  readonly intervalMs: number;
  /** Leases in a pass; a round has as many passes as it takes to see all. */
  readonly limit: number;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonicMs: () => number;
  /** Waits so long, or until the signal; settles in either case. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Done after the first round, and after every sixtieth from then on: what no sweep sees. */
  readonly reconcile: () => Promise<void>;
  /** Is told of every pass. */
  readonly swept: (report: SweepReport) => void;
  /** Is told when a round could not go on. The next one begins anew. */
  readonly failed: (error: unknown) => void;
}

const ROUNDS_TO_RECONCILE = 60;

/** Sweeps at once and then at intervals. A round that takes longer delays the next: two never overlap. */
export function startSweepTimer(options: SweepTimerOptions): SweepTimer {
  const { sweeper, limit, monotonicMs, wait } = options;
  const stopping = new AbortController();

  async function round(nth: number): Promise<void> {
    let cursor: string | null = null;
    do {
      const report = await sweeper.sweep({ cursor, limit });
      if (!report.ok) throw new Error(`Cannot sweep: ${report.failure.code}`);
      options.swept(report.value);
      cursor = report.value.cursor;
    } while (cursor !== null && !stopping.signal.aborted);
    if (nth % ROUNDS_TO_RECONCILE === 0 && !stopping.signal.aborted) await options.reconcile();
  }

  async function rounds(): Promise<void> {
    for (let nth = 0; !stopping.signal.aborted; nth++) {
      const startedAt = monotonicMs();
      try {
        await round(nth);
      } catch (error) {
        options.failed(error);
      }
      const left = Math.max(0, startedAt + options.intervalMs - monotonicMs());
      if (!stopping.signal.aborted) await wait(left, stopping.signal);
    }
  }

  const running = rounds();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}
