import { setTimeout as delay } from 'node:timers/promises';
import type { Repository } from '../../lib/service/service.ts';
import { DEFAULT_SWEEP_LIMIT } from '../../lib/sweep/sweeper.ts';
import { sweepAtIntervals } from '../../lib/sweep/timer.ts';
import { logSweepEvent } from '../entry/sweep-log.ts';

export interface Sweeping {
  /** This process has taken over: it sweeps now, unless it did so when the last round was due. */
  wake(): void;
  /** No further lease begins. Settles when those that have begun are finished. */
  stop(): Promise<void>;
}

export interface SweepingOptions {
  /** Zero turns it off. */
  readonly intervalSeconds: number;
  /** Whether this process sweeps; true if no other one uses the store. */
  readonly isDue: () => boolean;
}

/** Sweeps every so many seconds, and logs what it did. */
export function startSweeping(
  {
    sweeper,
    missingLeases,
    retention,
  }: Pick<Repository, 'sweeper' | 'missingLeases' | 'retention'>,
  { intervalSeconds, isDue }: SweepingOptions,
): Sweeping {
  if (intervalSeconds === 0) return { wake: () => undefined, stop: () => Promise.resolve() };
  const stopping = new AbortController();
  let waking = new AbortController();
  let wasDue = true;

  async function run(): Promise<void> {
    const events = sweepAtIntervals({
      sweeper,
      missingLeases,
      retention,
      intervalMs: intervalSeconds * 1000,
      limit: DEFAULT_SWEEP_LIMIT,
      isDue() {
        wasDue = isDue();
        return wasDue;
      },
      monotonicMs: () => performance.now(),
      wait(milliseconds, signal) {
        waking = new AbortController();
        return waitUntil(milliseconds, AbortSignal.any([signal, waking.signal]));
      },
      signal: stopping.signal,
    });
    for await (const event of events) logSweepEvent(event);
  }

  const running = run();
  return {
    wake() {
      if (!wasDue) waking.abort();
    },
    stop() {
      stopping.abort();
      return running;
    },
  };
}

/** Alone it does not keep the process alive. */
export async function waitUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
