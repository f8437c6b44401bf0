import { unreachable } from '../base/unreachable.ts';
import type { Client } from './client/api.ts';
import type { Grant } from './client/grant.ts';
import type { JobStatus, UpdateAnswer } from './client/job.ts';
import { DalsegnoError, isJobOver, isTooLarge, isUnclear } from './client/problem.ts';
import { backOff, type Chance } from './client/retry.ts';
import { pause, type Timing } from './client/timing.ts';
import type { HeartbeatLoop } from './heartbeats.ts';
import { type HeldJob, interruptionOf } from './held-job.ts';
import { Interruption } from './interruption.ts';
import { createPersistentWrite } from './persistent-write.ts';
import { progressOf } from './progress.ts';
import { type Attempt, attemptSheet } from './run-sheet.ts';
import type { OnSheet, SheetContext } from './sheet-context.ts';
import { createSheetUpdates, type SheetAttempt } from './sheet-updates.ts';
import type { Emit } from './worker-event.ts';

export interface JobRunOptions {
  readonly client: Client;
  readonly heartbeats: HeartbeatLoop;
  readonly timing: Timing;
  readonly random: Chance;
  readonly emit: Emit;
  readonly onSheet: OnSheet;
  /** A sheet that failed so often in a row fails its job. */
  readonly maxRetries: number;
  readonly graceMs: number;
}

const FIRST_SHEET_BACK_OFF_MS = 1000;
const LONGEST_SHEET_BACK_OFF_MS = 30_000;
const MAX_SHEET_MESSAGE_CHARACTERS = 4000;
/** The service takes no longer one. */
const MAX_JOB_MESSAGE_CHARACTERS = 500;
/** A job is given back in time, or its lease runs out: each try is short once the worker is to end. */
const RELEASE_RETRIES = 20;
const LAST_TRY_SECONDS = 3;

/**
 * Plays a job from its next sheet on, until it is finished or not to be played any more. Never rejects.
 * `troubled`: something was wrong with it, do not take another one at once.
 */
export async function runJob(
  grant: Grant,
  heldJob: HeldJob,
  options: JobRunOptions,
): Promise<'settled' | 'troubled'> {
  const { client, heartbeats, timing, random, emit, onSheet, maxRetries, graceMs } = options;
  const { held } = heldJob;
  const { jobId, epoch } = held;
  const write = createPersistentWrite({ heartbeats, heldJob, timing });
  const updates = createSheetUpdates({ client, grant, write });

  function finished(status: JobStatus): 'settled' {
    emit({ type: 'finished', jobId, epoch, status });
    return 'settled';
  }

  function lost(): 'settled' {
    emit({ type: 'lost', jobId, epoch, by: heldJob.lostBy });
    return 'settled';
  }

  /** Whether the job is out of these hands: another's, finished, or gone. */
  function isOver(error: unknown): boolean {
    return heldJob.lost.aborted || isJobOver(error);
  }

  /** Told, and no more than that, where nobody answers: the lease then ends by itself. */
  async function release(): Promise<'settled' | 'troubled'> {
    const ends = interruptionOf(heldJob) === 'stop' || heldJob.spent.aborted;
    const patience = ends ? { timeoutSeconds: LAST_TRY_SECONDS } : {};
    try {
      await client.release(held, { ...patience, retries: RELEASE_RETRIES, signal: heldJob.ended });
    } catch (error) {
      if (isOver(error)) throw error;
      emit({ type: 'error', during: 'release', jobId, epoch, error });
      return 'troubled';
    }
    emit({ type: 'released', jobId, epoch });
    return 'settled';
  }

  async function play(): Promise<'settled' | 'troubled'> {
    let next = grant.next_sheet;
    let failures = 0;
    for (;;) {
      const ended = await endIfAsked();
      if (ended !== null) return ended;
      if (next === null) {
        // Nothing is left to run, yet the job is not completed: the release does that where no sheet failed.
        return release();
      }
      const sheet = next;
      const of = await updates.start(sheet);
      const attempt = await perform(of);
      if (attempt.kind === 'interrupted' || isMoot(heldJob)) continue;
      const done = attempt.kind === 'completed' ? await keep(of, attempt) : attempt;
      if (done.kind === 'kept') {
        if (done.answer.status !== 'running') return finished(done.answer.status);
        next = done.answer.next_sheet;
        failures = 0;
        continue;
      }
      const { error } = done;
      const kept = await keepFailure(of, done);
      if (kept !== null && kept.next_sheet !== sheet) {
        // It was completed after all, and the answer that said so was lost.
        next = kept.next_sheet;
        failures = 0;
        continue;
      }
      failures += 1;
      emit({ type: 'sheet-failed', jobId, epoch, sheet, failures, error });
      // A job that has no room for its failures has none for anything else.
      if (failures >= maxRetries || kept === null) {
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

  /** Ends the run where somebody asked for it; null where nobody did. */
  async function endIfAsked(): Promise<'settled' | 'troubled' | null> {
    const why = interruptionOf(heldJob) ?? (heldJob.requested === 'pause' ? 'pause' : null);
    switch (why) {
      case null:
        return null;
      case 'lost':
        throw new Interruption('lost');
      case 'stop':
        return release();
      // A release does what is asked of the holder when it arrives: more than was heard, or nothing any more.
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

  async function perform({ sheet, attempt }: SheetAttempt): Promise<Attempt> {
    // Who never hears that a signal is aborted already need not begin.
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

  /** What became of a completed sheet, or the failure that it is when the service cannot take its result. */
  async function keep(of: SheetAttempt, { result, seconds }: Completed): Promise<Kept | Failed> {
    const durationSeconds = result.execution_duration_seconds ?? seconds;
    const completed = { ...result, execution_duration_seconds: durationSeconds };
    try {
      const answer = await updates.complete(of, completed);
      const { progress } = answer;
      const { sheet } = of;
      emit({ type: 'sheet-completed', jobId, epoch, sheet, durationSeconds, progress });
      return { kind: 'kept', answer };
    } catch (error) {
      const isGivenUp = isUnclear(error) && !heldJob.spent.aborted;
      if (!(error instanceof Error) || !(isGivenUp || isRefusedBody(error))) throw error;
      return { kind: 'failed', error, seconds: durationSeconds };
    }
  }

  /** Null where the service has no room for so much as that. */
  async function keepFailure(of: SheetAttempt, { error, seconds }: Failed) {
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
    return await play();
  } catch (error) {
    if (isOver(error)) return lost();
    emit({ type: 'error', during: 'run', jobId, epoch, error });
    await release().catch(lost);
    return 'troubled';
  } finally {
    heartbeats.stop(heldJob);
  }
}

type Completed = Attempt & { readonly kind: 'completed' };
type Kept = { readonly kind: 'kept'; readonly answer: UpdateAnswer };
type Failed = Attempt & { readonly kind: 'failed' };

/** Whether it is the result that is at fault: too large, or of a form that the service does not take. */
function isRefusedBody(error: unknown): error is DalsegnoError {
  return error instanceof DalsegnoError && (error.status === 413 || error.status === 422);
}

/** Whether nobody wants the outcome any more. Who is to stop, and completes the sheet all the same, has completed it. */
function isMoot(heldJob: HeldJob): boolean {
  const why = interruptionOf(heldJob);
  return why !== null && why !== 'stop';
}

function messageOf({ name, message }: Error): string {
  return cut(message === '' ? name : message, MAX_SHEET_MESSAGE_CHARACTERS);
}

function cut(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed();
}
