import { writeLayout } from '../layout/writer.ts';
import { entriesOf } from '../schema/dictionary.ts';
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
 * The bytes of a state as `writeLayout` writes it, put together from those of its sheets. States
 * are never changed in place, so a sheet that a transition leaves alone is the same object with the
 * same bytes: a transition of one sheet writes one sheet, however many the job has.
 */
export function writeState(state: CheckpointState): Piece {
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

const pieces = new WeakMap<SheetState, Piece>();

/** A sheet where it stands in a state, two levels deep. */
function pieceOf(sheet: SheetState): Piece {
  const known = pieces.get(sheet);
  if (known !== undefined) return known;
  const text = writeLayout([[sheet]], 'word').slice('[\n  [\n    '.length, -'\n  ]\n]'.length);
  const piece = { bytes: concatenate([text]), nonFinite: hasWord(text) };
  pieces.set(sheet, piece);
  return piece;
}

/** Text may hold the words too: such a state is merely written twice. */
function hasWord(text: string): boolean {
  return text.includes('NaN') || text.includes('Infinity');
}

function concatenate(parts: readonly (string | Bytes)[]): Bytes {
  const encoder = new TextEncoder();
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    if (typeof part === 'string') encoder.encodeInto(part, bytes.subarray(at));
    else bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
