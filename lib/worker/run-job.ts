import { unreachable } from '../base/unreachable.ts';
import type { Ability } from './client/ability.ts';
import type { Client } from './client/api.ts';
import type { Grant } from './client/grant.ts';
import type { JobState, JobStatus, SheetStatus } from './client/job.ts';
import { isJobOver } from './client/problem.ts';
import { pause, type Timing } from './client/timing.ts';
import type { BoundWork, JobHandler } from './handler/handlers.ts';
import { InvalidInputError } from './handler/job-input.ts';
import { isPermanent } from './handler/permanent-error.ts';
import type { HeartbeatLoop } from './heartbeats.ts';
import { type HeldJob, interruptionOf } from './held-job.ts';
import { Interruption } from './interruption.ts';
import { createPersistentWrite } from './persistent-write.ts';
import { createSheetAttempts } from './sheet-attempts.ts';
import { createSheetOutcomes, cut, messageOf } from './sheet-outcomes.ts';
import { createSheetRetries, type SheetRetries } from './sheet-retries.ts';
import { createSheetUpdates, type SheetAttempt } from './sheet-updates.ts';
import type { Emit } from './worker-event.ts';

export interface JobRunOptions {
  readonly client: Client;
  readonly heartbeats: HeartbeatLoop;
  readonly timing: Timing;
  readonly emit: Emit;
  /** The handler of the job. */
  readonly handler: JobHandler;
  readonly graceMs: number;
  /** Whether the service starts a sheet with the completion of another. */
  readonly startsNext: Ability;
  /** Called when the last update of the job is sent, and again if the job continues after all. */
  readonly setEnding: (isEnding: boolean) => void;
}

/** The limit of the service. */
const MAX_JOB_MESSAGE_CHARACTERS = 500;
/** If no try succeeds, the lease expires. Each try is short while the worker is stopping. */
const RELEASE_RETRIES = 20;
const LAST_TRY_SECONDS = 3;

/**
 * Runs a job from its next sheet until it is finished or must stop. Never rejects. `error`: the job could not be
 * handled, so the caller waits before it takes another one.
 */
export async function runJob(
  grant: Grant,
  heldJob: HeldJob,
  options: JobRunOptions,
): Promise<'settled' | 'error'> {
  const { client, heartbeats, timing, emit, handler, graceMs, setEnding } = options;
  const { held } = heldJob;
  const { jobId, epoch } = held;
  const { timeoutMs } = handler;
  const write = createPersistentWrite({ heartbeats, heldJob, timing });
  const updates = createSheetUpdates({ client, grant, write, startsNext: options.startsNext });
  const attempt = createSheetAttempts({ grant, heldJob, timing, emit, graceMs, timeoutMs });
  const outcomes = createSheetOutcomes({ heldJob, updates, emit });

  function finished(status: JobStatus): 'settled' {
    emit({ type: 'finished', jobId, epoch, status });
    return 'settled';
  }

  function lost(): 'settled' {
    emit({ type: 'lost', jobId, epoch, by: heldJob.lostBy });
    return 'settled';
  }

  /** Whether this worker no longer holds the job: the lease is lost, or the job is finished or deleted. */
  function isOver(error: unknown): boolean {
    return heldJob.lost.aborted || isJobOver(error);
  }

  /** Reports a release without an answer as an error event. The lease then expires by itself. */
  async function release(): Promise<'settled' | 'error'> {
    const isStopping = interruptionOf(heldJob) === 'stop' || heldJob.writesEnded.aborted;
    const timeout = isStopping ? { timeoutSeconds: LAST_TRY_SECONDS } : {};
    const signal = heldJob.releaseEnded;
    try {
      await heartbeats.report(heldJob);
      await client.release(held, { ...timeout, retries: RELEASE_RETRIES, signal });
    } catch (error) {
      if (isOver(error)) throw error;
      emit({ type: 'error', during: 'release', jobId, epoch, error });
      return 'error';
    }
    emit({ type: 'released', jobId, epoch });
    return 'settled';
  }

  async function failJob(message: string): Promise<'settled'> {
    const errorMessage = cut(message, MAX_JOB_MESSAGE_CHARACTERS);
    await heartbeats.report(heldJob);
    await write(writeOptions => client.fail({ ...held, errorMessage }, writeOptions));
    return finished('failed');
  }

  /** Ends the run if an operator, the worker or a lost lease requires it; else null. */
  async function endIfRequested(): Promise<'settled' | 'error' | null> {
    const why = interruptionOf(heldJob) ?? (heldJob.requested === 'pause' ? 'pause' : null);
    switch (why) {
      case null:
        return null;
      case 'lost':
        throw new Interruption('lost');
      case 'stop':
        return release();
      // The release carries out the request that is pending when it arrives. That may be another one, or none.
      case 'pause':
      case 'cancel':
      case 'fail':
        await heartbeats.report(heldJob);
        await write(writeOptions => client.release(held, writeOptions));
        emit({ type: 'released', jobId, epoch });
        return 'settled';
      default:
        return unreachable(why);
    }
  }

  async function runSheets(work: BoundWork): Promise<'settled' | 'error'> {
    let next = grant.started?.sheet ?? grant.next_sheet;
    /** The attempt at the next sheet, if it has been started. */
    let started: SheetAttempt | null = grant.started ?? null;
    let retries: SheetRetries | null = null;
    let left = sheetsLeft(grant.state);
    for (;;) {
      const ended = await endIfRequested();
      if (ended !== null) return ended;
      if (next === null) {
        // No sheet is left to run, but the job is not completed. The release completes it if no sheet failed.
        return release();
      }
      const sheet = next;
      if (retries === null) {
        retries = createSheetRetries(grant, sheet, handler.retry);
        const leftMs = retries.leftMs();
        if (leftMs > 0) {
          await pauseUntilAsked(leftMs);
          continue;
        }
      }
      const of: SheetAttempt = started ?? (await updates.start(sheet));
      started = null;
      const tried = await attempt(of, work);
      if (tried.kind === 'interrupted' || isResultUnwanted(heldJob)) continue;
      setEnding(tried.kind === 'completed' && left === 1);
      const done =
        tried.kind === 'completed'
          ? await outcomes.complete(of, tried, { hasNext: left > 1 })
          : tried;
      if (done.kind === 'recorded') {
        if (done.answer.status !== 'running') return finished(done.answer.status);
        left -= 1;
        started = done.started;
        next = started?.sheet ?? done.answer.next_sheet;
        retries = null;
        continue;
      }
      setEnding(false);
      const { error } = done;
      const answer = await outcomes.fail(of, done);
      if (answer !== null && answer.next_sheet !== sheet) {
        // The sheet was completed, but the answer was lost.
        next = answer.next_sheet;
        retries = null;
        continue;
      }
      const mayRetry = retries.fail();
      const { failures } = retries;
      emit({ type: 'sheet-failed', jobId, epoch, sheet, failures, error });
      if (isPermanent(error)) return failJob(`Sheet ${sheet} failed: ${messageOf(error)}`);
      // If the state has no room for a failure, it has no room for a result.
      if (!mayRetry || answer === null)
        return failJob(`Sheet ${sheet} failed ${timesOf(failures)}: ${messageOf(error)}`);
      // The next try must not run beside this one under the same lease.
      if (done.isRunning) return release();
      if (heldJob.requested === null) await pauseUntilAsked(retries.pauseMs());
    }
  }

  /** Waits, unless the worker stops, the lease is lost, or an operator requests something. */
  async function pauseUntilAsked(milliseconds: number): Promise<void> {
    const asked = new AbortController();
    const end = (): void => asked.abort();
    heldJob.onRequested = end;
    heldJob.interrupted.addEventListener('abort', end, { once: true });
    if (heldJob.interrupted.aborted || heldJob.requested !== null) end();
    await pause(timing, milliseconds, asked.signal);
    heldJob.onRequested = null;
    heldJob.interrupted.removeEventListener('abort', end);
  }

  async function run(): Promise<'settled' | 'error'> {
    const ended = await endIfRequested();
    if (ended !== null) return ended;
    try {
      const work = await handler.bind(grant.state['config_snapshot'] ?? null);
      return await runSheets(work);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      emit({ type: 'error', during: 'input', jobId, epoch, error });
      return failJob(error.message);
    }
  }

  try {
    return await run();
  } catch (error) {
    if (isOver(error)) return lost();
    emit({ type: 'error', during: 'run', jobId, epoch, error });
    await release().catch(lost);
    return 'error';
  } finally {
    heartbeats.stop(heldJob);
  }
}

/** How many sheets are neither completed nor skipped. */
function sheetsLeft({ sheets, total_sheets: total }: JobState): number {
  const isDone = ({ status }: { status: SheetStatus }) =>
    status === 'completed' || status === 'skipped';
  return total - Object.values(sheets).filter(isDone).length;
}

/** Whether the outcome of the sheet is not recorded. A sheet that completes while the worker stops is recorded. */
function isResultUnwanted(heldJob: HeldJob): boolean {
  const why = interruptionOf(heldJob);
  return why !== null && why !== 'stop';
}

function timesOf(count: number): string {
  return count === 1 ? '1 time' : `${count} times`;
}
