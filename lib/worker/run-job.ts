import { unreachable } from '../base/unreachable.ts';
import type { Ability } from './client/ability.ts';
import type { Client } from './client/api.ts';
import type { Grant } from './client/grant.ts';
import type { JobState, JobStatus, SheetStatus } from './client/job.ts';
import { DalsegnoError, isJobOver, isOutcomeUnknown, isTooLarge } from './client/problem.ts';
import { backOff, type RandomSource } from './client/retry.ts';
import { pause, type Timing } from './client/timing.ts';
import type { HeartbeatLoop } from './heartbeats.ts';
import { type HeldJob, interruptionOf } from './held-job.ts';
import { Interruption } from './interruption.ts';
import { createPersistentWrite } from './persistent-write.ts';
import { progressOf } from './progress.ts';
import { type Attempt, attemptSheet } from './run-sheet.ts';
import type { OnSheet, SheetContext } from './sheet-context.ts';
import { type Completion, createSheetUpdates, type SheetAttempt } from './sheet-updates.ts';
import type { Emit } from './worker-event.ts';

export interface JobRunOptions {
  readonly client: Client;
  readonly heartbeats: HeartbeatLoop;
  readonly timing: Timing;
  readonly random: RandomSource;
  readonly emit: Emit;
  readonly onSheet: OnSheet;
  /** A sheet that fails this often in a row fails its job. */
  readonly maxRetries: number;
  readonly graceMs: number;
  /** Whether the service starts a sheet with the completion of another. */
  readonly startsNext: Ability;
  /** Called when the last update of the job is sent, and again if the job continues after all. */
  readonly setEnding: (isEnding: boolean) => void;
}

const FIRST_SHEET_BACK_OFF_MS = 1000;
const LONGEST_SHEET_BACK_OFF_MS = 30_000;
const MAX_SHEET_MESSAGE_CHARACTERS = 4000;
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
  const { client, heartbeats, timing, random, emit, onSheet, maxRetries, graceMs } = options;
  const { held } = heldJob;
  const { jobId, epoch } = held;
  const write = createPersistentWrite({ heartbeats, heldJob, timing });
  const { startsNext, setEnding } = options;
  const updates = createSheetUpdates({ client, grant, write, startsNext });

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
      await client.release(held, { ...timeout, retries: RELEASE_RETRIES, signal });
    } catch (error) {
      if (isOver(error)) throw error;
      emit({ type: 'error', during: 'release', jobId, epoch, error });
      return 'error';
    }
    emit({ type: 'released', jobId, epoch });
    return 'settled';
  }

  async function runSheets(): Promise<'settled' | 'error'> {
    let next = grant.started?.sheet ?? grant.next_sheet;
    /** The attempt at the next sheet, if it has been started. */
    let started: SheetAttempt | null = grant.started ?? null;
    let failures = 0;
    let left = sheetsLeft(grant.state);
    for (;;) {
      const ended = await endIfRequested();
      if (ended !== null) return ended;
      if (next === null) {
        // No sheet is left to run, but the job is not completed. The release completes it if no sheet failed.
        return release();
      }
      const sheet = next;
      const of: SheetAttempt = started ?? (await updates.start(sheet));
      started = null;
      const attempt = await runSheet(of);
      if (attempt.kind === 'interrupted' || isResultUnwanted(heldJob)) continue;
      setEnding(attempt.kind === 'completed' && left === 1);
      const done =
        attempt.kind === 'completed' ? await recordResult(of, attempt, left > 1) : attempt;
      if (done.kind === 'recorded') {
        if (done.answer.status !== 'running') return finished(done.answer.status);
        left -= 1;
        started = done.started;
        next = started?.sheet ?? done.answer.next_sheet;
        failures = 0;
        continue;
      }
      setEnding(false);
      const { error } = done;
      const answer = await recordFailure(of, done);
      if (answer !== null && answer.next_sheet !== sheet) {
        // The sheet was completed, but the answer was lost.
        next = answer.next_sheet;
        failures = 0;
        continue;
      }
      failures += 1;
      emit({ type: 'sheet-failed', jobId, epoch, sheet, failures, error });
      // If the state has no room for a failure, it has no room for a result.
      if (failures >= maxRetries || answer === null) {
        const why = `Sheet ${sheet} failed ${failures} times: ${messageOf(error)}`;
        const errorMessage = cut(why, MAX_JOB_MESSAGE_CHARACTERS);
        await write(writeOptions => client.fail({ ...held, errorMessage }, writeOptions));
        return finished('failed');
      }
      if (heldJob.requested !== null) continue;
      const backOffMs = backOff(random, {
        attempt: failures,
        firstMs: FIRST_SHEET_BACK_OFF_MS,
        longestMs: LONGEST_SHEET_BACK_OFF_MS,
      });
      await pause(timing, backOffMs, heldJob.interrupted);
    }
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
        await write(writeOptions => client.release(held, writeOptions));
        emit({ type: 'released', jobId, epoch });
        return 'settled';
      default:
        return unreachable(why);
    }
  }

  async function runSheet({ sheet, attempt }: SheetAttempt): Promise<Attempt> {
    // `onSheet` may listen only for the abort event, so it must not start with an aborted signal.
    if (interruptionOf(heldJob) !== null) return { kind: 'interrupted' };
    emit({ type: 'sheet-started', jobId, epoch, sheet });
    const context: SheetContext = {
      jobId,
      sheet,
      attempt,
      state: grant.state,
      get lease() {
        return heldJob.lease;
      },
      held,
      signal: heldJob.interrupted,
      progress(value) {
        heldJob.progress = progressOf(value);
      },
    };
    const { interrupted } = heldJob;
    return attemptSheet(() => onSheet(context), { interrupted, graceMs, timing });
  }

  /** Records a completed sheet. Returns a failure if the service cannot accept the result. */
  async function recordResult(
    of: SheetAttempt,
    { result, seconds }: Completed,
    hasNext: boolean,
  ): Promise<Recorded | Failed> {
    const durationSeconds = result.execution_duration_seconds ?? seconds;
    const completed = { ...result, execution_duration_seconds: durationSeconds };
    try {
      // The next sheet must not be started if the job is to be given back.
      const isWanted = interruptionOf(heldJob) === null && heldJob.requested === null;
      const startNext = hasNext && isWanted;
      const { answer, started } = await updates.complete(of, completed, { startNext });
      const { progress } = answer;
      const { sheet } = of;
      emit({ type: 'sheet-completed', jobId, epoch, sheet, durationSeconds, progress });
      return { kind: 'recorded', answer, started };
    } catch (error) {
      const isGivenUp = isOutcomeUnknown(error) && !heldJob.writesEnded.aborted;
      if (!(error instanceof Error) || !(isGivenUp || isRefusedBody(error))) throw error;
      return { kind: 'failed', error, seconds: durationSeconds };
    }
  }

  /** Null if the state has no room even for the failure. */
  async function recordFailure(of: SheetAttempt, { error, seconds }: Failed) {
    try {
      return await updates.fail(of, {
        error_message: messageOf(error),
        error_type: 'transient',
        execution_duration_seconds: seconds,
      });
    } catch (refusal) {
      if (isTooLarge(refusal)) return null;
      throw refusal;
    }
  }

  try {
    return await runSheets();
  } catch (error) {
    if (isOver(error)) return lost();
    emit({ type: 'error', during: 'run', jobId, epoch, error });
    await release().catch(lost);
    return 'error';
  } finally {
    heartbeats.stop(heldJob);
  }
}

type Completed = Attempt & { readonly kind: 'completed' };
type Recorded = Completion & { readonly kind: 'recorded' };
type Failed = Attempt & { readonly kind: 'failed' };

/** How many sheets are neither completed nor skipped. */
function sheetsLeft({ sheets, total_sheets: total }: JobState): number {
  const isDone = ({ status }: { status: SheetStatus }) =>
    status === 'completed' || status === 'skipped';
  return total - Object.values(sheets).filter(isDone).length;
}

/** Whether the service refuses the result itself: it is too large, or invalid. */
function isRefusedBody(error: unknown): error is DalsegnoError {
  return error instanceof DalsegnoError && (error.status === 413 || error.status === 422);
}

/** Whether the outcome of the sheet is not recorded. A sheet that completes while the worker stops is recorded. */
function isResultUnwanted(heldJob: HeldJob): boolean {
  const why = interruptionOf(heldJob);
  return why !== null && why !== 'stop';
}

function messageOf({ name, message }: Error): string {
  return cut(message === '' ? name : message, MAX_SHEET_MESSAGE_CHARACTERS);
}

function cut(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed();
}
