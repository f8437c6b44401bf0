import type { CallOptions } from './client/call.ts';
import type { Timing } from './client/timing.ts';
import type { HeartbeatLoop } from './heartbeats.ts';
import type { HeldJob } from './held-job.ts';
import { Interruption } from './interruption.ts';

/** Makes a call until it is answered. Rejects with an `Interruption` where the lease is lost before it. */
export type PersistentWrite = <T>(call: (options: CallOptions) => Promise<T>) => Promise<T>;

interface PersistentWriteOptions {
  readonly heartbeats: HeartbeatLoop;
  readonly heldJob: HeldJob;
  readonly timing: Timing;
}

const PERIOD_MS = 1_800_000;
const FUTILE_PERIODS = 2;

/**
 * A result that cost hours is worth every try until the lease is gone, or the worker has no more time.
 * But where heartbeats are answered for an hour and this call is not, something on the way is against
 * the call itself: then it is given up, and rejects with its last error.
 */
export function createPersistentWrite({
  heartbeats,
  heldJob,
  timing,
}: PersistentWriteOptions): PersistentWrite {
  return async call => {
    if (!(await heartbeats.assure(heldJob))) throw new Interruption('lost');
    const ended = new AbortController();
    const end = (): void => ended.abort();
    let futile = 0;
    const watch = (): (() => void) =>
      timing.after(PERIOD_MS, () => {
        futile = timing.elapsedMs() - heldJob.renewedAtMs <= PERIOD_MS ? futile + 1 : 0;
        if (futile >= FUTILE_PERIODS) end();
        else cancel = watch();
      });
    let cancel = watch();
    if (heldJob.spent.aborted) end();
    else heldJob.spent.addEventListener('abort', end, { once: true });
    try {
      return await call({ retries: Number.POSITIVE_INFINITY, signal: ended.signal });
    } finally {
      cancel();
      heldJob.spent.removeEventListener('abort', end);
    }
  };
}
