import { sameRange } from '../base/bytes.ts';
import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import type { Timestamp } from '../base/timestamp.ts';
import { decodeUtf8 } from '../base/utf8.ts';
import { outlineInTurns, outlineOf } from '../json/outline.ts';
import type { Outline } from '../json/outline-shape.ts';
import { entriesOf, entryAt, integerKey } from '../schema/dictionary.ts';
import type { Bytes } from '../store.ts';
import type { CheckpointState } from './checkpoint.ts';
import { parseLarge } from './large-state.ts';
import { MAX_PART_NODES, maxValues, type StateLimits } from './limits.ts';
import { SHEETS } from './parse.ts';
import { settle } from './settle.ts';
import type { SheetState } from './sheet.ts';
import { finiteTextOf } from './sheet-texts.ts';
import { type SheetSlice, type SheetSlices, slicedSheets } from './sliced-sheets.ts';
import {
  findKnown,
  findSheets,
  type KnownBody,
  type SentSheet,
  sentForm,
} from './text/known-body.ts';
import { bytesOfSheet, type SheetText } from './text/state-text.ts';

/** From this length on the event loop runs between the steps. */
const LARGE_CHARACTERS = 64 * 1024;

/**
 * Parses the body of a request as a whole state. Its sheets that are known by their bytes are neither parsed nor
 * checked, nor written again. Null if it has none, if it is refused, or if anything about it is unusual: then the
 * whole body must be parsed. `known` are settled sheets of any state.
 */
export async function parseKnown(
  body: Bytes,
  known: SheetSlices,
  { now, limits }: { readonly now: Timestamp; readonly limits: StateLimits },
): Promise<CheckpointState | null> {
  const found = findKnown(body, known);
  if (found === null || found.sheets.length > limits.sheets) return null;
  const rest = withoutKnown(body, found);
  if (rest === null) return null;
  const outline = await outlineInTurns(rest.text, { member: SHEETS });
  const { member } = outline;
  if (!outline.balanced || member?.start !== rest.start || member.end !== rest.end) return null;
  if (!(await isWithin(limits, outline, found))) return null;
  const isHuge = rest.text.length >= LARGE_CHARACTERS;
  const parsed = await parseLarge(rest.text, outline, { source: 'request', isHuge });
  if (!parsed.ok) return null;
  const state = settle(parsed.value, now);
  const slices = slicesFrom(body, found.sheets, { parsed: parsed.value, settled: state });
  return slices === null ? null : { ...state, sheets: slicedSheets(slices) };
}

/** The body without the known sheets, as text, with the offsets of the braces around the others. */
function withoutKnown(
  body: Bytes,
  { sheets, start, end }: KnownBody<SheetSlice>,
): { readonly text: string; readonly start: number; readonly end: number } | null {
  const head = decodeUtf8(body.subarray(0, start));
  const tail = decodeUtf8(body.subarray(end));
  if (head === null || tail === null) return null;
  const texts: string[] = [];
  for (const { kind, range } of sheets) {
    if (kind === 'known') continue;
    const text = decodeUtf8(body.subarray(range.start, range.end));
    if (text === null) return null;
    texts.push(text);
  }
  const others = `{${texts.join(',')}}`;
  return {
    text: `${head}${others}${tail}`,
    start: head.length,
    end: head.length + others.length,
  };
}

/** A value in the layout has a line of at least this many bytes, because of its indentation. */
const BYTES_PER_VALUE = 8;
const NODES_PER_VALUE = 2;

/** Whether the whole body certainly is within the limits. */
async function isWithin(
  limits: StateLimits,
  { values, nodes, indentation, member }: Outline,
  { sheets }: KnownBody<SheetSlice>,
): Promise<boolean> {
  const most = maxValues(limits);
  const largest = Math.max(nodes - (member?.nodes ?? 0), member?.largest ?? 0);
  if (largest > MAX_PART_NODES) return false;
  let bytes = indentation;
  let counted = values;
  for (const sheet of sheets) {
    if (sheet.kind !== 'known') continue;
    const { start, end } = sheet.slice.text;
    bytes += end - start;
    const bound = (end - start) / BYTES_PER_VALUE;
    if (bound * NODES_PER_VALUE > MAX_PART_NODES && !hasFewLines(sheet.slice.text)) return false;
    counted += bound;
  }
  if (bytes > limits.bytes) return false;
  if (counted <= most) return true;
  counted = values;
  let turnAt = BYTES_PER_TURN;
  let looked = 0;
  for (const sheet of sheets) {
    if (sheet.kind !== 'known') continue;
    const { start, end } = sheet.slice.text;
    counted += linesOf(sheet.slice.text);
    if (counted > most) return false;
    looked += end - start;
    if (looked < turnAt) continue;
    turnAt = looked + BYTES_PER_TURN;
    await yieldToEventLoop();
  }
  return true;
}

const BYTES_PER_TURN = 8 * 1024 * 1024;

function hasFewLines(text: SheetText): boolean {
  return linesOf(text) * NODES_PER_VALUE <= MAX_PART_NODES;
}

/** How many lines the text of a sheet has. It has no more values than these. */
function linesOf(text: SheetText): number {
  const bytes = bytesOfSheet(text);
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++;
  return lines;
}

const LINE_FEED = 10;

/** Null if a sheet cannot be sliced. */
function slicesFrom(
  body: Bytes,
  sent: readonly SentSheet<SheetSlice>[],
  states: { readonly parsed: CheckpointState; readonly settled: CheckpointState },
): SheetSlices | null {
  const slices = new Map<string, SheetSlice>();
  for (const sheet of sent) {
    const slice = sheet.kind === 'known' ? sentAgain(sheet) : newSlice(body, sheet, states);
    if (slice === null || slices.has(sheet.key)) return null;
    slices.set(sheet.key, slice);
  }
  return slices;
}

function sentAgain({
  slice,
  isAsStored,
  range,
}: Extract<SentSheet<SheetSlice>, { kind: 'known' }>): SheetSlice {
  const { text, status, sent } = slice;
  // Only the last body is kept.
  if (!isAsStored) return { text, status, sent: range };
  return sent === null ? slice : { text, status, sent: null };
}

function newSlice(
  body: Bytes,
  { key, range }: SentSheet<SheetSlice>,
  { parsed, settled }: { readonly parsed: CheckpointState; readonly settled: CheckpointState },
): SheetSlice | null {
  // A key may be written in several ways: "01" is that of sheet 1.
  if (integerKey(key) !== key) return null;
  const sheet = entryAt<SheetState>(settled.sheets, key);
  const text = sheet === null ? null : finiteTextOf(key, sheet);
  if (sheet === null || text === null) return null;
  // What the time of the request has become a part of is another sheet next time.
  const isSettled = entryAt<SheetState>(parsed.sheets, key) === sheet;
  const isAsStored = sameRange(range, sentForm(text));
  const sent = isSettled && !isAsStored ? { ...range, source: body } : null;
  return { text, status: sheet.status, sent };
}

/**
 * The state with its sheets as slices, so that those of the next body are known. `text` is the text of `body`, which it
 * was parsed from. The same state if it has sheets that cannot be sliced.
 */
export async function withSlices(
  {
    body,
    text,
    outline,
  }: { readonly body: Bytes; readonly text: string; readonly outline: Outline | null },
  states: { readonly parsed: CheckpointState; readonly settled: CheckpointState },
): Promise<CheckpointState> {
  const { settled } = states;
  const slices = new Map<string, SheetSlice>();
  for (const [key, sheet] of entriesOf<SheetState>(settled.sheets)) {
    const finite = finiteTextOf(key, sheet);
    if (finite === null) return settled;
    slices.set(key, { text: finite, status: sheet.status, sent: null });
  }
  const [first] = slices.values();
  const found = first === undefined ? null : await findSheets(body, first.text);
  if (found !== null) {
    // An object may have several members `sheets`, of which the last one counts.
    const { member } = outline ?? outlineOf(text, { member: SHEETS });
    const start = decodeUtf8(body.subarray(0, found.start))?.length;
    const sent = member?.start === start ? found.sheets : [];
    for (const sheet of sent) {
      const slice = newSlice(body, sheet, states);
      if (slice !== null) slices.set(sheet.key, slice);
    }
  }
  return { ...settled, sheets: slicedSheets(slices) };
}
