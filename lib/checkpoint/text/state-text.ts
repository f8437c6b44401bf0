import type { Bytes } from '../../store.ts';

/**
 * The text of a sheet in the text of its state: its key and its members with their indentation, without the comma
 * behind it. It is `source` from `start` to `end`. The place may change, the text does not: sheets that a change leaves
 * alone have the same text object in the text of the next state.
 */
export interface SheetText {
  readonly key: string;
  readonly source: Bytes;
  readonly start: number;
  readonly end: number;
  /** Whether it may contain a non-finite number. */
  readonly nonFinite: boolean;
  /** The bytes that the parsed sheet takes in memory at most. */
  readonly valueBytes: number;
}

/**
 * The text of a state in slices. The layout is ASCII, so characters are bytes. Immutable, but for where the bytes of
 * its sheets are.
 */
export interface StateText {
  readonly byteLength: number;
  /** Whether it may contain a non-finite number. */
  readonly nonFinite: boolean;
  /** Null for a text that is kept as a whole. */
  readonly slices: StateSlices | null;
  /** The bytes that the text and the parsed state take in memory at most. */
  readonly memoryBytes: number;
  /**
   * The whole text as few arrays, which never change: without a copy if the text is long. For `writev` and
   * `ObjectStore.put`.
   */
  parts(): readonly Bytes[];
  /** The whole text in one array. The first call copies it, and moves the texts of the sheets into the copy. */
  toBytes(): Bytes;
}

/** A text of a state between whose `head` and `tail` there are its sheets, separated by commas. */
export interface StateSlices {
  readonly head: Bytes;
  readonly sheets: readonly SheetText[];
  readonly tail: Bytes;
}

/** A text up to this length is one part: to copy it costs less than another part. */
const SMALL_BYTES = 64 * 1024;
/** A text in more parts than this is copied once. A system call takes 1,024 of them. */
const MAX_PARTS = 256;

/** Its text's place, and entries of lists and maps. */
const MEMORY_PER_SHEET = 320;
/** What parsed values take for each byte of their text at most. Many empty objects take most. */
const MEMORY_PER_BYTE = 7;

const COMMA = new Uint8Array([0x2c]);

/**
 * The text of a sheet at a place in an array that never changes. Behind one that has another sheet's text as its
 * neighbour, one byte further, there is a comma in the array.
 */
export function sheetTextAt(
  key: string,
  place: { readonly source: Bytes; readonly start: number; readonly end: number },
  {
    nonFinite,
    valueBytes = (place.end - place.start) * MEMORY_PER_BYTE,
  }: { readonly nonFinite: boolean; readonly valueBytes?: number },
): SheetText {
  const { source, start, end } = place;
  return { key, source, start, end, nonFinite, valueBytes };
}

export function bytesOfSheet({ source, start, end }: SheetText): Bytes {
  return source.subarray(start, end);
}

/** A text without slices. */
export function wholeText(bytes: Bytes, nonFinite: boolean): StateText {
  return {
    byteLength: bytes.byteLength,
    nonFinite,
    slices: null,
    memoryBytes: bytes.byteLength * (1 + MEMORY_PER_BYTE),
    parts: () => [bytes],
    toBytes: () => bytes,
  };
}

export function slicedText(slices: StateSlices, nonFinite: boolean): StateText {
  const { byteLength, memoryBytes } = sizesOf(slices);
  let whole: Bytes | null = null;

  function toBytes(): Bytes {
    whole ??= joined(slices, byteLength);
    return whole;
  }

  return {
    byteLength,
    nonFinite,
    slices,
    memoryBytes,
    toBytes,
    parts() {
      if (whole !== null || byteLength <= SMALL_BYTES) return [toBytes()];
      // The copy is not kept: the texts of the sheets are in it, and the next parts are pieces of it.
      return partsOf(slices) ?? [joined(slices, byteLength)];
    },
  };
}

function sizesOf({
  head,
  sheets,
  tail,
}: StateSlices): Pick<StateText, 'byteLength' | 'memoryBytes'> {
  const around = head.byteLength + tail.byteLength;
  let byteLength = around + Math.max(0, sheets.length - 1);
  let valueBytes = around * MEMORY_PER_BYTE;
  const sources = new Set([head]);
  let last = head;
  for (const { source, start, end, valueBytes: ofSheet } of sheets) {
    byteLength += end - start;
    valueBytes += ofSheet + MEMORY_PER_SHEET;
    if (source !== last) sources.add(source);
    last = source;
  }
  let textBytes = 0;
  for (const source of sources) textBytes += source.byteLength;
  // A small text is joined for each write, and once more for an answer that shows less.
  if (byteLength <= SMALL_BYTES) textBytes += byteLength;
  return { byteLength, memoryBytes: Math.max(textBytes, byteLength) + valueBytes };
}

/** Neighbours of one array are one part. Null if there are too many parts. */
function partsOf({ head, sheets, tail }: StateSlices): Bytes[] | null {
  const parts = [head];
  let run: Place | null = null;
  for (const sheet of sheets) {
    if (run !== null && follows(run, sheet)) {
      run.end = sheet.end;
      continue;
    }
    if (run !== null) parts.push(run.source.subarray(run.start, run.end), COMMA);
    if (parts.length > MAX_PARTS) return null;
    run = { source: sheet.source, start: sheet.start, end: sheet.end };
  }
  if (run !== null) parts.push(run.source.subarray(run.start, run.end));
  parts.push(tail);
  return parts;
}

/** Whether two sheets are neighbours in one text. Then there is a comma between them. */
function follows(before: Pick<SheetText, 'source' | 'end'>, sheet: SheetText): boolean {
  return sheet.source === before.source && sheet.start === before.end + 1;
}

/** The whole text. The sheets are in it from now on, so that nothing else keeps their old bytes. */
function joined({ head, sheets, tail }: StateSlices, byteLength: number): Bytes {
  const bytes = new Uint8Array(byteLength);
  bytes.set(head);
  let at = head.byteLength;
  let index = 0;
  while (index < sheets.length) {
    const end = endOfRun(sheets, index);
    if (index > 0) bytes.set(COMMA, at++);
    at = move(sheets.slice(index, end), bytes, at);
    index = end;
  }
  bytes.set(tail, at);
  return bytes;
}

/** The index behind the last of the neighbours that start with this one. */
function endOfRun(sheets: readonly SheetText[], first: number): number {
  let index = first + 1;
  for (; index < sheets.length; index++) {
    const [before, sheet] = [sheets[index - 1], sheets[index]];
    if (before === undefined || sheet === undefined || !follows(before, sheet)) break;
  }
  return index;
}

/** Where the text of a sheet is. */
interface Place {
  source: Bytes;
  start: number;
  end: number;
}

/** Copies neighbours, and changes where they are. Returns the offset behind them. */
function move(run: readonly Place[], bytes: Bytes, at: number): number {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return at;
  const copied = first.source.subarray(first.start, last.end);
  bytes.set(copied, at);
  const by = at - first.start;
  for (const sheet of run) {
    sheet.source = bytes;
    sheet.start += by;
    sheet.end += by;
  }
  return at + copied.byteLength;
}
