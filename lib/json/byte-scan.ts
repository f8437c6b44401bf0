import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isSpace,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
} from './token.ts';

/*
 * Finds parts of a JSON text by its bytes. It does not check them: the parser must read all that was passed over, unless
 * it is known already.
 */

const BACKSLASH = 92;
/** A longer key is unusual. */
const LONGEST_KEY = 1024;

/** The offset of the first byte from `at` on that is not white space. */
export function skipSpaceBytes(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at] ?? 0)) at++;
  return at;
}

/** The key of a member: the offsets of its two quotes, and of the value. */
export interface MemberKey {
  readonly start: number;
  readonly end: number;
  readonly value: number;
}

/** The key at this offset; null if there is none, or one with escapes. */
export function keyAt(bytes: Uint8Array, start: number): MemberKey | null {
  if (bytes[start] !== QUOTE) return null;
  const end = closingQuote(bytes, start, start + LONGEST_KEY);
  if (end < 0 || hasBackslash(bytes, start, end)) return null;
  const colon = skipSpaceBytes(bytes, end + 1);
  return bytes[colon] === COLON ? { start, end, value: skipSpaceBytes(bytes, colon + 1) } : null;
}

function closingQuote(bytes: Uint8Array, start: number, limit: number): number {
  const end = Math.min(limit, bytes.byteLength);
  for (let at = start + 1; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at;
    if (byte === BACKSLASH) at++;
  }
  return -1;
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/** The offset behind the value that starts at `start`; -1 if it does not end before `limit`. */
export function valueEnd(bytes: Uint8Array, start: number, limit: number): number {
  let depth = 0;
  for (let at = start; at < limit; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = closingQuote(bytes, at, limit);
      if (at < 0) return -1;
      if (depth === 0) return at + 1;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1;
      if (depth < 0) return at;
      if (depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || isSpace(byte))) {
      return at;
    }
  }
  return -1;
}
