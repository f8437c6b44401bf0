import type { CallOptions } from './client/call.ts';
import type { Timing } from './client/timing.ts';
import type { HeartbeatLoop } from './heartbeats.ts';
import type { HeldJob } from './held-job.ts';
import { Interruption } from './interruption.ts';

/** Repeats a call until it is answered. Rejects with an `Interruption` if the lease is lost before the call. */
export type PersistentWrite = <T>(call: (options: CallOptions) => Promise<T>) => Promise<T>;

interface PersistentWriteOptions {
  readonly heartbeats: HeartbeatLoop;
  readonly heldJob: HeldJob;
  readonly timing: Timing;
}

const PERIOD_MS = 1_800_000;
const FUTILE_PERIODS = 2;

/**
 * A result may have taken hours, so its write is tried until the lease is lost or the worker has no more time. If
 * heartbeats are answered for an hour and this call is not, something blocks the call itself. It then rejects with
 * its last error.
 */
export function createPersistentWrite({
  heartbeats,
  heldJob,
  timing,
}: PersistentWriteOptions): PersistentWrite {
  let ended = new AbortController();
  const end = (): void => ended.abort();
  if (heldJob.writesEnded.aborted) end();
  else heldJob.writesEnded.addEventListener('abort', end, { once: true });

  return async call => {
    if (!(await heartbeats.ensureLease(heldJob))) throw new Interruption('lost');
    let futile = 0;
    const watch = (): (() => void) =>
      timing.after(PERIOD_MS, () => {
        futile = timing.elapsedMs() - heldJob.renewedAtMs <= PERIOD_MS ? futile + 1 : 0;
        if (futile >= FUTILE_PERIODS) end();
        else cancel = watch();
      });
    let cancel = watch();
    try {
      return await call({ retries: Number.POSITIVE_INFINITY, signal: ended.signal });
    } finally {
      cancel();
      // Another write of the job may still succeed.
      if (futile >= FUTILE_PERIODS && !heldJob.writesEnded.aborted) ended = new AbortController();
    }
  };
}
