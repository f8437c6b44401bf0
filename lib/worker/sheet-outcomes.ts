import type { UpdateAnswer } from './client/job.ts';
import { DalsegnoError, isOutcomeUnknown, isTooLarge } from './client/problem.ts';
import { isPermanent } from './handler/permanent-error.ts';
import { SheetTimeoutError } from './handler/sheet-timeout.ts';
import { type HeldJob, interruptionOf } from './held-job.ts';
import type { Attempt } from './run-sheet.ts';
import type { Completion, SheetAttempt, SheetUpdates } from './sheet-updates.ts';
import type { Emit } from './worker-event.ts';

export type Completed = Attempt & { readonly kind: 'completed' };
export type Failed = Attempt & { readonly kind: 'failed' };
export type Recorded = Completion & { readonly kind: 'recorded' };

/** Records how the attempts at the sheets of one held job have ended. Each rejects as an update does. */
export interface SheetOutcomes {
  /** A failure if the service cannot accept the result. With `hasNext` the next sheet may be started too. */
  complete(
    of: SheetAttempt,
    completed: Completed,
    options: { readonly hasNext: boolean },
  ): Promise<Recorded | Failed>;
  /** Null if the state has no room even for the failure. */
  fail(of: SheetAttempt, failed: Failed): Promise<UpdateAnswer | null>;
}

interface SheetOutcomesOptions {
  readonly heldJob: HeldJob;
  readonly updates: SheetUpdates;
  readonly emit: Emit;
}

const MAX_SHEET_MESSAGE_CHARACTERS = 4000;

export function createSheetOutcomes({
  heldJob,
  updates,
  emit,
}: SheetOutcomesOptions): SheetOutcomes {
  const { jobId, epoch } = heldJob.held;

  return {
    async complete(of, { result, seconds }, { hasNext }) {
      const durationSeconds = result.execution_duration_seconds ?? seconds;
      const completed = { ...result, execution_duration_seconds: durationSeconds };
      try {
        // The next sheet must not be started if the job is to be given back.
        const isWanted = interruptionOf(heldJob) === null && heldJob.requested === null;
        const startNext = hasNext && isWanted;
        const { answer, started } = await updates.complete(of, completed, { startNext });
        const { progress } = answer;
        const { sheet } = of;
        // What it reported last does not matter any more.
        heldJob.progress = undefined;
        emit({ type: 'sheet-completed', jobId, epoch, sheet, durationSeconds, progress });
        return { kind: 'recorded', answer, started };
      } catch (error) {
        const isGivenUp = isOutcomeUnknown(error) && !heldJob.writesEnded.aborted;
        if (!(error instanceof Error) || !(isGivenUp || isRefusedBody(error))) throw error;
        return { kind: 'failed', error, seconds: durationSeconds, isRunning: false };
      }
    },

    async fail(of, { error, seconds }) {
      try {
        return await updates.fail(of, {
          error_message: messageOf(error),
          error_type: isPermanent(error) ? 'permanent' : 'transient',
          execution_duration_seconds: seconds,
          ...(error instanceof SheetTimeoutError ? { exit_reason: 'timeout' } : {}),
        });
      } catch (refusal) {
        if (isTooLarge(refusal)) return null;
        throw refusal;
      }
    },
  };
}

/** Whether the service refuses the result itself: it is too large, or invalid. */
function isRefusedBody(error: unknown): error is DalsegnoError {
  return error instanceof DalsegnoError && (error.status === 413 || error.status === 422);
}

/** The message of an error, as long as a sheet keeps it. */
export function messageOf({ name, message }: Error): string {
  return cut(message === '' ? name : message, MAX_SHEET_MESSAGE_CHARACTERS);
}

export function cut(text: string, characters: number): string {
  return text.slice(0, characters).toWellFormed();
}
