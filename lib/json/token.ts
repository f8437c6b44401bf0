/*
 * Functions that find the tokens of a JSON text by their characters, without building values.
 */

export const LINE_FEED = 10;
export const SPACE = 32;
export const QUOTE = 34;
export const COMMA = 44;
export const COLON = 58;
export const OPEN_ARRAY = 91;
export const CLOSE_ARRAY = 93;
export const OPEN_OBJECT = 123;
export const CLOSE_OBJECT = 125;
const BACKSLASH = 92;
const POINT = 46;
/** A longer number may be stored as its text, which costs more. */
const MAX_CHEAP_CHARACTERS = 5;

/** The offset after the number or literal (`true`, `false`, `null`) that starts at `start`. */
export function scalarEnd(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT || isSpace(code)) break;
    if (code === QUOTE || code === OPEN_ARRAY || code === OPEN_OBJECT) break;
  }
  return at;
}

/** Whether the scalar is a literal or a short integer. */
export function isCheap(text: string, start: number, end: number): boolean {
  if (end - start > MAX_CHEAP_CHARACTERS) return false;
  for (let at = start; at < end; at++) if (text.charCodeAt(at) === POINT) return false;
  return true;
}

export function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === 13 || code === 9;
}

export function skipSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** Decodes the text between the quotes of a key. Null if it is not a valid JSON string. */
export function decodeKey(written: string): string | null {
  try {
    return String(JSON.parse(`"${written}"`));
  } catch {
    return null;
  }
}

export function hasBackslash(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (text.charCodeAt(at) === BACKSLASH) return true;
  return false;
}

/** The offset of the quote that closes a string. `start` is the offset of its first character. -1 if there is no quote. */
export function closingQuote(text: string, start: number): number {
  const end = text.indexOf('"', start);
  if (end <= start || text.charCodeAt(end - 1) !== BACKSLASH) return end;
  let run = end - 1;
  while (run > start && text.charCodeAt(run - 1) === BACKSLASH) run--;
  if ((end - run) % 2 === 0) return end;
  // In a string with escapes, checking each character costs less than searching for each quote.
  for (let at = end + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}
