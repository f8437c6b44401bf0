import { integerValue } from '../json/number.ts';
import { entriesOf } from '../schema/dictionary.ts';
import { compareIntegers, type Integer } from '../schema/integer.ts';
import type { CheckpointState } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';
import { attemptOf } from './sheet-attempt.ts';
import type { SheetUpdate } from './sheet-update.ts';
import { sheetOf } from './transitions.ts';

/** The sheet that a completion starts in the same save: the next one, or the one with this number. */
export type StartRequest =
  | { readonly kind: 'next' }
  | { readonly kind: 'sheet'; readonly sheet: number };

/** A sheet that a completion has started, with the attempt that began. */
export interface StartedSheet {
  readonly sheet: Integer;
  readonly attempt: Integer;
}

/** Which sheet the update starts besides the one that it completes; null for none. */
export function startRequestOf(update: SheetUpdate): StartRequest | null {
  if (update.status !== 'completed') return null;
  if (update.start !== undefined) return { kind: 'sheet', sheet: update.start };
  return update.start_next === true ? { kind: 'next' } : null;
}

/** The sheet as its start has left it. */
export function startedSheet(state: CheckpointState, sheet: Integer): StartedSheet {
  return { sheet, attempt: attemptOf(state, sheet) };
}

/**
 * The sheet that an earlier call of the same completion started, by what it left in the state: the time of its start is
 * that of the completion. Null if that completion started none, or if that sheet was started again later. A sheet that
 * the call names may also have run already.
 */
export function startedWith(
  state: CheckpointState,
  { sheetNum, request }: { readonly sheetNum: number; readonly request: StartRequest },
): StartedSheet | null {
  const at = sheetOf(state, sheetNum).completed_at;
  if (at === null) return null;
  if (request.kind === 'sheet') {
    const { started_at, status } = sheetOf(state, request.sheet);
    const isStarted = started_at === at || status === 'in_progress';
    return isStarted ? startedSheet(state, request.sheet) : null;
  }
  let first: Integer | null = null;
  for (const [key, { started_at }] of entriesOf<SheetState>(state.sheets)) {
    const sheet = started_at === at ? integerValue(key) : 0;
    // The next sheet always has a higher number than a completed one.
    if (compareIntegers(sheet, sheetNum) <= 0) continue;
    if (first === null || compareIntegers(sheet, first) < 0) first = sheet;
  }
  return first === null ? null : startedSheet(state, first);
}
