import { sharedMembersMemory } from '../json/value-memory.ts';
import { asciiBytes, layoutText } from '../json/writer.ts';
import { dictionary } from '../schema/dictionary.ts';
import type { SheetState } from './sheet.ts';
import { type SheetText, sheetTextAt } from './text/state-text.ts';

type Entry = readonly [string, SheetState];

/** The texts of sheets. They are kept for the next write of their state. */
const texts = new WeakMap<SheetState, SheetText>();

/** The text of a sheet under its key, if it is known. */
export function knownSheetText(key: string, sheet: SheetState): SheetText | null {
  const known = texts.get(sheet);
  return known?.key === key ? known : null;
}

/** The text of a sheet under its key. */
export function sheetTextOf(key: string, sheet: SheetState): SheetText {
  return (
    knownSheetText(key, sheet) ??
    encodeOne({ key, sheet, valueBytes: sharedMembersMemory(sheet, 1) })
  );
}

/** Keeps a text of a sheet that is known to be the one that `sheetTextOf` would make. */
export function keepSheetText(sheet: SheetState, text: SheetText): void {
  texts.set(sheet, text);
}

/** The text of a sheet that has no NaN and no infinite number; null for others. */
export function finiteTextOf(key: string, sheet: SheetState): SheetText | null {
  const text = sheetTextOf(key, sheet);
  if (!text.nonFinite) return text;
  const sheets = { [key]: sheet };
  if (layoutText(sheets, 'word') !== layoutText(sheets, 'null')) return null;
  const finite = sheetTextAt(key, text, { nonFinite: false, valueBytes: text.valueBytes });
  keepSheetText(sheet, finite);
  return finite;
}

/** The texts of sheets in their order. Neighbours that are not known yet are encoded together. */
export function sheetTextsOf(entries: Iterable<Entry>): SheetText[] {
  const found: SheetText[] = [];
  let missing: Entry[] = [];

  function encodeMissing(): void {
    for (const steps = encodeSheets(missing); !steps.next().done; );
    for (const [key, sheet] of missing) found.push(sheetTextOf(key, sheet));
    missing = [];
  }

  for (const entry of entries) {
    const known = knownSheetText(...entry);
    if (known === null) {
      missing.push(entry);
      continue;
    }
    if (missing.length > 0) encodeMissing();
    found.push(known);
  }
  if (missing.length > 0) encodeMissing();
  return found;
}

/** Sheets are encoded together while their values take up to this many bytes of memory. */
const BATCH_BYTES = 256 * 1024;

/** A sheet with what it takes in memory if its text is ASCII. */
interface Weighed {
  readonly key: string;
  readonly sheet: SheetState;
  readonly valueBytes: number;
}

/** Encodes the sheets whose texts are not known, several at once. Yields the bytes of each step. */
export function* encodeSheets(entries: Iterable<Entry>): Generator<number, void> {
  let batch: Weighed[] = [];
  let batchBytes = 0;
  for (const [key, sheet] of entries) {
    if (knownSheetText(key, sheet) !== null) continue;
    const valueBytes = sharedMembersMemory(sheet, 1);
    if (batch.length > 0 && batchBytes + valueBytes > BATCH_BYTES) {
      yield encodeBatch(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push({ key, sheet, valueBytes });
    batchBytes += valueBytes;
  }
  if (batch.length > 0) yield encodeBatch(batch);
}

const BEFORE_ENTRY = '{\n  "sheets": {'.length;
const AFTER_ENTRY = '\n  }\n}'.length;

function encodeOne({ key, sheet, valueBytes }: Weighed): SheetText {
  const text = layoutText({ sheets: { [key]: sheet } }, 'word');
  const source = asciiBytes(text.slice(BEFORE_ENTRY, -AFTER_ENTRY));
  const isAscii = source.byteLength === text.length - BEFORE_ENTRY - AFTER_ENTRY;
  const place = { source, start: 0, end: source.byteLength };
  const encoded = sheetTextAt(key, place, {
    nonFinite: mayHaveNonFinite(text),
    valueBytes: isAscii ? valueBytes : sharedMembersMemory(sheet, 2),
  });
  texts.set(sheet, encoded);
  return encoded;
}

/** Only between two sheets: line breaks in texts are escaped, and what is in a sheet has more indentation. */
const BETWEEN = '\n    },\n    "';
const COMMA_AT = BETWEEN.indexOf(',');

function encodeBatch(batch: readonly Weighed[]): number {
  const [first] = batch;
  if (batch.length === 1 && first !== undefined) return lengthOf(encodeOne(first));
  const sheets = new Map(batch.map(({ key, sheet }) => [key, sheet]));
  const text = layoutText({ sheets: dictionary(sheets) }, 'word');
  const source = asciiBytes(text);
  // An escape is longer than its character, so the places in the text are not those in the bytes.
  if (source.byteLength !== text.length) {
    for (const weighed of batch) encodeOne(weighed);
    return source.byteLength;
  }
  const nonFinite = mayHaveNonFinite(text);
  let start = BEFORE_ENTRY;
  for (const { key, sheet, valueBytes } of batch) {
    const next = text.indexOf(BETWEEN, start);
    const end = next === -1 ? text.length - AFTER_ENTRY : next + COMMA_AT;
    const isOdd = nonFinite && mayHaveNonFinite(text.slice(start, end));
    const place = { source, start, end };
    texts.set(sheet, sheetTextAt(key, place, { nonFinite: isOdd, valueBytes }));
    start = end + 1;
  }
  return source.byteLength;
}

/** The bytes of a sheet in the text of its state. */
export function sheetBytes(key: string, sheet: SheetState): number {
  return lengthOf(sheetTextOf(key, sheet));
}

function lengthOf({ start, end }: SheetText): number {
  return end - start;
}

/** Strings may contain these words too. The only consequence is that the state is written twice. */
export function mayHaveNonFinite(text: string): boolean {
  return text.includes('NaN') || text.includes('Infinity');
}
