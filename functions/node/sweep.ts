import { setTimeout as delay } from 'node:timers/promises';
import type { Repository } from '../../lib/service/service.ts';
import type { SweepLeader } from '../../lib/sweep/leader.ts';
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

export interface Leading {
  /** Another process may take over at once. Settles when the store knows it, or cannot be reached. */
  stop(): Promise<void>;
}

/** Looks who leads, at intervals. */
export function startLeading(leader: SweepLeader): Leading {
  const stopping = new AbortController();

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await leader.step();
      await waitUntil(leader.delayMs(), stopping.signal);
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
      await leader.resign();
    },
  };
}

async function waitUntil(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    // Alone it does not keep the process alive.
    await delay(milliseconds, undefined, { signal, ref: false });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
