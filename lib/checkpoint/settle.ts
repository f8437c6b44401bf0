import type { Timestamp } from '../base/timestamp.ts';
import { type Dictionary, dictionary, entriesOf } from '../schema/dictionary.ts';
import { UNSET_TIME } from '../schema/unset-time.ts';
import type { CheckpointState } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';
import type { ErrorRecord } from './sheet-records.ts';
import { slicesOf } from './sliced-sheets.ts';

/** The message that the reference writes for a failed sheet without one. */
const UNKNOWN_FAILURE = 'Unknown failure (no error message recorded)';

/**
 * Restores the invariants of a state at load, as the reference does. Absent times of creation become `now`,
 * and so do absent times that the status requires. A running job has a start time and no completion time.
 */
export function settle(state: CheckpointState, now: Timestamp): CheckpointState {
  const running = state.status === 'running';
  const created_at = state.created_at === UNSET_TIME ? now : state.created_at;
  const updated_at = state.updated_at === UNSET_TIME ? now : state.updated_at;
  const started_at = running ? (state.started_at ?? now) : state.started_at;
  const completed_at = completionTime(state);
  const sheets = settleSheets(state.sheets, now);
  if (
    created_at === state.created_at &&
    updated_at === state.updated_at &&
    started_at === state.started_at &&
    completed_at === state.completed_at &&
    sheets === state.sheets
  ) {
    return state;
  }
  return { ...state, created_at, updated_at, started_at, completed_at, sheets };
}

/** A running job may have been completed, or have failed, before. */
export function completionTime({
  status,
  completed_at,
}: Pick<CheckpointState, 'status' | 'completed_at'>): Timestamp | null {
  return status === 'running' ? null : completed_at;
}

function settleSheets(sheets: Dictionary<SheetState>, now: Timestamp): Dictionary<SheetState> {
  // Slices are settled.
  if (slicesOf(sheets) !== null) return sheets;
  let settled: Map<string, SheetState> | null = null;
  for (const [key, sheet] of entriesOf<SheetState>(sheets)) {
    const next = settleSheet(sheet, now);
    if (next === sheet) continue;
    settled ??= new Map(entriesOf<SheetState>(sheets));
    settled.set(key, next);
  }
  return settled === null ? sheets : dictionary(settled);
}

/** Whether a load leaves the sheet as it is. */
export function isSettledSheet(sheet: SheetState): boolean {
  return settleSheet(sheet, UNSET_TIME) === sheet;
}

function settleSheet(sheet: SheetState, now: Timestamp): SheetState {
  const error_history = settleErrors(sheet.error_history, now);
  const isUncompleted = sheet.status === 'completed' && sheet.completed_at === null;
  const isUnstarted = sheet.status === 'in_progress' && sheet.started_at === null;
  const isUnexplained = sheet.status === 'failed' && sheet.error_message === null;
  const isSettled = !isUncompleted && !isUnstarted && !isUnexplained;
  if (isSettled && error_history === sheet.error_history) return sheet;
  return {
    ...sheet,
    error_history,
    ...(isUncompleted ? { completed_at: now } : {}),
    ...(isUnstarted ? { started_at: now } : {}),
    ...(isUnexplained ? { error_message: UNKNOWN_FAILURE } : {}),
  };
}

function settleErrors(records: SheetState['error_history'], now: Timestamp): ErrorRecord[] {
  if (!records.some(record => record.timestamp === UNSET_TIME)) return records;
  return records.map(record =>
    record.timestamp === UNSET_TIME ? { ...record, timestamp: now } : record,
  );
}
