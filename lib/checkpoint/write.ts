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
  const all = [...valuesOf<SheetState>(sheets)];
  if (all.length <= SHEETS_PER_TURN) return;
  for (const [index, sheet] of all.entries()) {
    pieceOf(sheet);
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

function writeInPieces(state: CheckpointState): Piece {
  const members = Object.entries(state);
  const middle = members.findIndex(([key]) => key === 'sheets');
  const before = Object.fromEntries(members.slice(0, middle));
  const after = Object.fromEntries(members.slice(middle + 1));
  const head = writeLayout(before, 'word').slice(0, -1).trimEnd();
  const tail = writeLayout(after, 'word').slice(1);
  const pieces: (string | Bytes)[] = [head, ',\n  "sheets": {'];
  let nonFinite = mayHaveNonFinite(head) || mayHaveNonFinite(tail);
  let separator = '';
  for (const [key, sheet] of entriesOf<SheetState>(state.sheets)) {
    const piece = pieceOf(sheet);
    pieces.push(`${separator}\n    "${key}": `, piece.bytes);
    nonFinite ||= piece.nonFinite;
    separator = ',';
  }
  pieces.push(separator === '' ? '}' : '\n  }', ',', tail);
  return { bytes: concatenate(pieces), nonFinite };
}

const ENCODER = new TextEncoder();

const pieces = new WeakMap<SheetState, Piece>();

/** The piece of a sheet, with the indentation of its place in a state, two levels deep. */
function pieceOf(sheet: SheetState): Piece {
  const known = pieces.get(sheet);
  if (known !== undefined) return known;
  const text = layoutText([[sheet]], 'word').slice('[\n  [\n    '.length, -'\n  ]\n]'.length);
  const piece = pieceFrom(text);
  pieces.set(sheet, piece);
  return piece;
}

function pieceFrom(text: string): Piece {
  return { bytes: asciiBytes(text), nonFinite: mayHaveNonFinite(text) };
}

/** Strings may contain these words too. The only consequence is that the state is written twice. */
function mayHaveNonFinite(text: string): boolean {
  return text.includes('NaN') || text.includes('Infinity');
}

function concatenate(parts: readonly (string | Bytes)[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') ENCODER.encodeInto(part, bytes.subarray(at));
    else bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
