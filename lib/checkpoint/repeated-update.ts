import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { writeLayout } from '../json/writer.ts';
import { entryAt } from '../schema/dictionary.ts';
import type { CheckpointState } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';
import { applyUpdate, type SheetUpdate } from './sheet-update.ts';
import { sheetOf } from './transitions.ts';

/**
 * Whether the update was already applied after `since`, so that the call is a repetition after a lost answer.
 * This is so if the sheet got the status of the update after that time and the update would not change it.
 * `since` is null if the caller already knows that both calls mean the same attempt.
 */
export function isRepeated(
  state: CheckpointState,
  { sheetNum, update, since }: { sheetNum: number; update: SheetUpdate; since: Timestamp | null },
): boolean {
  const sheet = entryAt(state.sheets, String(sheetNum));
  if (sheet === null) return false;
  // A client may have saved a sheet with any time. The service writes only times of changes.
  const isOurs = (time: Timestamp | null) =>
    time !== null && (since === null || isAfter(time, since)) && !isAfter(time, state.updated_at);
  // A sheet that was completed under the lease stays completed: the update may be a late copy of an earlier call.
  const completed = sheet.status === 'completed' && isOurs(sheet.completed_at);
  if (completed && (update.status === 'in_progress' || update.status === 'failed')) return true;
  if (sheet.status !== update.status) return false;
  if (update.status === 'in_progress') return isOurs(sheet.started_at);
  if (sheet.completed_at === null || !isOurs(sheet.completed_at)) return false;
  const updated = applyUpdate(state, sheetNum, update, sheet.completed_at);
  return comparable(sheetOf(updated, sheetNum)) === comparable(sheet);
}

function isAfter(time: Timestamp | null, since: Timestamp): boolean {
  return time !== null && toUnixMicros(time) > toUnixMicros(since);
}

/** A repeated failure would extend the history, so the history is not compared. */
function comparable(sheet: SheetState): string {
  return writeLayout({ ...sheet, error_history: [] }, 'word');
}
