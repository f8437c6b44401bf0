import { integerValue } from '../json/number.ts';
import { compareIntegers, type Integer, integerText, toBigInt } from '../schema/integer.ts';
import type { CheckpointState } from './checkpoint.ts';
import { countCompleted, statusAt } from './sliced-sheets.ts';
import type { SheetStatus } from './status.ts';

/** `[completed, total]`, the reference's pair. */
export type Progress = readonly [completed: number, total: Integer];

/**
 * The sheet to run next, or null if there is none: the current sheet if it is in progress, else the first
 * sheet after the last completed one that is pending, failed or not in the state. This is the reference's
 * `get_next_sheet`.
 */
export function nextSheet(state: CheckpointState): Integer | null {
  if (state.status === 'completed' || state.status === 'cancelled') return null;
  if (state.current_sheet !== null) {
    const current = statusAt(state.sheets, integerText(state.current_sheet));
    if (current === 'in_progress') return state.current_sheet;
  }
  // The loop stops at the first gap, so it visits no more sheets than the state has, whatever the total.
  const total = toBigInt(state.total_sheets);
  for (let sheetNum = toBigInt(state.last_completed_sheet) + 1n; sheetNum <= total; sheetNum++) {
    const key = String(sheetNum);
    const status = statusAt(state.sheets, key) ?? 'pending';
    if (status === 'pending' || status === 'failed') return integerValue(key);
  }
  return null;
}

/** The statuses of a sheet that ended without a failure. */
export const DONE: ReadonlySet<SheetStatus> = new Set(['completed', 'skipped', 'cancelled']);

/** Whether every sheet ended without a failure, so that nothing is left to run or to retry. */
export function allSheetsDone(state: CheckpointState): boolean {
  // The usual case, which does not visit the completed sheets.
  if (nextSheet(state) !== null) return false;
  const total = toBigInt(state.total_sheets);
  for (let sheetNum = 1n; sheetNum <= total; sheetNum++) {
    const status = statusAt(state.sheets, String(sheetNum)) ?? 'pending';
    if (!DONE.has(status)) return false;
  }
  return true;
}

export function progress(state: CheckpointState): Progress {
  return [countCompleted(state.sheets), state.total_sheets];
}

/** The percentage of completed sheets, computed as in the reference: 33.33333333333333 for one of three. */
export function percentOf(completed: number, total: Integer): number {
  return (completed / Number(integerText(total))) * 100;
}

/** Whether the job has a sheet with this number. */
export function hasSheet(state: CheckpointState, sheetNum: Integer): boolean {
  return compareIntegers(sheetNum, 1) >= 0 && compareIntegers(sheetNum, state.total_sheets) <= 0;
}
