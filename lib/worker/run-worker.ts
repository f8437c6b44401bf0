import { systemRandom } from '../base/random.ts';
import { createClaimLoop } from './claim-loop.ts';
import { claimInTurns } from './claim-turns.ts';
import { createClaimer } from './claimer.ts';
import { createAbility } from './client/ability.ts';
import { type ClientOptions, createWatchedClient, DEFAULT_RETRIES } from './client/client.ts';
import type { Grant } from './client/grant.ts';
import type { RandomSource } from './client/retry.ts';
import { pause, systemTiming } from './client/timing.ts';
import { warnOnConsole } from './console-warnings.ts';
import {
  createJobHandler,
  createJobHandlers,
  type JobHandler,
  refusingHandler,
  type SheetHandler,
  type SheetHandlers,
} from './handler/handlers.ts';
import type { RetryOptions } from './handler/retry-rule.ts';
import { createHeartbeatLoop } from './heartbeats.ts';
import type { HeldJob } from './held-job.ts';
import { createOutageWatch } from './outage.ts';
import { connectorOf } from './presence-connector.ts';
import { runJob } from './run-job.ts';
import { createSlots, type Slot } from './slots.ts';
import { createStopSignal, processOf } from './stop-signal.ts';
import type { WorkerEvent } from './worker-event.ts';

/** A worker of jobs of any name, or of one. */
export interface WorkerOptions<Input = unknown> extends CommonOptions, SheetHandler<Input> {
  /** Only jobs of this name; of any name if it is left out. */
  readonly jobName?: string | undefined;
}

/** A worker of jobs of several names. */
export interface NamedWorkerOptions<Inputs> extends CommonOptions {
  /** By the name of the job. Jobs of other names are not claimed. */
  readonly handlers: SheetHandlers<Inputs>;
  /** For the handlers that have none of their own. */
  readonly sheetTimeoutMs?: number | undefined;
  /** For the handlers that have none of their own. */
  readonly retry?: RetryOptions | undefined;
}

interface CommonOptions extends ClientOptions {
  /** The name of this worker, 1 to 200 characters. Operators see it with each job that the worker holds. */
  readonly holder: string;
  /** Receives events. By default the worker warns on stderr when the service is unreachable. */
  readonly onEvent?: ((event: WorkerEvent) => void) | undefined;
  /** How many jobs run at the same time, 1 by default. */
  readonly concurrency?: number | undefined;
  /** How long a lease lasts without a heartbeat, in seconds: 1 to 3600, 60 by default. */
  readonly ttlSeconds?: number | undefined;
  /** A sheet that fails this often in a row fails its job: the sheet's own `max_retries` by default, which is 3. */
  readonly maxRetries?: number | undefined;
  /** The pause before the next claim if no job waits, in seconds, 5 by default. Jitter adds or takes up to half. */
  readonly pollSeconds?: number | undefined;
  /** How long a sheet may continue after it was asked to stop, in seconds, 10 by default. */
  readonly graceSeconds?: number | undefined;
  /**
   * Whether a sheet must stop when its lease may have expired, because no heartbeat was answered in time. By
   * default the sheet continues: if another worker has taken the job by then, the service refuses the result.
   */
  readonly abortWhenUncertain?: boolean | undefined;
  /**
   * Whether the service renews the leases over an open connection, and learns at once when the worker dies; true by
   * default. Where that is not possible, and with false, heartbeats renew them.
   */
  readonly presence?: boolean | undefined;
  /** How long the jobs wait when the connection breaks, in seconds; 2 by default, or as the service is set. */
  readonly presenceGraceSeconds?: number | undefined;
  /** Stops the worker when aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Whether SIGTERM and SIGINT stop the worker, where the runtime has them; true by default. */
  readonly handleSignals?: boolean | undefined;
}

/** The default of the service. */
const DEFAULT_TTL_SECONDS = 60;
/** How long the next job may wait, leased, for the answer to the last update of the one before: a part of its lease. */
const LONGEST_ENDING_MS = 2000;
const ENDINGS_PER_TTL = 6;
/** How long a stopping worker tries to release its jobs after the grace period. */
const RELEASE_MS = 5000;
/** The pause after an error grows to at most 64 times the first one. */
const MAX_DOUBLINGS = 6;

/**
 * Claims jobs and runs them, sheet by sheet, until it is stopped by `signal`, SIGTERM or SIGINT. It then asks the
 * running sheets to stop, releases every job, and resolves. That takes at most some seconds more than
 * `graceSeconds`, even if the service does not answer.
 *
 * Rejects, after its jobs have ended, if it cannot continue: the service itself refuses every claim of this worker
 * (wrong token, wrong request, no leases), or `onEvent` throws. Throws a `RangeError` for a `concurrency` that is
 * not a positive integer, and for a timeout or a rule of retries that cannot be kept; a `TypeError` without a handler. All other errors go to `onEvent`, and the worker continues. An answer of a proxy never
 * stops the worker.
 */
export function runWorker<Input = unknown>(options: WorkerOptions<Input>): Promise<void>;
export function runWorker<Inputs>(options: NamedWorkerOptions<Inputs>): Promise<void>;
export async function runWorker<Input, Inputs>(
  options: WorkerOptions<Input> | NamedWorkerOptions<Inputs>,
): Promise<void> {
  const { url, holder, onEvent = warnOnConsole } = options;
  const { ttlSeconds = DEFAULT_TTL_SECONDS } = options;
  const { concurrency = 1, pollSeconds = 5, graceSeconds = 10 } = options;
  const { timing = systemTiming, random = systemRandom, handleSignals = true } = options;
  const { retries = DEFAULT_RETRIES, abortWhenUncertain = false } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`Cannot run ${concurrency} jobs at the same time`);
  }
  const handlers = handlersOf(options, random);
  const onTry = createOutageWatch({ url, timing, emit });
  const client = createWatchedClient(options, { onTry, isBatched: concurrency > 1 });
  const process = handleSignals ? processOf(globalThis) : null;
  const stopSignal = createStopSignal({ signal: options.signal, process });
  const { signal: stopping } = stopSignal;
  const graceMs = graceSeconds * 1000;
  const endingMs = Math.min(LONGEST_ENDING_MS, (ttlSeconds * 1000) / ENDINGS_PER_TTL);
  const presence = connectorOf(options, { timing, random, emit });
  const loop = { client, timing, random, emit, abortWhenUncertain, presence };
  const heartbeats = createHeartbeatLoop(loop);
  const heldJobs = new Set<HeldJob>();
  /** Aborted while the worker stops: when it has no more time for sheets and claims, and then for releases. */
  const writesEnded = new AbortController();
  const releaseEnded = new AbortController();
  /** Jobs in a row that ended with an error. */
  let failures = 0;
  /** The worker rejects with the first of them. */
  const faults: Error[] = [];
  const startsNext = createAbility(timing);
  const jobRun = { client, heartbeats, timing, emit, graceMs, startsNext };

  function emit(event: WorkerEvent): void {
    try {
      onEvent(event);
    } catch (error) {
      stopWithError(error);
    }
  }

  /** Stops the worker, so that it rejects with this error. */
  function stopWithError(error: unknown): void {
    faults.push(error instanceof Error ? error : new Error(String(error), { cause: error }));
    stopSignal.stop('an error');
  }

  /** With jitter, so that workers that start together do not claim together. */
  function pollMs(): number {
    return pollSeconds * 1000 * (0.5 + random.fraction());
  }

  /** A job that cannot be handled is soon claimed again, so the pause grows with every error in a row. */
  function errorPauseMs(): number {
    return pollMs() * 2 ** Math.min(failures - 1, MAX_DOUBLINGS);
  }

  function hold(grant: Grant): HeldJob {
    const { jobId, epoch } = grant.held;
    const { next_sheet: nextSheet, expires_at: expiresAt } = grant;
    const totalSheets = grant.state.total_sheets;
    emit({ type: 'claimed', holder, jobId, epoch, nextSheet, totalSheets, expiresAt });
    const heldJob = heartbeats.start(grant);
    heldJobs.add(heldJob);
    if (stopping.aborted) heldJob.interrupt('stop');
    if (writesEnded.signal.aborted) heldJob.endWrites();
    if (releaseEnded.signal.aborted) heldJob.endRelease();
    return heldJob;
  }

  async function runGrant(grant: Grant, { setEnding }: Slot): Promise<void> {
    const heldJob = hold(grant);
    const handler = handlers.of(grant.state.job_name);
    const outcome = await runJob(grant, heldJob, { ...jobRun, handler, setEnding });
    heldJobs.delete(heldJob);
    failures = outcome === 'error' ? failures + 1 : 0;
    if (outcome !== 'error') return;
    setEnding(false);
    await pause(timing, errorPauseMs(), stopping);
  }

  /** Releases a job that is not run. */
  async function giveBack(grant: Grant): Promise<void> {
    const heldJob = hold(grant);
    heldJob.interrupt('stop');
    const handler = handlers.of(grant.state.job_name);
    await runJob(grant, heldJob, { ...jobRun, handler, setEnding: () => undefined });
    heldJobs.delete(heldJob);
  }

  const slots = createSlots({ concurrency, timing, endingMs, run: runGrant, giveBack });
  const loops = handlers.names.map(jobName =>
    createClaimLoop({
      claimer: createClaimer({
        client,
        timing,
        newKey: () => random.secret?.() ?? systemRandom.secret(),
        request: { holder, ttlSeconds: options.ttlSeconds, jobName },
        ttlMs: ttlSeconds * 1000,
        triesPerCall: retries + 1,
      }),
      timing,
      emit,
      pollMs,
      pausesAtOnce: handlers.names.length === 1,
      stopping,
      writesEnded: writesEnded.signal,
      stopWithError,
      settled: () => slots.settled(),
    }),
  );

  let cancelEnd = (): void => {};
  function stop(): void {
    emit({ type: 'stopping', reason: String(stopping.reason) });
    for (const heldJob of heldJobs) heldJob.interrupt('stop');
    slots.stop();
    cancelEnd = timing.after(graceMs, () => {
      writesEnded.abort();
      for (const heldJob of heldJobs) heldJob.endWrites();
      cancelEnd = timing.after(RELEASE_MS, () => {
        releaseEnded.abort();
        for (const heldJob of heldJobs) heldJob.endRelease();
      });
    });
  }

  if (stopping.aborted) stop();
  else stopping.addEventListener('abort', stop, { once: true });

  await claimInTurns({ loops, slots, stopping });
  await slots.ended();
  heartbeats.end();
  cancelEnd();
  stopSignal.end();
  emit({ type: 'stopped' });
  const [fault] = faults;
  if (fault !== undefined) throw fault;
}

/** The handlers of a worker, and the names of the jobs that it claims. */
interface Handlers {
  /** One undefined name: of any job. */
  readonly names: readonly (string | undefined)[];
  of(jobName: string): JobHandler;
}

function handlersOf<Input, Inputs>(
  options: WorkerOptions<Input> | NamedWorkerOptions<Inputs>,
  random: RandomSource,
): Handlers {
  const { maxRetries, retry, sheetTimeoutMs } = options;
  const attempts = maxRetries === undefined ? undefined : Math.max(1, maxRetries);
  const defaults = { random, sheetTimeoutMs, retry: { attempts, ...retry } };
  if (!('handlers' in options)) {
    const handler = createJobHandler(options, defaults);
    return { names: [options.jobName], of: () => handler };
  }
  const handlers = createJobHandlers(options.handlers, defaults);
  return {
    names: [...handlers.keys()],
    // The service grants no job of another name.
    of: jobName => handlers.get(jobName) ?? refusingHandler(jobName),
  };
}
