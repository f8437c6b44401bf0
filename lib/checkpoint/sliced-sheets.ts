import { orderedObject } from '../json/value.ts';
import { type Dictionary, entriesOf, entryAt, valuesOf } from '../schema/dictionary.ts';
import { parseSheet } from './parse-sheet.ts';
import type { SheetState } from './sheet.ts';
import { finiteTextOf, keepSheetText, knownSheetText } from './sheet-texts.ts';
import type { SheetStatus } from './status.ts';
import type { KnownSheet } from './text/known-body.ts';
import { bytesOfSheet, type SheetText } from './text/state-text.ts';

/*
 * The sheets of a state as slices of its text. A sheet is parsed when it is read, but to save the state, to count its
 * sheets or to ask for their statuses needs no sheet. Sliced sheets are settled, and have no non-finite numbers.
 */

/** A sheet as its text. Its bytes never change, and whatever request has them means this sheet. */
export interface SheetSlice extends KnownSheet {
  readonly status: SheetStatus;
}

/** By key, in the order of the state. */
export type SheetSlices = ReadonlyMap<string, SheetSlice>;

/** To parse a shorter text as a whole costs no more than to find its sheets. */
export const LEAST_SLICED_BYTES = 24 * 1024;

const SLICES = Symbol('slices');

/** The dictionary of these sheets. Each is parsed when it is read. */
export function slicedSheets(
  slices: SheetSlices,
  changed: readonly (readonly [string, SheetState])[] = [],
): Dictionary<SheetState> {
  /** What is parsed stays only as long as somebody has it. */
  const parsed = new Map(changed.map(([key, sheet]) => [key, new WeakRef(sheet)]));

  function sheetOf(key: string, { text }: SheetSlice): SheetState {
    const known = parsed.get(key)?.deref();
    if (known !== undefined) return known;
    const sheet = parsedSheet(text);
    keepSheetText(sheet, text);
    parsed.set(key, new WeakRef(sheet));
    return sheet;
  }

  function get(key: string): SheetState | undefined {
    const slice = slices.get(key);
    return slice === undefined ? undefined : sheetOf(key, slice);
  }

  function* entries(): MapIterator<[string, SheetState]> {
    for (const [key, slice] of slices) yield [key, sheetOf(key, slice)];
  }

  function* values(): MapIterator<SheetState> {
    for (const [, sheet] of entries()) yield sheet;
  }

  const sheets = orderedObject<SheetState>([]);
  Object.defineProperty(sheets, 'size', { get: () => slices.size });
  return Object.assign(sheets, {
    get,
    has: (key: string) => slices.has(key),
    keys: () => slices.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    forEach(call: (sheet: SheetState, key: string, all: ReadonlyMap<string, SheetState>) => void) {
      for (const [key, sheet] of entries()) call(sheet, key, sheets);
    },
    [SLICES]: slices,
  });
}

function parsedSheet(text: SheetText): SheetState {
  const written = ASCII.decode(bytesOfSheet(text));
  const start = written.indexOf(KEY_END) + KEY_END.length;
  const part = { key: text.key, start, end: written.length };
  // What is written was parsed before, or made of what was.
  const sheet = parseSheet(written, part, { source: 'file', isShallow: true });
  if (sheet.ok) return sheet.value;
  throw new Error(`The text of sheet ${text.key} is not valid: ${JSON.stringify(sheet.faults)}`);
}

/** Keys are integers. */
const KEY_END = '": ';
const ASCII = new TextDecoder();

/**
 * Sliced sheets with one of them replaced at its place, or added at the end. The sheet must be settled. Null if the
 * sheets are not sliced, or if the sheet cannot be a slice.
 */
export function withSlice(
  sheets: Dictionary<SheetState>,
  key: string,
  sheet: SheetState,
): Dictionary<SheetState> | null {
  const slices = slicesOf(sheets);
  const text = slices === null ? null : finiteTextOf(key, sheet);
  if (slices === null || text === null) return null;
  const slice = { text, status: sheet.status, sent: null };
  return slicedSheets(new Map(slices).set(key, slice), [[key, sheet]]);
}

/** The slices of sliced sheets; null for others. */
export function slicesOf(sheets: Dictionary<SheetState>): SheetSlices | null {
  const slices: SheetSlices | undefined = Reflect.get(sheets, SLICES);
  return slices ?? null;
}

/** The sheets as slices, as far as their texts are known. Their state must be settled. */
export function knownSlices(sheets: Dictionary<SheetState>): SheetSlices {
  const sliced = slicesOf(sheets);
  if (sliced !== null) return sliced;
  const known = new Map<string, SheetSlice>();
  for (const [key, sheet] of entriesOf<SheetState>(sheets)) {
    const text = knownSheetText(key, sheet);
    if (text !== null && !text.nonFinite)
      known.set(key, { text, status: sheet.status, sent: null });
  }
  return known;
}

/** The status of a sheet; null if the state does not have the sheet. */
export function statusAt(sheets: Dictionary<SheetState>, key: string): SheetStatus | null {
  const slices = slicesOf(sheets);
  if (slices !== null) return slices.get(key)?.status ?? null;
  return entryAt(sheets, key)?.status ?? null;
}

/** How many sheets are completed. Each update asks several times. A generator would take several times as long. */
export function countCompleted(sheets: Dictionary<SheetState>): number {
  let completed = 0;
  for (const { status } of slicesOf(sheets)?.values() ?? valuesOf(sheets)) {
    if (status === 'completed') completed += 1;
  }
  return completed;
}

/** Whether every sheet that is there is completed. */
export function areAllCompleted(sheets: Dictionary<SheetState>): boolean {
  for (const { status } of slicesOf(sheets)?.values() ?? valuesOf(sheets)) {
    if (status !== 'completed') return false;
  }
  return true;
}
