/*
 * The tokens of JSON text, found by their characters: for those who look at a text and build nothing of it.
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
/** Longer numbers are kept by their text. */
const LONGEST_SMALL = 5;

/** Behind a number, or one of the words. */
export function wordEnd(text: string, start: number): number {
  let at = start + 1;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === COMMA || code === CLOSE_ARRAY || code === CLOSE_OBJECT || isSpace(code)) break;
    if (code === QUOTE || code === OPEN_ARRAY || code === OPEN_OBJECT) break;
  }
  return at;
}

/** Whether it is a word, or a whole number of few digits. */
export function isCheap(text: string, start: number, end: number): boolean {
  if (end - start > LONGEST_SMALL) return false;
  for (let at = start; at < end; at++) if (text.charCodeAt(at) === POINT) return false;
  return true;
}

export function isSpace(code: number): boolean {
  return code === SPACE || code === LINE_FEED || code === 13 || code === 9;
}

export function afterSpace(text: string, start: number): number {
  let at = start;
  while (isSpace(text.charCodeAt(at))) at++;
  return at;
}

/** The key that is written so between two quotes; null where that is no JSON text. */
export function decodedKey(written: string): string | null {
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

/** Where the string ends whose first character is at `start`: the place of its quote, -1 where it has none. */
export function closingQuote(text: string, start: number): number {
  const end = text.indexOf('"', start);
  if (end <= start || text.charCodeAt(end - 1) !== BACKSLASH) return end;
  // With escapes in it, to look at each character costs less than to look for each quote.
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at++;
  }
  return -1;
}
