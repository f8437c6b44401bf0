import { systemRandom } from '../base/random.ts';
import { createClaimer } from './claimer.ts';
import { type ClientOptions, createWatchedClient, DEFAULT_RETRIES } from './client/client.ts';
import type { Grant } from './client/grant.ts';
import { DalsegnoError, NoAnswerError, retryAfterMsOf } from './client/problem.ts';
import { pause, systemTiming } from './client/timing.ts';
import { warnOnConsole } from './console-warnings.ts';
import { createHeartbeatLoop } from './heartbeats.ts';
import type { HeldJob } from './held-job.ts';
import { createOutageWatch } from './outage.ts';
import { type JobRunOptions, runJob } from './run-job.ts';
import type { OnSheet } from './sheet-context.ts';
import { createStopSignal, processOf } from './stop-signal.ts';
import type { WorkerEvent } from './worker-event.ts';

export interface WorkerOptions extends ClientOptions {
  /** Who this is, 1 to 200 characters, for those who look at the jobs. */
  readonly holder: string;
  /** Does the work of one sheet. */
  readonly onSheet: OnSheet;
  /** Told what happens; without it the worker warns on stderr when it cannot reach the service. */
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
  /**
   * Whether a sheet is told to stop once its lease may have ended: no heartbeat was answered in time. By
   * default it goes on, for what it writes is refused if the job is in other hands by then.
   */
  readonly abortWhenUncertain?: boolean | undefined;
  /** Stops the worker when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether SIGTERM and SIGINT stop the worker, where the runtime has them; true by default. */
  readonly handleSignals?: boolean | undefined;
}

/** How long a worker that has no more time for its sheets goes on giving its jobs back. */
const RELEASE_MS = 5000;
/** Of the pause after trouble: 64 times as long as the first one at the most. */
const MAX_DOUBLINGS = 6;

/**
 * Claims jobs and runs them, sheet by sheet, until it is stopped: by `signal`, SIGTERM or SIGINT. Then
 * the sheets that run are told to stop, every job is released, and the promise settles: some seconds
 * after `graceSeconds` at the latest, whether the service answers or not.
 *
 * Rejects where going on makes no sense, once the jobs in hand are settled: the service itself refuses to
 * give this worker any job (wrong token, wrong request, no leases), or `onEvent` throws. All other errors
 * are told to `onEvent`; whatever a proxy says in place of the service, the worker goes on.
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const { url, holder, onSheet, onEvent = warnOnConsole, jobName, ttlSeconds } = options;
  const { concurrency = 1, maxRetries = 3, pollSeconds = 5, graceSeconds = 10 } = options;
  const { timing = systemTiming, random = systemRandom, handleSignals = true } = options;
  const { retries = DEFAULT_RETRIES, abortWhenUncertain = false } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`Cannot run ${concurrency} jobs side by side`);
  }
  const client = createWatchedClient(options, createOutageWatch({ url, timing, emit }));
  const claimNext = createClaimer({
    client,
    timing,
    newKey: () => random.secret?.() ?? systemRandom.secret(),
    request: { holder, ttlSeconds, jobName },
    triesPerCall: retries + 1,
  });
  const process = handleSignals ? processOf(globalThis) : null;
  const stopSignal = createStopSignal({ signal: options.signal, process });
  const { signal: stopping } = stopSignal;
  const graceMs = graceSeconds * 1000;
  const heartbeats = createHeartbeatLoop({ client, timing, random, emit, abortWhenUncertain });
  const heldJobs = new Set<HeldJob>();
  const slots = new Set<Promise<void>>();
  /** Of a worker that is stopped: aborted when it has no more time for sheets and claims, and then for releases. */
  const spent = new AbortController();
  const ended = new AbortController();
  /** In a row. */
  let troubles = 0;
  /** The first of them rejects the worker. */
  const faults: Error[] = [];
  const run: JobRunOptions = {
    client,
    heartbeats,
    timing,
    random,
    emit,
    onSheet,
    maxRetries,
    graceMs,
  };

  function emit(event: WorkerEvent): void {
    try {
      onEvent(event);
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

  /**
   * A job, or null after a pause. A worker that is stopped still learns what it was granted, to give it back.
   */
  async function claim(): Promise<Grant | null> {
    try {
      const grant = await claimNext({ signal: spent.signal });
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

  /** What cannot be handled is soon claimed again: each time in a row the worker waits longer. */
  function troublePauseMs(): number {
    return pollMs() * 2 ** Math.min(troubles - 1, MAX_DOUBLINGS);
  }

  async function fill(grant: Grant): Promise<void> {
    const { jobId, epoch } = grant.held;
    const { next_sheet: nextSheet, expires_at: expiresAt } = grant;
    const totalSheets = grant.state.total_sheets;
    emit({ type: 'claimed', holder, jobId, epoch, nextSheet, totalSheets, expiresAt });
    const heldJob = heartbeats.start(grant);
    heldJobs.add(heldJob);
    if (stopping.aborted) heldJob.interrupt('stop');
    if (spent.signal.aborted) heldJob.giveUp();
    if (ended.signal.aborted) heldJob.end();
    const outcome = await runJob(grant, heldJob, run);
    heldJobs.delete(heldJob);
    troubles = outcome === 'troubled' ? troubles + 1 : 0;
    if (outcome === 'troubled') await pause(timing, troublePauseMs(), stopping);
  }

  let cancelEnd = (): void => {};
  function stop(): void {
    emit({ type: 'stopping', reason: String(stopping.reason) });
    for (const heldJob of heldJobs) heldJob.interrupt('stop');
    cancelEnd = timing.after(graceMs, () => {
      spent.abort();
      for (const heldJob of heldJobs) heldJob.giveUp();
      cancelEnd = timing.after(RELEASE_MS, () => {
        ended.abort();
        for (const heldJob of heldJobs) heldJob.end();
      });
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
  cancelEnd();
  stopSignal.end();
  emit({ type: 'stopped' });
  const [fault] = faults;
  if (fault !== undefined) throw fault;
}

/** Whether asking again would be answered the same: it is the worker that is wrong, or the service. */
function isHopeless(error: unknown): boolean {
  if (error instanceof NoAnswerError) return false;
  // A request that cannot even be made: the URL or the token is none.
  if (!(error instanceof DalsegnoError)) return true;
  if (error.problem === null) return false;
  const { status, code } = error;
  if (code === 'leases_unsupported') return true;
  return status >= 400 && status < 500 && ![408, 409, 425, 429].includes(status);
}
