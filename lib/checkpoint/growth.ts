import { tailOf } from '../json/value.ts';
import { writeLayout } from '../json/writer.ts';
import { entriesOf, entryAt } from '../schema/dictionary.ts';
import type { CheckpointState } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';
import { sheetBytes } from './sheet-texts.ts';

const COMMA_BYTES = 1;

/**
 * By how many bytes the text of a state grows at most from `before` to `after`: what changed counts in full. Encodes only
 * the sheets that changed. Infinite for a state with its own order of keys.
 */
export function maxGrowth(before: CheckpointState, after: CheckpointState): number {
  if (tailOf(after) !== null) return Number.POSITIVE_INFINITY;
  const { sheets, ...rest } = after;
  let bytes = writeLayout(rest, 'word').length;
  for (const [key, sheet] of entriesOf<SheetState>(sheets)) {
    if (entryAt<SheetState>(before.sheets, key) === sheet) continue;
    bytes += sheetBytes(key, sheet) + COMMA_BYTES;
  }
  return bytes;
}
