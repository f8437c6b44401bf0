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
  LINE_FEED,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
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

export interface OutlineOptions {
  /** The member of the document that is to be outlined. */
  readonly member?: string;
  /** Of so many of its entries the places are wanted. */
  readonly mostEntries?: number;
}

/** The longest way to write one character of a key: `\u0073`. */
const ESCAPED = 6;

/** A way through a text that can be gone in parts. */
interface OutlineScan {
  /** Goes on to that place at least. True at the end of the text, and where it is no JSON text. */
  until(end: number): boolean;
  /** Of what was gone through. */
  outline(): Outline;
}

export function createScan(
  text: string,
  { member, mostEntries = Infinity }: OutlineOptions,
): OutlineScan {
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

  function open(code: number): boolean {
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

  function close(code: number): boolean {
    if (depth === 0 || (isObject[depth] === 1) !== (code === CLOSE_OBJECT)) return false;
    if (!fresh) countValue();
    fresh = false;
    expectsKey = false;
    if (inMember && depth === 2) {
      endEntry();
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

  function endEntry(): void {
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
    const isEscaped = hasBackslash(text, start, end);
    if (isEscaped || !isInOrder(start, end)) {
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

  function isInOrder(start: number, end: number): boolean {
    const first = text.charCodeAt(start);
    const name = first >= 48 && first <= 57 && end - start <= 10 ? text.slice(start, end) : '';
    if (!isIndexKey(name)) {
      isNamed[depth] = 1;
      return true;
    }
    const index = Number(name);
    const inOrder = isNamed[depth] === 0 && index > (lastIndex[depth] ?? 0);
    lastIndex[depth] = index;
    return inOrder;
  }

  function isMember(start: number, end: number, isEscaped: boolean): boolean {
    if (member === undefined) return false;
    if (!isEscaped) return end - start === member.length && text.startsWith(member, start);
    if (end - start > member.length * ESCAPED) return false;
    return decodedKey(text.slice(start, end)) === member;
  }

  let at = 0;
  let isJson = true;

  return {
    until(end) {
      const limit = Math.min(end, text.length);
      for (; isJson && at < limit; at++) {
        const code = text.charCodeAt(at);
        // Half of a file is indentation.
        if (code !== SPACE && code !== LINE_FEED) isJson = token(code);
      }
      return !isJson || at >= text.length;
    },
    outline() {
      return {
        values,
        nodes,
        indentation,
        ordered,
        balanced: isJson && depth === 0,
        member: found,
      };
    },
  };

  /** Takes in the token that begins here, and stops at its last character. False where it can be none. */
  function token(code: number): boolean {
    if (isSpace(code)) return true;
    if (code === QUOTE) return string();
    // Where a key is to come nothing else may, but the end of an empty object.
    if (expectsKey && !(fresh && code === CLOSE_OBJECT)) return false;
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) return open(code);
    if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) return close(code);
    if (code === COMMA) return comma();
    fresh = false;
    awaitsMember = false;
    const end = wordEnd(text, at);
    if (isObject[depth] === 0 && !isCheap(text, at, end)) nodes++;
    at = end - 1;
    return true;
  }

  function comma(): boolean {
    if (fresh || depth === 0) return false;
    countValue();
    expectsKey = isObject[depth] === 1;
    if (inMember && depth === 2) endEntry();
    return true;
  }

  function string(): boolean {
    const start = at + 1;
    const end = closingQuote(text, start);
    if (end < 0) return false;
    fresh = false;
    at = end;
    if (!expectsKey) {
      awaitsMember = false;
      if (isObject[depth] === 0) nodes++;
      return true;
    }
    const colon = afterSpace(text, end + 1);
    if (text.charCodeAt(colon) !== COLON) return false;
    key(start, end, colon);
    at = colon;
    return true;
  }
}
