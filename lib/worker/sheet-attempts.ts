import type { Grant } from './client/grant.ts';
import type { Timing } from './client/timing.ts';
import type { BoundWork } from './handler/handlers.ts';
import type { SheetContext } from './handler/sheet-context.ts';
import { type HeldJob, interruptionOf } from './held-job.ts';
import { progressOf } from './progress.ts';
import { type Attempt, attemptSheet } from './run-sheet.ts';
import type { SheetAttempt } from './sheet-updates.ts';
import type { Emit } from './worker-event.ts';

/** Runs the sheets of one job, each try with the last progress of the one before. Never rejects. */
export type SheetAttempts = (of: SheetAttempt, work: BoundWork) => Promise<Attempt>;

interface SheetAttemptsOptions {
  readonly grant: Grant;
  readonly heldJob: HeldJob;
  readonly timing: Timing;
  readonly emit: Emit;
  readonly graceMs: number;
  /** Null for none. */
  readonly timeoutMs: number | null;
}

export function createSheetAttempts(options: SheetAttemptsOptions): SheetAttempts {
  const { grant, heldJob, timing, emit, graceMs, timeoutMs } = options;
  const { held } = heldJob;
  const { jobId, epoch } = held;
  /** The last progress of a sheet, by this holder or an earlier one. */
  let last: { readonly sheet: number; readonly progress: unknown } | null =
    grant.last_progress ?? null;

  return async ({ sheet, attempt }, work) => {
    // `onSheet` may listen only for the abort event, so it must not start with an aborted signal.
    if (interruptionOf(heldJob) !== null) return { kind: 'interrupted' };
    emit({ type: 'sheet-started', jobId, epoch, sheet });
    let isOver = false;
    const lastProgress = last?.sheet === sheet ? last.progress : null;

    function report(value: unknown): void {
      const progress = progressOf(value);
      // A try that ignored its signal has nothing more to say: the next one runs.
      if (isOver) return;
      last = { sheet, progress };
      heldJob.progress = progress;
      heldJob.progressSheet = sheet;
    }

    function contextOf<Input>(signal: AbortSignal, input: Input): SheetContext<Input> {
      return {
        jobId,
        sheet,
        attempt,
        input,
        lastProgress,
        state: grant.state,
        get lease() {
          return heldJob.lease;
        },
        held,
        signal,
        progress: report,
      };
    }

    const { interrupted } = heldJob;
    const limits = { interrupted, timeoutMs, graceMs, timing };
    const ended = await attemptSheet(signal => work(input => contextOf(signal, input)), limits);
    isOver = true;
    return ended;
  };
}
