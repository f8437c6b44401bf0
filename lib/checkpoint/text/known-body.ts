import { type ByteRange, hasBytesAt } from '../../base/bytes.ts';
import { yieldToEventLoop } from '../../base/event-loop-turn.ts';
import { keyAt, skipSpaceBytes, valueEnd } from '../../json/byte-scan.ts';
import { CLOSE_OBJECT, COMMA, OPEN_OBJECT } from '../../json/token.ts';
import type { Bytes } from '../../store.ts';
import type { SheetText } from './state-text.ts';

/** A sheet whose bytes are looked for. */
export interface KnownSheet {
  readonly text: SheetText;
  /** Its key and value as the last request had them, null if these are the bytes of `text`. */
  readonly sent: ByteRange | null;
}

/** A sheet in a body: one that is known already, or one that must be parsed. */
export type SentSheet<Known> = {
  readonly key: string;
  /** Its key and its value in the body. */
  readonly range: ByteRange;
} & (
  | { readonly kind: 'known'; readonly slice: Known; readonly isAsStored: boolean }
  | { readonly kind: 'new' }
);

/** A body of a request of which most sheets are known. */
export interface KnownBody<Known> {
  /** In the order of the body. */
  readonly sheets: readonly SentSheet<Known>[];
  /** The offset of the brace before the sheets, and the one behind that after them. */
  readonly start: number;
  readonly end: number;
}

/** A body with more bytes to parse is parsed as a whole, with turns of the event loop in between. */
const MOST_BYTES = 1024 * 1024;
/** The scan gives up if it has found less than half of this many bytes to be known. */
const FIRST_BYTES = 64 * 1024;
/** About 10 ms of work. */
const BYTES_PER_TURN = 4 * 1024 * 1024;

const SHEETS = new TextEncoder().encode('"sheets"');

/**
 * Finds the sheets of a body that are known, by their bytes. Null if there are too few of them, or anything is unusual.
 * What this passes over is not checked: that the sheets are those of the state, the parser must confirm.
 */
export function findKnown<Known extends KnownSheet>(
  body: Bytes,
  known: ReadonlyMap<string, Known>,
): KnownBody<Known> | null {
  const start = startOfSheets(body);
  if (start === null) return null;
  const scan: Scan<Known> = { body, known: [...known.values()], keys: null, next: 0 };
  const sheets: SentSheet<Known>[] = [];
  let matched = 0;
  let unknown = 0;
  let at = skipSpaceBytes(body, start + 1);
  if (body[at] === CLOSE_OBJECT) return null;
  for (;;) {
    const sheet = nextSheet(scan, at);
    if (sheet === null) return null;
    sheets.push(sheet);
    const { start: first, end } = sheet.range;
    if (sheet.kind === 'known') matched += end - first;
    else unknown += end - first;
    if (unknown > FIRST_BYTES + matched / 2) return null;
    at = skipSpaceBytes(body, end);
    if (body[at] === CLOSE_OBJECT) break;
    if (body[at] !== COMMA) return null;
    at = skipSpaceBytes(body, at + 1);
  }
  const end = at + 1;
  const isWorthIt = matched > 0 && start + unknown + (body.byteLength - end) <= MOST_BYTES;
  return isWorthIt ? { sheets, start, end } : null;
}

/** As `findKnown`, for a body of which nothing is known. Null also if its sheets have the form in which they are stored. */
export async function findSheets(
  body: Bytes,
  first: SheetText,
): Promise<Pick<KnownBody<never>, 'sheets' | 'start'> | null> {
  const start = startOfSheets(body);
  if (start === null) return null;
  const scan: Scan<never> = { body, known: [], keys: null, next: 0 };
  const sheets: SentSheet<never>[] = [];
  let at = skipSpaceBytes(body, start + 1);
  if (hasBytesAt(body, at, sentForm(first))) return null;
  let turnAt = at + BYTES_PER_TURN;
  for (;;) {
    const sheet = nextSheet(scan, at);
    if (sheet === null) return null;
    sheets.push(sheet);
    at = skipSpaceBytes(body, sheet.range.end);
    if (body[at] === CLOSE_OBJECT) return { sheets, start };
    if (body[at] !== COMMA) return null;
    at = skipSpaceBytes(body, at + 1);
    if (at < turnAt) continue;
    turnAt = at + BYTES_PER_TURN;
    await yieldToEventLoop();
  }
}

/** The offset of the brace before the first sheet: that of the first member `sheets` of the document. */
function startOfSheets(body: Bytes): number | null {
  let at = skipSpaceBytes(body, 0);
  if (body[at] !== OPEN_OBJECT) return null;
  for (;;) {
    const key = keyAt(body, skipSpaceBytes(body, at + 1));
    if (key === null) return null;
    const { value } = key;
    if (hasBytesAt(body, key.start, { source: SHEETS, start: 0, end: SHEETS.byteLength })) {
      return body[value] === OPEN_OBJECT ? value : null;
    }
    const end = valueEnd(body, value, MOST_BYTES);
    if (end < 0) return null;
    at = skipSpaceBytes(body, end);
    if (body[at] !== COMMA) return null;
  }
}

interface Scan<Known> {
  readonly body: Bytes;
  readonly known: readonly Known[];
  /** The places of the keys in `known`, once they were asked for. */
  keys: ReadonlyMap<string, number> | null;
  /** The place in `known` of the sheet that is expected next. */
  next: number;
}

/** The sheet at this offset. Null if there is none, or if it is not where it is expected among the known ones. */
function nextSheet<Known extends KnownSheet>(
  scan: Scan<Known>,
  at: number,
): SentSheet<Known> | null {
  const { body } = scan;
  const expected = takeKnown(scan, at);
  if (expected !== null) return expected;
  const member = keyAt(body, at);
  if (member === null) return null;
  const key = ASCII.decode(body.subarray(member.start + 1, member.end));
  scan.keys ??= new Map(scan.known.map(({ text }, place) => [text.key, place]));
  const place = scan.keys.get(key);
  if (place !== undefined) {
    // Two sheets of one key, or sheets in another order.
    if (place < scan.next) return null;
    const isSkipped = place > scan.next;
    scan.next = place;
    const known = isSkipped ? takeKnown(scan, at) : null;
    if (known !== null) return known;
    scan.next += 1;
  }
  const end = valueEnd(body, member.value, at + MOST_BYTES);
  return end < 0 ? null : { kind: 'new', key, range: { source: body, start: at, end } };
}

/** The sheet that is expected next among the known ones, if it is at this offset: as it is stored, or was sent last. */
function takeKnown<Known extends KnownSheet>(
  scan: Scan<Known>,
  at: number,
): SentSheet<Known> | null {
  const { body } = scan;
  const slice = scan.known[scan.next];
  if (slice === undefined) return null;
  const isAsStored = hasBytesAt(body, at, sentForm(slice.text));
  const range = isAsStored ? sentForm(slice.text) : slice.sent;
  if (range === null || (!isAsStored && !hasBytesAt(body, at, range))) return null;
  scan.next += 1;
  const end = at + range.end - range.start;
  const { key } = slice.text;
  return { kind: 'known', key, slice, isAsStored, range: { source: body, start: at, end } };
}

/** The line break and the indentation before the key of a sheet. */
const INDENTATION = '\n    '.length;

/** The key and the value of a sheet as a body has them that is in the layout of the files. */
export function sentForm({ source, start, end }: SheetText): ByteRange {
  return { source, start: start + INDENTATION, end };
}

const ASCII = new TextDecoder();
