import { isIndexKey } from './value.ts';

/** A part of a text, and the key of the member whose value it is. */
export interface TextPart {
  readonly key: string;
  readonly start: number;
  /** The offset after the last character. */
  readonly end: number;
}

const OPEN = '\n    "';
const COLON = '": {';
const CLOSE = '\n    }';
const LAST = '\n  }';

/**
 * The entries of an object whose text starts at `start` and has the layout of the files, where it is a member of the
 * document: its keys are ascending numbers from 0 up, and its values are objects. Null for any other text. It finds
 * the ends of the values by their indentation: if each of them parses as JSON, these are all entries.
 */
export function layoutEntries(
  text: string,
  start: number,
): { readonly entries: readonly TextPart[]; readonly end: number } | null {
  const entries: TextPart[] = [];
  if (text.startsWith('{}', start)) return { entries, end: start + '{}'.length };
  let last = -1;
  for (let at = start + 1; ; at++) {
    if (!text.startsWith(OPEN, at)) return null;
    const keyStart = at + OPEN.length;
    const keyEnd = text.indexOf('"', keyStart);
    if (keyEnd < 0 || keyEnd > keyStart + MAX_KEY_CHARACTERS) return null;
    const key = text.slice(keyStart, keyEnd);
    if (!isIndexKey(key) || Number(key) <= last || !text.startsWith(COLON, keyEnd)) return null;
    last = Number(key);
    const valueStart = keyEnd + COLON.length - 1;
    const close = text.indexOf(CLOSE, valueStart);
    if (close < 0) return null;
    at = close + CLOSE.length;
    entries.push({ key, start: valueStart, end: at });
    if (text.charCodeAt(at) === COMMA) continue;
    return text.startsWith(LAST, at) ? { entries, end: at + LAST.length } : null;
  }
}

/** The line before the value of a member of the document. No other line has it: line breaks in texts are escaped. */
export function memberLine(key: string): string {
  return `\n  "${key}": `;
}

/**
 * The entries of a member of the document, with the place where its value starts, as `layoutEntries` finds them. Only the
 * first `mostBefore` characters are searched for the member.
 */
export function layoutMember(
  text: string,
  key: string,
  mostBefore: number = text.length,
): {
  readonly start: number;
  readonly entries: readonly TextPart[];
  readonly end: number;
} | null {
  const line = memberLine(key);
  const at = text.slice(0, mostBefore).indexOf(line);
  const start = at + line.length;
  const found = at < 0 ? null : layoutEntries(text, start);
  return found === null ? null : { start, ...found };
}

const COMMA = 44;
const MAX_KEY_CHARACTERS = 10;

/**
 * Whether every key that looks like a number comes after all smaller ones. The engine sorts such keys, and
 * then changes nothing. In JSON text the sequence quote, digits, quote, white space, colon is always a key,
 * because inside a string the quotes would have backslashes.
 */
export function indexKeysAscend(text: string): boolean {
  if (text.includes('\\u003')) return false;
  let last = -1;
  for (const match of text.matchAll(/"([0-9]{1,10})"[ \t\n\r]*:/g)) {
    const key = Number(match[1]);
    if (key <= last) return false;
    last = key;
  }
  return true;
}
