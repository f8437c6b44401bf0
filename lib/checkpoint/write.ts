import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import { memberLine } from '../json/layout.ts';
import { tailOf } from '../json/value.ts';
import { asciiBytes, isAscii, layoutText, writeLayout } from '../json/writer.ts';
import { type Dictionary, entriesOf, entryAt } from '../schema/dictionary.ts';
import type { Bytes } from '../store.ts';
import type { CheckpointState } from './checkpoint.ts';
import { SHEETS } from './parse.ts';
import type { SheetState } from './sheet.ts';
import { encodeSheets, mayHaveNonFinite, sheetBytes, sheetTextsOf } from './sheet-texts.ts';
import { slicesOf } from './sliced-sheets.ts';
import { type SheetText, type StateText, slicedText, wholeText } from './text/state-text.ts';

/**
 * The text of a state as `writeLayout` writes it. States are never changed in place, so a sheet that a transition
 * does not change is the same object and keeps its text. An update of one sheet encodes one sheet, however many the
 * job has.
 */
export function writeState(state: CheckpointState): StateText {
  const sheets = textsIn(state.sheets);
  if (tailOf(state) !== null || sheets.length === 0) return writeWhole(state);
  const frame = layoutText({ ...state, sheets: null }, 'word');
  const at = frame.indexOf(SHEETS_LINE) + SHEETS_LINE.length;
  const open = `${frame.slice(0, at)}{`;
  const close = `\n  }${frame.slice(at + 'null'.length)}`;
  const { head, tail } = isAscii(frame)
    ? encodedTogether(open, close)
    : { head: asciiBytes(open), tail: asciiBytes(close) };
  const nonFinite = mayHaveNonFinite(frame) || sheets.some(sheet => sheet.nonFinite);
  return slicedText({ head, sheets, tail }, nonFinite);
}

/** One call costs less than two. */
function encodedTogether(
  open: string,
  close: string,
): { readonly head: Bytes; readonly tail: Bytes } {
  const bytes = new Uint8Array(open.length + close.length);
  ENCODER.encodeInto(`${open}${close}`, bytes);
  return { head: bytes.subarray(0, open.length), tail: bytes.subarray(open.length) };
}

const ENCODER = new TextEncoder();

function textsIn(sheets: Dictionary<SheetState>): readonly SheetText[] {
  const slices = slicesOf(sheets);
  if (slices === null) return sheetTextsOf(entriesOf<SheetState>(sheets));
  return Array.from(slices.values(), ({ text }) => text);
}

const SHEETS_LINE = memberLine(SHEETS);

function writeWhole(state: CheckpointState): StateText {
  const text = layoutText(state, 'word');
  return wholeText(asciiBytes(text), mayHaveNonFinite(text));
}

/** The event loop runs after this many bytes: about 10 ms of work. */
const BYTES_PER_TURN = 1024 * 1024;

/**
 * Encodes the sheets of a state, and lets the event loop run in between if they are many or long. `writeState` then
 * only puts their texts together.
 */
export async function prepareToWrite({ sheets }: CheckpointState): Promise<void> {
  if (slicesOf(sheets) !== null) return;
  let bytes = 0;
  for (const step of encodeSheets(entriesOf<SheetState>(sheets))) {
    bytes += step;
    if (bytes < BYTES_PER_TURN) continue;
    bytes = 0;
    await yieldToEventLoop();
  }
}

const COMMA_BYTES = 1;

/**
 * By how many bytes the text of a state grows at most from `before` to `after`: what changed counts in full. Encodes only
 * the sheets that changed. Infinite for a state with its own order of keys.
 */
export function maxGrowth(before: CheckpointState, after: CheckpointState): number {
  if (tailOf(after) !== null) return Number.POSITIVE_INFINITY;
  const { sheets, ...rest } = after;
  let bytes = writeLayout(rest, 'word').length;
  const [old, slices] = [slicesOf(before.sheets), slicesOf(sheets)];
  if (old !== null && slices !== null) {
    for (const [key, { text }] of slices) {
      if (old.get(key)?.text !== text) bytes += text.end - text.start + COMMA_BYTES;
    }
    return bytes;
  }
  for (const [key, sheet] of entriesOf<SheetState>(sheets)) {
    if (entryAt<SheetState>(before.sheets, key) === sheet) continue;
    bytes += sheetBytes(key, sheet) + COMMA_BYTES;
  }
  return bytes;
}
