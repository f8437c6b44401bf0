import { type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import { writeLayout } from '../json/writer.ts';
import { entryAt } from '../schema/dictionary.ts';
import type { CheckpointState } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';
import { applyUpdate, type SheetUpdate } from './sheet-update.ts';
import { sheetOf } from './transitions.ts';

/**
 * Whether the update was made already since a time: a call made again because its answer was lost. The
 * sheet tells: it has the update's status since then, and the update would leave it as it is. `since` is null
 * where something else than the time tells that both calls mean the same attempt.
 */
export function isRepeated(
  state: CheckpointState,
  { sheetNum, update, since }: { sheetNum: number; update: SheetUpdate; since: Timestamp | null },
): boolean {
  const sheet = entryAt(state.sheets, String(sheetNum));
  if (sheet === null) return false;
  // A client may have saved a sheet with any time in it; ours are none but those of a change.
  const isOurs = (time: Timestamp | null) =>
    time !== null && (since === null || isAfter(time, since)) && !isAfter(time, state.updated_at);
  // What was completed under the lease stays so: a copy of an earlier call may have been overtaken.
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

/** A failure made again would add to the history: what else it says of the sheet is compared. */
function comparable(sheet: SheetState): string {
  return writeLayout({ ...sheet, error_history: [] }, 'word');
}
