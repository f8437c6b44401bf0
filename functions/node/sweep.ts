import { setTimeout as delay } from 'node:timers/promises';
import type { Repository } from '../../lib/service/service.ts';
import { DEFAULT_SWEEP_LIMIT } from '../../lib/sweep/pass.ts';
import { type SweepTimer, startSweepTimer } from '../../lib/sweep/timer.ts';
import { logBrokenSweep, logStrays, logSweep } from '../entry/sweep-log.ts';

/** Sweeps every so many seconds, and logs what it did. Zero seconds turn it off. */
export function startSweeping(
  { sweeper, missingLeases }: Pick<Repository, 'sweeper' | 'missingLeases'>,
  intervalSeconds: number,
): SweepTimer {
  if (intervalSeconds === 0) return { stop: () => Promise.resolve() };
  return startSweepTimer({
    sweeper,
    intervalMs: intervalSeconds * 1000,
    limit: DEFAULT_SWEEP_LIMIT,
    monotonicMs: () => performance.now(),
    wait,
    reconcile: async () => logStrays(await missingLeases.recover()),
    swept: logSweep,
    failed: logBrokenSweep,
  });
}

async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    // Alone it does not keep the process alive.
    await delay(milliseconds, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
