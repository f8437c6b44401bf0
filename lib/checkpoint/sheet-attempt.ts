import { compareIntegers, type Integer, increment } from '../schema/integer.ts';
import type { CheckpointState } from './checkpoint.ts';
import { isRepeated } from './repeated-update.ts';
import type { SheetUpdate } from './sheet-update.ts';
import { sheetOf } from './transitions.ts';

/**
 * How to treat an update, given the attempt that it names. `repeated`: it was already applied. `stale`: its
 * attempt has ended. `ahead`: its attempt has not started. `unnamed`: it names no attempt.
 */
export type AttemptVerdict = 'unnamed' | 'apply' | 'repeated' | 'stale' | 'ahead';

/** The number of the sheet's current attempt, 0 before the first one. */
export function attemptOf(state: CheckpointState, sheetNum: Integer): Integer {
  return sheetOf(state, sheetNum).attempt_count;
}

/**
 * `in_progress` names the attempt that it starts, which is the sheet's `attempt_count` plus one. The same
 * update during that attempt is a repetition. All other updates name the current or the last attempt.
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

/** Whether an update names an attempt that has ended. `state` may be from before or after the update. */
export function isStaleAttempt(
  state: CheckpointState,
  sheetNum: number,
  { status, attempt }: SheetUpdate,
): boolean {
  if (attempt === undefined) return false;
  const sheet = sheetOf(state, sheetNum);
  const difference = compareIntegers(attempt, sheet.attempt_count);
  // The attempt started and has ended, so this start is a late copy.
  const ended = status === 'in_progress' && sheet.status !== 'in_progress';
  return difference < 0 || (difference === 0 && ended);
}
