import type { Timestamp } from '../base/timestamp.ts';
import { integerValue } from '../json/number.ts';
import { isOrderedObject } from '../json/value.ts';
import { dictionary, entriesOf, sizeOf } from '../schema/dictionary.ts';
import { compareIntegers, toBigInt } from '../schema/integer.ts';
import { type CheckpointState, newSheet } from './checkpoint.ts';
import { DONE } from './progress.ts';
import type { SheetState } from './sheet.ts';

/** Whether a job would get more sheets than `most` if those that it does not have yet were added. */
export function wouldExceed({ total_sheets, sheets }: CheckpointState, most: number): boolean {
  if (!Number.isFinite(most) || compareIntegers(total_sheets, most) <= 0) return false;
  return compareIntegers(sizeOf(sheets), total_sheets) < 0;
}

/**
 * Skips every sheet of a job that has not ended without a failure, also those that the state does not have yet. Adds
 * up to `total_sheets` sheets: ask `wouldExceed` first.
 */
export function skipRemaining(state: CheckpointState, now: Timestamp): CheckpointState {
  const found = new Map(entriesOf<SheetState>(state.sheets));
  // In a plain object the keys ascend, and a new one must have its place among them.
  const sheets = isOrderedObject(dictionary(found))
    ? new Map(found)
    : new Map<string, SheetState>();
  const total = toBigInt(state.total_sheets);
  for (let nth = 1n; nth <= total; nth++) {
    const key = String(nth);
    const sheet = found.get(key) ?? newSheet(integerValue(key));
    sheets.set(key, DONE.has(sheet.status) ? sheet : skipped(sheet, now));
  }
  for (const [key, sheet] of found) if (!sheets.has(key)) sheets.set(key, sheet);
  return { ...state, sheets: dictionary(sheets), current_sheet: null };
}

function skipped(sheet: SheetState, now: Timestamp): SheetState {
  return { ...sheet, status: 'skipped', completed_at: now };
}
