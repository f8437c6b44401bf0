import { MAX_DEPTH } from './parser.ts';
import {
  afterSpace,
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  closingQuote,
  decodedKey,
  hasBackslash,
  isCheap,
  isSpace,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  wordEnd,
} from './token.ts';
import { isIndexKey } from './value.ts';

/** What a text holds, found without building any of it. */
export interface Outline {
  /** Values of all kinds and depths, containers among them. */
  readonly values: number;
  /** Of these the costly ones: all but whole numbers of few digits and the three words, where they stand in lists. */
  readonly nodes: number;
  /** The characters of line breaks and indentation that the layout of the files puts before them. */
  readonly indentation: number;
  /** Whether the engine's parser, which sorts keys that look like numbers, leaves all keys where they are. */
  readonly ordered: boolean;
  /** Whether every bracket has its other one, and none is nested deeper than the parser allows. */
  readonly balanced: boolean;
  /** Null where the document has no such member, or its last one is no object. */
  readonly member: OutlineMember | null;
}

/** An object that is a member of the document; offsets into the text, `end` behind the last character. */
export interface OutlineMember {
  readonly start: number;
  readonly end: number;
  /** As `Outline.nodes`, of all of it and of its largest entry. */
  readonly nodes: number;
  readonly largest: number;
  /** Entries; a key may come more than once. */
  readonly count: number;
  /** The first of them, as many as were asked for. */
  readonly entries: readonly OutlineEntry[];
}

export interface OutlineEntry {
  /** Between the quotes, as it is written. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
  /** As `Outline.ordered`, of the value of this entry. */
  readonly ordered: boolean;
}

/** The longest way to write one character of a key: `\u0073`. */
const ESCAPED = 6;

interface OutlineOptions {
  /** The member of the document that is to be outlined. */
  readonly member?: string;
  /** Of so many of its entries the places are wanted. */
  readonly mostEntries?: number;
}

/**
 * Goes through a JSON text once, in time linear in its length whatever it holds. Of a text that is no JSON it
 * says something, and throws never: the parser is to refuse it.
 */
export function outlineOf(
  text: string,
  { member, mostEntries = Number.POSITIVE_INFINITY }: OutlineOptions = {},
): Outline {
  const isObject = new Uint8Array(MAX_DEPTH + 2);
  const isNamed = new Uint8Array(MAX_DEPTH + 2);
  const lastIndex = new Float64Array(MAX_DEPTH + 2);
  let depth = 0;
  let values = 1;
  let nodes = 0;
  let indentation = 0;
  let ordered = true;
  let fresh = false;
  let expectsKey = false;
  /** Set between the key of the member and its value. */
  let awaitsMember = false;
  let inMember = false;
  let found: (OutlineMember & { entries: OutlineEntry[] }) | null = null;
  let memberStart = 0;
  let memberNodes = 0;
  let entries: OutlineEntry[] = [];
  let count = 0;
  let largest = 0;
  let entry: { key: string; start: number; nodes: number } | null = null;
  let entryOrdered = true;

  function open(code: number, at: number): boolean {
    depth++;
    nodes++;
    if (depth > MAX_DEPTH) return false;
    isObject[depth] = code === OPEN_OBJECT ? 1 : 0;
    isNamed[depth] = 0;
    lastIndex[depth] = -1;
    expectsKey = code === OPEN_OBJECT;
    if (awaitsMember && code === OPEN_OBJECT) {
      inMember = true;
      memberStart = at;
      memberNodes = nodes;
      entries = [];
      count = 0;
      largest = 0;
    }
    awaitsMember = false;
    fresh = true;
    return true;
  }

  function close(code: number, at: number): boolean {
    if (depth === 0 || (isObject[depth] === 1) !== (code === CLOSE_OBJECT)) return false;
    if (!fresh) countValue();
    fresh = false;
    expectsKey = false;
    if (inMember && depth === 2) {
      endEntry(at);
      inMember = false;
      const held = nodes - memberNodes;
      found = { start: memberStart, end: at + 1, nodes: held, largest, count, entries };
    }
    depth--;
    return true;
  }

  function countValue(): void {
    values++;
    indentation += 1 + 2 * depth;
  }

  function endEntry(at: number): void {
    if (entry === null) return;
    largest = Math.max(largest, nodes - entry.nodes);
    const place = { key: entry.key, start: entry.start, end: at, ordered: entryOrdered };
    if (count < mostEntries) entries.push(place);
    count += 1;
    entry = null;
  }

  function key(start: number, end: number, colon: number): void {
    expectsKey = false;
    nodes++;
    const first = text.charCodeAt(start);
    const isEscaped = hasBackslash(text, start, end);
    let inOrder = !isEscaped;
    if (inOrder) {
      const isIndex =
        first >= 48 && first <= 57 && end - start <= 10 && isIndexKey(text.slice(start, end));
      if (!isIndex) isNamed[depth] = 1;
      else {
        const index = Number(text.slice(start, end));
        inOrder = isNamed[depth] === 0 && index > (lastIndex[depth] ?? 0);
        lastIndex[depth] = index;
      }
    }
    if (!inOrder) {
      ordered = false;
      entryOrdered = false;
    }
    if (depth === 1) {
      awaitsMember = isMember(start, end, isEscaped);
      if (awaitsMember) found = null;
    }
    if (inMember && depth === 2) {
      entry = { key: text.slice(start, end), start: colon + 1, nodes };
      entryOrdered = true;
    }
  }

  function isMember(start: number, end: number, isEscaped: boolean): boolean {
    if (member === undefined) return false;
    if (!isEscaped) return end - start === member.length && text.startsWith(member, start);
    if (end - start > member.length * ESCAPED) return false;
    return decodedKey(text.slice(start, end)) === member;
  }

  const outline = (balanced: boolean): Outline => ({
    values,
    nodes,
    indentation,
    ordered,
    balanced,
    member: found,
  });

  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isSpace(code)) continue;
    if (code === QUOTE) {
      const end = closingQuote(text, at + 1);
      if (end < 0) return outline(false);
      fresh = false;
      if (!expectsKey) {
        awaitsMember = false;
        if (isObject[depth] === 0) nodes++;
        at = end;
        continue;
      }
      const colon = afterSpace(text, end + 1);
      if (text.charCodeAt(colon) !== COLON) return outline(false);
      key(at + 1, end, colon);
      at = colon;
      continue;
    }
    // Where a key is to come nothing else may, but the end of an empty object.
    if (expectsKey && !(fresh && code === CLOSE_OBJECT)) return outline(false);
    if (code === COMMA) {
      if (fresh || depth === 0) return outline(false);
      countValue();
      expectsKey = isObject[depth] === 1;
      if (inMember && depth === 2) endEntry(at);
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      if (!open(code, at)) return outline(false);
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      if (!close(code, at)) return outline(false);
    } else {
      fresh = false;
      awaitsMember = false;
      const end = wordEnd(text, at);
      if (isObject[depth] === 0 && !isCheap(text, at, end)) nodes++;
      at = end - 1;
    }
  }
  return outline(depth === 0);
}
