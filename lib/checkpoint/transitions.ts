import type { Timestamp } from '../base/timestamp.ts';
import { entryAt, sizeOf, withEntry } from '../schema/dictionary.ts';
import type { Float } from '../schema/float.ts';
import { compareIntegers, type Integer, increment, integerText } from '../schema/integer.ts';
import { type CheckpointState, newSheet } from './checkpoint.ts';
import type { OutputTail } from './output-tail.ts';
import { isSettledSheet } from './settle.ts';
import type { SheetState } from './sheet.ts';
import type { ErrorRecord, ValidationDetail } from './sheet-records.ts';
import { areAllCompleted, withSlice } from './sliced-sheets.ts';
import type { ErrorCategory, ExitReason } from './status.ts';

/** The reference stores at most this many errors per sheet, the newest ones. */
export const MAX_ERROR_HISTORY = 50;

/** The tails of the output of an execution. */
export interface Output {
  readonly stdout: OutputTail;
  readonly stderr: OutputTail;
}

export interface Completion {
  readonly validationPassed: boolean;
  readonly validationDetails: readonly ValidationDetail[] | null;
  readonly executionDurationSeconds: Float | null;
}

export interface SheetFailure {
  readonly errorMessage: string;
  readonly errorCategory: ErrorCategory | null;
  readonly errorCode: string | null;
  readonly exitCode: Integer | null;
  readonly exitSignal: Integer | null;
  readonly exitReason: ExitReason | null;
  readonly executionDurationSeconds: Float | null;
}

/*
 * The reference's methods of the same names, as functions from state to state. A sheet that the state does
 * not have yet is added. None of them sets `updated_at`: saving does.
 */

/** Starts a sheet, or starts it again: adds an attempt and clears the results of the last one. */
export function startSheet(
  state: CheckpointState,
  sheetNum: Integer,
  now: Timestamp,
): CheckpointState {
  const sheet = sheetOf(state, sheetNum);
  const started: SheetState = {
    ...sheet,
    status: 'in_progress',
    started_at: now,
    attempt_count: increment(sheet.attempt_count),
    error_message: null,
    exit_code: null,
    execution_mode: null,
  };
  return { ...withSheet(state, sheetNum, started), current_sheet: sheetNum, status: 'running' };
}

/** Completes a sheet. The job is completed too if all its sheets exist and are completed. */
export function completeSheet(
  state: CheckpointState,
  sheetNum: Integer,
  completion: Completion,
  now: Timestamp,
): CheckpointState {
  const sheet = sheetOf(state, sheetNum);
  const completed: SheetState = {
    ...sheet,
    status: 'completed',
    completed_at: now,
    exit_code: 0,
    validation_passed: completion.validationPassed,
    validation_details:
      completion.validationDetails === null ? null : [...completion.validationDetails],
    execution_duration_seconds:
      completion.executionDurationSeconds ?? sheet.execution_duration_seconds,
  };
  const next: CheckpointState = {
    ...withSheet(state, sheetNum, completed),
    // Sheets may complete out of order, so this number never decreases.
    last_completed_sheet:
      compareIntegers(sheetNum, state.last_completed_sheet) > 0
        ? sheetNum
        : state.last_completed_sheet,
    current_sheet: null,
  };
  return allCompleted(next) ? { ...next, status: 'completed', completed_at: now } : next;
}

/** Fails a sheet. The job stays `running`, and the sheet is the next one again. */
export function failSheet(
  state: CheckpointState,
  sheetNum: Integer,
  failure: SheetFailure,
  now: Timestamp,
): CheckpointState {
  const sheet = sheetOf(state, sheetNum);
  const failed: SheetState = {
    ...sheet,
    status: 'failed',
    completed_at: now,
    error_message: failure.errorMessage,
    error_category: failure.errorCategory,
    error_code: failure.errorCode,
    exit_code: failure.exitCode,
    exit_signal: failure.exitSignal,
    exit_reason: failure.exitReason,
    execution_duration_seconds:
      failure.executionDurationSeconds ?? sheet.execution_duration_seconds,
  };
  return {
    ...withSheet(state, sheetNum, failed),
    current_sheet: null,
    total_retry_count: increment(state.total_retry_count),
  };
}

/** Skips a sheet. `reason` becomes its message. If it is empty, the old message stays. */
export function skipSheet(
  state: CheckpointState,
  sheetNum: Integer,
  reason: string | null,
  now: Timestamp,
): CheckpointState {
  const sheet = sheetOf(state, sheetNum);
  const skipped: SheetState = {
    ...sheet,
    status: 'skipped',
    completed_at: now,
    error_message: reason === null || reason === '' ? sheet.error_message : reason,
  };
  return { ...withSheet(state, sheetNum, skipped), current_sheet: null };
}

export function pauseJob(state: CheckpointState): CheckpointState {
  return { ...state, status: 'paused', pid: null };
}

export function failJob(
  state: CheckpointState,
  errorMessage: string,
  now: Timestamp,
): CheckpointState {
  return { ...state, status: 'failed', error_message: errorMessage, pid: null, completed_at: now };
}

export function cancelJob(state: CheckpointState, now: Timestamp): CheckpointState {
  return { ...state, status: 'cancelled', pid: null, completed_at: now };
}

/** Stores the tails of a sheet's output. */
export function captureOutput(
  state: CheckpointState,
  sheetNum: Integer,
  { stdout, stderr }: Output,
): CheckpointState {
  return withSheet(state, sheetNum, {
    ...sheetOf(state, sheetNum),
    stdout_tail: stdout.tail,
    stderr_tail: stderr.tail,
    output_truncated: stdout.truncated || stderr.truncated,
  });
}

/** Adds an error to a sheet's history and removes the oldest ones above `MAX_ERROR_HISTORY`. */
export function addErrorToHistory(
  state: CheckpointState,
  sheetNum: Integer,
  error: ErrorRecord,
): CheckpointState {
  const sheet = sheetOf(state, sheetNum);
  const error_history = [...sheet.error_history, error].slice(-MAX_ERROR_HISTORY);
  return withSheet(state, sheetNum, { ...sheet, error_history });
}

export function sheetOf(state: CheckpointState, sheetNum: Integer): SheetState {
  return entryAt(state.sheets, integerText(sheetNum)) ?? newSheet(sheetNum);
}

function withSheet(state: CheckpointState, sheetNum: Integer, sheet: SheetState): CheckpointState {
  const key = integerText(sheetNum);
  const sliced = isSettledSheet(sheet) ? withSlice(state.sheets, key, sheet) : null;
  return { ...state, sheets: sliced ?? withEntry(state.sheets, key, sheet) };
}

function allCompleted(state: CheckpointState): boolean {
  if (compareIntegers(sizeOf(state.sheets), state.total_sheets) < 0) return false;
  return areAllCompleted(state.sheets);
}
