import { compareIntegers, type Integer, increment } from '../schema/integer.ts';
import type { CheckpointState } from './checkpoint.ts';
import { isRepeated } from './repeated-update.ts';
import type { SheetUpdate } from './sheet-update.ts';
import { sheetOf } from './transitions.ts';

/**
 * What an update comes to by the attempt that it names. `repeated`: it was made already. `stale`: its
 * attempt is over. `ahead`: its attempt has not started. `unnamed`: it names none.
 */
export type AttemptVerdict = 'unnamed' | 'apply' | 'repeated' | 'stale' | 'ahead';

/** The attempt at which a sheet is: 0 before the first one. */
export function attemptOf(state: CheckpointState, sheetNum: Integer): Integer {
  return sheetOf(state, sheetNum).attempt_count;
}

/**
 * `in_progress` names the attempt that it starts, one more than the sheet's `attempt_count`; said again
 * while that attempt runs, it is a repeat. All other updates name the attempt that runs, or that ran last.
 */
export function judgeAttempt(
  state: CheckpointState,
  sheetNum: number,
  update: SheetUpdate,
): AttemptVerdict {
  const { attempt } = update;
  if (attempt === undefined) return 'unnamed';
  const current = attemptOf(state, sheetNum);
  const starts = update.status === 'in_progress';
  if (starts && compareIntegers(attempt, increment(current)) === 0) return 'apply';
  if (compareIntegers(attempt, current) > 0) return 'ahead';
  if (isStaleAttempt(state, sheetNum, update)) return 'stale';
  if (starts) return 'repeated';
  return isRepeated(state, { sheetNum, update, since: null }) ? 'repeated' : 'apply';
}

/** Whether an update names an attempt that is over, as the state stands before the update or after it. */
export function isStaleAttempt(
  state: CheckpointState,
  sheetNum: number,
  { status, attempt }: SheetUpdate,
): boolean {
  if (attempt === undefined) return false;
  const sheet = sheetOf(state, sheetNum);
  const difference = compareIntegers(attempt, sheet.attempt_count);
  // The attempt was started, and has ended since: this start is a late copy.
  const ended = status === 'in_progress' && sheet.status !== 'in_progress';
  return difference < 0 || (difference === 0 && ended);
}
