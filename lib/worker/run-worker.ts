import { systemRandom } from '../random.ts';
import { type ClientOptions, createClient } from './client.ts';
import type { Grant } from './grant.ts';
import { createHeart } from './heart.ts';
import { type JobRunOptions, type OnSheet, runJob } from './job-run.ts';
import { DalsegnoError, retryAfterMsOf } from './problem.ts';
import type { Pulse } from './pulse.ts';
import { createStopSignal, processOf } from './stop-signal.ts';
import { pause, systemTiming } from './timing.ts';
import type { WorkerEvent } from './worker-event.ts';

export interface WorkerOptions extends ClientOptions {
  /** Who this is, 1 to 200 characters, for those who look at the jobs. */
  readonly holder: string;
  /** Does the work of one sheet. */
  readonly onSheet: OnSheet;
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
  /** Only jobs of this name; of any name where it is left out. */
  readonly jobName?: string | undefined;
  /** How many jobs are run side by side, 1 by default. */
  readonly concurrency?: number | undefined;
  /** How long a job waits for a worker that died, 5 to 3600; 60 by default. */
  readonly ttlSeconds?: number | undefined;
  /** A sheet that failed so often in a row fails its job, 3 by default. */
  readonly maxRetries?: number | undefined;
  /** How long to wait, half of it more or less, before asking again where no job waits; 5 by default. */
  readonly pollSeconds?: number | undefined;
  /** How long a sheet may go on once it is told to stop, 10 by default. */
  readonly graceSeconds?: number | undefined;
  /** Stops the worker when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether SIGTERM and SIGINT stop the worker, where the runtime has them; true by default. */
  readonly handleSignals?: boolean | undefined;
}

/**
 * Claims jobs and runs them, sheet by sheet, until it is stopped: by `signal`, SIGTERM or SIGINT. Then
 * the sheets that run are told to stop, every job is released, and the promise settles.
 *
 * Rejects where going on makes no sense, once the jobs in hand are settled: the service refuses to give
 * this worker any job (wrong token, wrong request, no leases), or `onEvent` throws. All other errors are
 * told to `onEvent`.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { holder, onSheet, onEvent, jobName, ttlSeconds } = options;
  const { concurrency = 1, maxRetries = 3, pollSeconds = 5, graceSeconds = 10 } = options;
  const { timing = systemTiming, random = systemRandom, handleSignals = true } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`Cannot run ${concurrency} jobs side by side`);
  }
  const client = createClient(options);
  const process = handleSignals ? processOf(globalThis) : null;
  const stopSignal = createStopSignal({ signal: options.signal, process });
  const { signal: stopping } = stopSignal;
  const graceMs = graceSeconds * 1000;
  const heart = createHeart({ client, timing, random, emit });
  const pulses = new Set<Pulse>();
  const slots = new Set<Promise<void>>();
  /** The first of them rejects the worker. */
  const faults: Error[] = [];
  const run: JobRunOptions = {
    client,
    heart,
    timing,
    random,
    emit,
    onSheet,
    maxRetries,
    graceMs,
  };

  function emit(event: WorkerEvent): void {
    try {
      onEvent?.(event);
    } catch (error) {
      breakOff(error);
    }
  }

  /** Stops the worker, which then rejects. */
  function breakOff(error: unknown): void {
    faults.push(error instanceof Error ? error : new Error(String(error), { cause: error }));
    stopSignal.stop('an error');
  }

  function wait(leastMs = 0): Promise<void> {
    return pause(timing, Math.max(leastMs, pollMs()), stopping);
  }

  /** From half of the time to one and a half: workers that start together do not ask together. */
  function pollMs(): number {
    return pollSeconds * 1000 * (0.5 + random.fraction());
  }

  /** A job, or null after a pause. */
  async function claim(): Promise<Grant | null> {
    try {
      const grant = await client.claim({ holder, ttlSeconds, jobName });
      if (grant !== null) return grant;
      const waitMs = pollMs();
      emit({ type: 'idle', waitMs });
      await pause(timing, waitMs, stopping);
    } catch (error) {
      emit({ type: 'error', during: 'claim', error });
      if (isHopeless(error)) breakOff(error);
      await wait(retryAfterMsOf(error) ?? 0);
    }
    return null;
  }

  async function fill(grant: Grant): Promise<void> {
    const { jobId, epoch } = grant.held;
    const { next_sheet: nextSheet, expires_at: expiresAt } = grant;
    const totalSheets = grant.state.total_sheets;
    emit({ type: 'claimed', holder, jobId, epoch, nextSheet, totalSheets, expiresAt });
    const pulse = heart.start(grant);
    pulses.add(pulse);
    if (stopping.aborted) pulse.interrupt('stop');
    const outcome = await runJob(grant, pulse, run);
    pulses.delete(pulse);
    if (outcome === 'troubled') await wait();
  }

  let cancelGiveUp = (): void => {};
  function stop(): void {
    emit({ type: 'stopping', reason: String(stopping.reason) });
    for (const pulse of pulses) pulse.interrupt('stop');
    cancelGiveUp = timing.after(graceMs, () => {
      for (const pulse of pulses) pulse.giveUp();
    });
  }

  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop, { once: true });

  while (!stopping.aborted) {
    if (slots.size >= concurrency) {
      await Promise.race(slots);
      continue;
    }
    const grant = await claim();
    if (grant === null) continue;
    const slot = fill(grant).finally(() => slots.delete(slot));
    slots.add(slot);
  }
  await Promise.all(slots);
  cancelGiveUp();
  stopSignal.end();
  emit({ type: 'stopped' });
  const [fault] = faults;
  if (fault !== undefined) throw fault;
}

/** Whether asking again would be answered the same: it is the worker that is wrong, or the service. */
function isHopeless(error: unknown): boolean {
  if (!(error instanceof DalsegnoError)) return false;
  const { status, code } = error;
  if (code === 'leases_unsupported') return true;
  return status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);
}
