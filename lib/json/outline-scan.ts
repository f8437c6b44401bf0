import type { Outline, OutlineEntry, OutlineMember, OutlineOptions } from './outline-shape.ts';
import { MAX_DEPTH } from './parser.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  closingQuote,
  decodeKey,
  hasBackslash,
  isCheap,
  isSpace,
  LINE_FEED,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  scalarEnd,
  skipSpace,
} from './token.ts';
import { isIndexKey } from './value.ts';

/** The longest way to write one character of a key: `\u0073`. */
const ESCAPED = 6;

/** A scan of a text that can run in steps. */
interface OutlineScan {
  /** Scans at least up to the offset `end`. True at the end of the text, or if the text is not JSON. */
  until(end: number): boolean;
  /** The outline of the text that is scanned so far. */
  outline(): Outline;
}

export function createScan(
  text: string,
  { member, maxEntries = Infinity }: OutlineOptions,
): OutlineScan {
  const isObject = new Uint8Array(MAX_DEPTH + 2);
  const isNamed = new Uint8Array(MAX_DEPTH + 2);
  const lastIndex = new Float64Array(MAX_DEPTH + 2);
  let depth = 0;
  let values = 1;
  let nodes = 0;
  let indentation = 0;
  let ordered = true;
  /** Whether the innermost container has no value yet. */
  let isEmpty = false;
  let expectsKey = false;
  /** True between the key of the member and its value. */
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
    isEmpty = true;
    return true;
  }

  function close(code: number): boolean {
    if (depth === 0 || (isObject[depth] === 1) !== (code === CLOSE_OBJECT)) return false;
    if (!isEmpty) countValue();
    isEmpty = false;
    expectsKey = false;
    if (inMember && depth === 2) {
      endEntry();
      inMember = false;
      const ownNodes = nodes - memberNodes;
      found = { start: memberStart, end: at + 1, nodes: ownNodes, largest, count, entries };
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
    const range = { key: entry.key, start: entry.start, end: at, ordered: entryOrdered };
    if (count < maxEntries) entries.push(range);
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
    return decodeKey(text.slice(start, end)) === member;
  }

  let at = 0;
  let isJson = true;

  return {
    until(end) {
      const limit = Math.min(end, text.length);
      for (; isJson && at < limit; at++) {
        const code = text.charCodeAt(at);
        // Half of a file is indentation, so white space takes the short path.
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

  /** Reads the token at the current place and moves to its last character. False if no token can be here. */
  function token(code: number): boolean {
    if (isSpace(code)) return true;
    if (code === QUOTE) return string();
    // In place of a key only the end of an empty object is allowed.
    if (expectsKey && !(isEmpty && code === CLOSE_OBJECT)) return false;
    if (code === OPEN_OBJECT || code === OPEN_ARRAY) return open(code);
    if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) return close(code);
    if (code === COMMA) return comma();
    isEmpty = false;
    awaitsMember = false;
    const end = scalarEnd(text, at);
    if (isObject[depth] === 0 && !isCheap(text, at, end)) nodes++;
    at = end - 1;
    return true;
  }

  function comma(): boolean {
    if (isEmpty || depth === 0) return false;
    countValue();
    expectsKey = isObject[depth] === 1;
    if (inMember && depth === 2) endEntry();
    return true;
  }

  function string(): boolean {
    const start = at + 1;
    const end = closingQuote(text, start);
    if (end < 0) return false;
    isEmpty = false;
    at = end;
    if (!expectsKey) {
      awaitsMember = false;
      if (isObject[depth] === 0) nodes++;
      return true;
    }
    const colon = skipSpace(text, end + 1);
    if (text.charCodeAt(colon) !== COLON) return false;
    key(start, end, colon);
    at = colon;
    return true;
  }
}
