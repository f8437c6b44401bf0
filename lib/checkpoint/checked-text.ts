import { layoutMember } from '../json/layout.ts';
import { tailOf } from '../json/value.ts';
import type { Bytes } from '../store.ts';
import { check, parseJson } from './check.ts';
import { type CheckpointState, CheckpointState as Whole } from './checkpoint.ts';
import { SHEETS } from './parse.ts';
import { LEAST_SLICED_BYTES, type SheetSlice, slicedSheets } from './sliced-sheets.ts';
import { SheetStatus } from './status.ts';
import { sheetTextAt } from './text/state-text.ts';

/** Only a key of a sheet has this indentation: line breaks in texts are escaped. */
const STATUS_LINE = '\n      "status": "';
/** From the line break before the key of a sheet to its value, without the key. */
const AROUND_KEY = '\n    "": '.length;

const ASCII = new TextDecoder();

/**
 * The state of a text that was checked before: `writeState` has made it of a settled state without non-finite numbers.
 * Its sheets are slices of the text, so only what is around them is parsed. Null for a short text, and for one whose sheets
 * cannot be found by their indentation.
 */
export function stateOfChecked(body: Bytes): CheckpointState | null {
  if (body.byteLength < LEAST_SLICED_BYTES) return null;
  const text = ASCII.decode(body);
  const found = layoutMember(text, SHEETS);
  // The layout is ASCII: only then characters are bytes.
  if (found === null || text.length !== body.byteLength) return null;
  const slices = new Map<string, SheetSlice>();
  for (const { key, start: value, end } of found.entries) {
    const status = statusIn(text, value, end);
    if (status === null) return null;
    const place = { source: body, start: value - AROUND_KEY - key.length, end };
    slices.set(key, { text: sheetTextAt(key, place, { nonFinite: false }), status, sent: null });
  }
  const parsed = parseJson(`${text.slice(0, found.start)}{}${text.slice(found.end)}`, 'file');
  const decoded = parsed.ok ? check(Whole, parsed.value) : parsed;
  if (!decoded.ok || tailOf(decoded.value) !== null) return null;
  return { ...decoded.value, sheets: slicedSheets(slices) };
}

function statusIn(text: string, start: number, end: number): SheetStatus | null {
  const line = text.indexOf(STATUS_LINE, start);
  if (line < 0 || line >= end) return null;
  const first = line + STATUS_LINE.length;
  const status = SheetStatus.safeParse(text.slice(first, text.indexOf('"', first)));
  return status.success ? status.data : null;
}
