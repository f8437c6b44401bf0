import { setTimeout as delay } from 'node:timers/promises';
import type { Repository } from '../../lib/service/service.ts';
import { DEFAULT_SWEEP_LIMIT } from '../../lib/sweep/sweeper.ts';
import { sweepAtIntervals } from '../../lib/sweep/timer.ts';
import { logSweepEvent } from '../entry/sweep-log.ts';

export interface Sweeping {
  /** No further lease begins. Settles when those that have begun are finished. */
  stop(): Promise<void>;
}

/** Sweeps every so many seconds, and logs what it did. Zero seconds turn it off. */
export function startSweeping(
  {
    sweeper,
    missingLeases,
    retention,
  }: Pick<Repository, 'sweeper' | 'missingLeases' | 'retention'>,
  intervalSeconds: number,
): Sweeping {
  if (intervalSeconds === 0) return { stop: () => Promise.resolve() };
  const stopping = new AbortController();

  async function run(): Promise<void> {
    const events = sweepAtIntervals({
      sweeper,
      missingLeases,
      retention,
      intervalMs: intervalSeconds * 1000,
      limit: DEFAULT_SWEEP_LIMIT,
      monotonicMs: () => performance.now(),
      wait,
      signal: stopping.signal,
    });
    for await (const event of events) logSweepEvent(event);
  }

  const running = run();
  return {
    stop() {
      stopping.abort();
      return running;
    },
  };
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    // Alone it does not keep the process alive.
    await delay(milliseconds, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
