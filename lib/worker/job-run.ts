import { unreachable } from '../unreachable.ts';
import type { CallOptions } from './caller.ts';
import type { Client } from './client.ts';
import type { Grant, Held, Lease } from './grant.ts';
import type { Heart } from './heart.ts';
import { Interruption } from './interruption.ts';
import type { JobState, JobStatus, MarkAnswer } from './job.ts';
import type { SheetMark, SheetResult } from './mark.ts';
import { DalsegnoError, isLeaseOver } from './problem.ts';
import { progressOf } from './progress.ts';
import { interruptionOf, type Pulse } from './pulse.ts';
import { backOff, type Chance } from './retry.ts';
import { type Attempt, attemptSheet } from './sheet-run.ts';
import { pause, type Timing } from './timing.ts';
import type { Emit } from './worker-event.ts';

/** What the work of a sheet is given. */
export interface SheetContext {
  readonly jobId: string;
  /** From 1. */
  readonly sheet: number;
  /** The job as it stood when it was claimed. */
  readonly state: JobState;
  /** The lease as the service last told it. */
  readonly lease: Lease;
  /** For calls of one's own under the lease. */
  readonly held: Held;
  /**
   * Aborted, with an `Interruption`, when the lease is lost, the job is to be cancelled or to fail, or
   * the worker is to stop. What is thrown after that is no failure of the sheet.
   */
  readonly signal: AbortSignal;
  /** Tells how far the sheet is, with the next heartbeat. Throws for more than 256 bytes of JSON. */
  progress(value: unknown): void;
}

/**
 * Does the work of one sheet. What it returns is kept; what it throws fails the sheet. Heartbeats are
 * sent in between: a computation that keeps the event loop for as long as the lease costs the lease.
 */
export type OnSheet = (
  context: SheetContext,
) => SheetResult | void | null | Promise<SheetResult | void | null>;

export interface JobRunOptions {
  readonly client: Client;
  readonly heart: Heart;
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

/**
 * Plays a job from its next sheet on, until it is finished or not to be played any more. Never rejects.
 * `troubled`: something was wrong with it, do not take another one at once.
 */
export async function runJob(
  grant: Grant,
  pulse: Pulse,
  options: JobRunOptions,
): Promise<'settled' | 'troubled'> {
  const { client, heart, timing, random, emit, onSheet, maxRetries, graceMs } = options;
  const { held } = pulse;
  const { jobId, epoch } = held;
  // A result that cost hours is worth every try until the lease is gone.
  const untilLost: CallOptions = {
    retries: Number.POSITIVE_INFINITY,
    signal: pulse.spent,
  };

  async function write<T>(call: () => Promise<T>): Promise<T> {
    if (await heart.assure(pulse)) return call();
    throw new Interruption('lost');
  }

  function mark(sheet: number, sheetMark: SheetMark) {
    return write(() => client.mark({ ...held, sheet }, sheetMark, untilLost));
  }

  function finished(status: JobStatus): 'settled' {
    emit({ type: 'finished', jobId, epoch, status });
    return 'settled';
  }

  async function release(): Promise<void> {
    await client.release(held, pulse.spent.aborted ? { retries: 1 } : {});
    emit({ type: 'released', jobId, epoch });
  }

  async function play(): Promise<'settled' | 'troubled'> {
    let next = grant.next_sheet;
    let failures = 0;
    for (;;) {
      const ended = await endIfAsked();
      if (ended !== null) return ended;
      if (next === null) {
        // Nothing is left to run, yet the job is not completed: the release does that where no sheet failed.
        await release();
        return 'settled';
      }
      const sheet = next;
      const attempt = await perform(sheet);
      if (attempt.kind === 'interrupted' || isMoot(pulse)) continue;
      const done = attempt.kind === 'completed' ? await keep(sheet, attempt) : attempt;
      if (done.kind === 'kept') {
        if (done.answer.status !== 'running') return finished(done.answer.status);
        next = done.answer.next_sheet;
        failures = 0;
        continue;
      }
      failures += 1;
      const { error } = done;
      await markFailed(sheet, done);
      emit({ type: 'sheet-failed', jobId, epoch, sheet, failures, error });
      if (failures >= maxRetries) {
        const why = `Sheet ${sheet} failed ${failures} times: ${messageOf(error)}`;
        const errorMessage = cut(why, MAX_JOB_MESSAGE_CHARACTERS);
        await write(() => client.fail({ ...held, errorMessage }, untilLost));
        return finished('failed');
      }
      if (pulse.requested !== null) continue;
      const backOffMs = backOff(random, {
        attempt: failures,
        firstMs: FIRST_SHEET_BACK_OFF_MS,
        longestMs: LONGEST_SHEET_BACK_OFF_MS,
      });
      await pause(timing, backOffMs, pulse.interrupted);
    }
  }

  /** Ends the run where somebody asked for it; null where nobody did. */
  async function endIfAsked(): Promise<'settled' | null> {
    const why = interruptionOf(pulse) ?? (pulse.requested === 'pause' ? 'pause' : null);
    switch (why) {
      case null:
        return null;
      case 'lost':
        throw new Interruption('lost');
      case 'stop':
        await release();
        return 'settled';
      // A release does what is asked of the holder when it arrives: more than was heard, or nothing any more.
      case 'pause':
      case 'cancel':
      case 'fail':
        await write(() => client.release(held, untilLost));
        emit({ type: 'released', jobId, epoch });
        return 'settled';
      default:
        return unreachable(why);
    }
  }

  async function perform(sheet: number): Promise<Attempt> {
    await mark(sheet, { status: 'in_progress' });
    // Who never hears that a signal is aborted already need not begin.
    if (interruptionOf(pulse) !== null) return { kind: 'interrupted' };
    emit({ type: 'sheet-started', jobId, epoch, sheet });
    const context: SheetContext = {
      jobId,
      sheet,
      state: grant.state,
      get lease() {
        return pulse.lease;
      },
      held,
      signal: pulse.interrupted,
      progress(value) {
        pulse.progress = progressOf(value);
      },
    };
    const { interrupted } = pulse;
    return attemptSheet(() => onSheet(context), { interrupted, graceMs, timing });
  }

  /** The mark of a completed sheet, or the failure that it is when the service cannot take its result. */
  async function keep(sheet: number, { result, seconds }: Completed): Promise<Kept | Failed> {
    const durationSeconds = result.execution_duration_seconds ?? seconds;
    const completed = { ...result, execution_duration_seconds: durationSeconds };
    try {
      const answer = await mark(sheet, { status: 'completed', ...completed });
      const { progress } = answer;
      emit({ type: 'sheet-completed', jobId, epoch, sheet, durationSeconds, progress });
      return { kind: 'kept', answer };
    } catch (error) {
      if (!isRefusedBody(error)) throw error;
      return { kind: 'failed', error, seconds: durationSeconds };
    }
  }

  function markFailed(sheet: number, { error, seconds }: Failed) {
    return mark(sheet, {
      status: 'failed',
      error_message: messageOf(error),
      error_type: 'transient',
      execution_duration_seconds: seconds,
    });
  }

  try {
    return await play();
  } catch (error) {
    if (pulse.lost.aborted || isLeaseOver(error)) {
      emit({ type: 'lost', jobId, epoch, by: pulse.lostBy });
      return 'settled';
    }
    emit({ type: 'error', during: 'run', jobId, epoch, error });
    await release().catch((failure: unknown) => {
      emit({ type: 'error', during: 'release', jobId, epoch, error: failure });
    });
    return 'troubled';
  } finally {
    heart.stop(pulse);
  }
}

type Completed = Attempt & { readonly kind: 'completed' };
type Kept = { readonly kind: 'kept'; readonly answer: MarkAnswer };
type Failed = Attempt & { readonly kind: 'failed' };

/** Whether it is the result that is at fault: too large, or of a form that the service does not take. */
function isRefusedBody(error: unknown): error is DalsegnoError {
  return error instanceof DalsegnoError && (error.status === 413 || error.status === 422);
}

/** Whether nobody wants the outcome any more. Who is to stop, and completes the sheet all the same, has completed it. */
function isMoot(pulse: Pulse): boolean {
  const why = interruptionOf(pulse);
  return why !== null && why !== 'stop';
}

function messageOf({ name, message }: Error): string {
  return cut(message === '' ? name : message, MAX_SHEET_MESSAGE_CHARACTERS);
}

function cut(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed();
}
