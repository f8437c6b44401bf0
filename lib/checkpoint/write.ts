import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import { tailOf } from '../json/value.ts';
import { asciiBytes, layoutText, writeLayout } from '../json/writer.ts';
import { type Dictionary, entriesOf, valuesOf } from '../schema/dictionary.ts';
import type { Bytes } from '../store.ts';
import type { CheckpointState } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';

/** A piece of a state's text. The layout is ASCII, so characters are bytes. */
interface Piece {
  readonly bytes: Bytes;
  /** Whether the piece may contain a non-finite number. */
  readonly nonFinite: boolean;
}

/**
 * The bytes of a state as `writeLayout` writes it. States are never changed in place, so a sheet that a
 * transition does not change is the same object with the same bytes. From the second write of a job on, its
 * bytes are concatenated from the cached bytes of its sheets, and an update of one sheet encodes one sheet,
 * however many the job has. The first write encodes the whole state at once, which is faster.
 */
export function writeState(state: CheckpointState): Piece {
  if (tailOf(state) === null && isWrittenAgain(state.sheets)) return writeInPieces(state);
  return pieceFrom(layoutText(state, 'word'));
}

/** The first and the last sheet of each written state. There are two because one may have changed since. */
const written = new WeakSet<SheetState>();

/** A state with more sheets is encoded in several turns. */
const SHEETS_PER_TURN = 500;

/**
 * Encodes the sheets of a state with many of them, and lets the event loop run in between. `writeState` then
 * only concatenates them.
 */
export async function prepareToWrite({ sheets }: CheckpointState): Promise<void> {
  const all = [...entriesOf<SheetState>(sheets)];
  if (all.length <= SHEETS_PER_TURN) return;
  for (const [index, [key, sheet]] of all.entries()) {
    entryOf(key, sheet);
    written.add(sheet);
    if (index % SHEETS_PER_TURN === SHEETS_PER_TURN - 1) await yieldToEventLoop();
  }
}

function isWrittenAgain(sheets: Dictionary<SheetState>): boolean {
  const all = [...valuesOf<SheetState>(sheets)];
  const some = [all[0], all.at(-1)].filter(sheet => sheet !== undefined);
  const again = some.some(sheet => written.has(sheet));
  for (const sheet of some) written.add(sheet);
  return again;
}

/** Only a key of the state itself has this indentation: line breaks in texts are escaped. */
const SHEETS_LINE = '\n  "sheets": ';

function writeInPieces(state: CheckpointState): Piece {
  const frame = writeLayout({ ...state, sheets: null }, 'word');
  const at = frame.indexOf(SHEETS_LINE) + SHEETS_LINE.length;
  const entries = Array.from(entriesOf<SheetState>(state.sheets), ([key, sheet]) =>
    entryOf(key, sheet),
  );
  const close = entries.length === 0 ? '}' : '\n  }';
  const frameEnd = `${close}${frame.slice(at + 'null'.length)}`;
  return {
    bytes: joinEntries(`${frame.slice(0, at)}{`, entries, frameEnd),
    nonFinite: mayHaveNonFinite(frame) || entries.some(({ nonFinite }) => nonFinite),
  };
}

/** The text of a sheet in a state: its key and its members, with their indentation. */
interface Entry extends Piece {
  readonly key: string;
}

/** The bytes of a sheet in the text of its state. They are kept for the next write of the state. */
export function sheetBytes(key: string, sheet: SheetState): number {
  return entryOf(key, sheet).bytes.length;
}

const encoded = new WeakMap<SheetState, Entry>();

function entryOf(key: string, sheet: SheetState): Entry {
  const known = encoded.get(sheet);
  if (known?.key === key) return known;
  const text = layoutText({ sheets: { [key]: sheet } }, 'word');
  const entry = { key, ...pieceFrom(text.slice(BEFORE_ENTRY, -AFTER_ENTRY)) };
  encoded.set(sheet, entry);
  return entry;
}

const BEFORE_ENTRY = '{\n  "sheets": {'.length;
const AFTER_ENTRY = '\n  }\n}'.length;

function pieceFrom(text: string): Piece {
  return { bytes: asciiBytes(text), nonFinite: mayHaveNonFinite(text) };
}

/** Strings may contain these words too. The only consequence is that the state is written twice. */
function mayHaveNonFinite(text: string): boolean {
  return text.includes('NaN') || text.includes('Infinity');
}

/** The bytes of the entries with commas in between, after and before the given ASCII texts. */
function joinEntries(start: string, entries: readonly Entry[], end: string): Bytes {
  const commas = Math.max(0, entries.length - 1);
  const length = entries.reduce((sum, { bytes }) => sum + bytes.length, commas);
  const joined = new Uint8Array(start.length + length + end.length);
  ENCODER.encodeInto(start, joined);
  let at = start.length;
  for (const [index, { bytes }] of entries.entries()) {
    if (index > 0) joined[at++] = COMMA;
    joined.set(bytes, at);
    at += bytes.length;
  }
  ENCODER.encodeInto(end, joined.subarray(at));
  return joined;
}

const ENCODER = new TextEncoder();
const COMMA = 0x2c;
