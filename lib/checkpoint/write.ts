import { eventLoopTurn } from '../base/event-loop-turn.ts';
import { tailOf } from '../json/value.ts';
import { asciiBytes, layoutText, writeLayout } from '../json/writer.ts';
import { type Dictionary, entriesOf, valuesOf } from '../schema/dictionary.ts';
import type { Bytes } from '../store.ts';
import type { CheckpointState } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';

/** A piece of a state's text. The layout is ASCII: characters are bytes. */
interface Piece {
  readonly bytes: Bytes;
  /** Whether a number that is not finite may be in it. */
  readonly nonFinite: boolean;
}

/**
 * The bytes of a state as `writeLayout` writes it. States are never changed in place, so a sheet that
 * a transition leaves alone is the same object with the same bytes: from the second writing of a job
 * on its bytes are put together from those of its sheets, and a transition of one sheet writes one
 * sheet, however many the job has. A state that is written once is written in one piece, which is
 * faster.
 */
export function writeState(state: CheckpointState): Piece {
  if (tailOf(state) === null && isWrittenAgain(state.sheets)) return writeInPieces(state);
  return pieceFrom(layoutText(state, 'word'));
}

/** Sheets of states that were written in one piece: of each state two, for one may have changed since. */
const written = new WeakSet<SheetState>();

/** Beyond so many sheets a state is not written in one go. */
const SHEETS_AT_ONCE = 500;

/**
 * Writes the sheets of a state that has many of them, with turns for others in between: what is left for
 * `writeState` is to put them together.
 */
export async function prepareToWrite({ sheets }: CheckpointState): Promise<void> {
  const all = [...valuesOf<SheetState>(sheets)];
  if (all.length <= SHEETS_AT_ONCE) return;
  for (const [index, sheet] of all.entries()) {
    pieceOf(sheet);
    written.add(sheet);
    if (index % SHEETS_AT_ONCE === SHEETS_AT_ONCE - 1) await eventLoopTurn();
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
  let nonFinite = hasWord(head) || hasWord(tail);
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

/** A sheet where it stands in a state, two levels deep. */
function pieceOf(sheet: SheetState): Piece {
  const known = pieces.get(sheet);
  if (known !== undefined) return known;
  const text = layoutText([[sheet]], 'word').slice('[\n  [\n    '.length, -'\n  ]\n]'.length);
  const piece = pieceFrom(text);
  pieces.set(sheet, piece);
  return piece;
}

function pieceFrom(text: string): Piece {
  return { bytes: asciiBytes(text), nonFinite: hasWord(text) };
}

/** Text may hold the words too: such a state is merely written twice. */
function hasWord(text: string): boolean {
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
