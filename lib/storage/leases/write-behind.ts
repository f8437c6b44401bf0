import { forEachConcurrently } from '../../base/concurrently.ts';
import type { DueRenewals } from './lease-memory.ts';

/** Calls `task` once, after so many milliseconds. Returns the function that cancels it. */
export type Alarm = (milliseconds: number, task: () => Promise<void>) => () => void;

/** Stores the renewals that are in memory, each at its time, with one alarm for all. */
export interface WriteBehind {
  /** Renewals of a lease are to be stored at this time. */
  schedule(dueAtMs: number): void;
  /** Stores all that are in memory. Settles when each was tried once. */
  flush(): Promise<void>;
}

export interface WriteBehindParts {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly alarm: Alarm;
  readonly takeDue: (nowMs: number) => DueRenewals;
  /** Stores the renewals of one lease that are due at this time. Handles its errors itself. */
  readonly store: (key: string, nowMs: number) => Promise<void>;
}

/** Writes of several leases share the waits for the disk. */
const CONCURRENCY = 16;
/** Renewals that are due this soon are stored together. */
const TOGETHER_MS = 20;

export function createWriteBehind({ nowMs, alarm, takeDue, store }: WriteBehindParts): WriteBehind {
  let armed: { readonly atMs: number; readonly cancel: () => void } | null = null;
  let running: Promise<void> = Promise.resolve();

  function schedule(dueAtMs: number): void {
    if (armed !== null && armed.atMs <= dueAtMs) return;
    armed?.cancel();
    const cancel = alarm(Math.max(0, dueAtMs - nowMs()), ring);
    armed = { atMs: dueAtMs, cancel };
  }

  function ring(): Promise<void> {
    armed = null;
    return storeDue(nowMs() + TOGETHER_MS);
  }

  /** A round waits for the one before, so the number of writes at a time stays bounded. */
  function storeDue(untilMs: number): Promise<void> {
    running = running.then(() => runRound(untilMs));
    return running;
  }

  async function runRound(untilMs: number): Promise<void> {
    const { keys, nextAtMs } = takeDue(untilMs);
    if (nextAtMs !== null) schedule(nextAtMs);
    await forEachConcurrently(each(keys), CONCURRENCY, key => store(key, untilMs));
  }

  return {
    schedule,

    async flush() {
      armed?.cancel();
      armed = null;
      await storeDue(Number.POSITIVE_INFINITY);
    },
  };
}

async function* each(keys: readonly string[]): AsyncGenerator<string> {
  yield* keys;
}
