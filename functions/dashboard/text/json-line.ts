/** A piece of a line of JSON text, with what it is. */
export interface JsonToken {
  readonly kind: 'name' | 'text' | 'number' | 'word' | 'other';
  readonly text: string;
}

const TOKENS = /("(?:[^"\\]|\\.)*"?)(\s*:)?|(-?[0-9][0-9.eE+-]*)|(true|false|null)/g;

/** Longer lines are cut where they are shown: a browser lays out a line of megabytes for seconds. */
export const MAX_LINE_CHARACTERS = 4_000;

/** The pieces of one line, in order. Together they are the line. */
export function tokensOf(line: string): readonly JsonToken[] {
  const tokens: JsonToken[] = [];
  let end = 0;
  for (const match of line.matchAll(TOKENS)) {
    if (match.index > end) tokens.push({ kind: 'other', text: line.slice(end, match.index) });
    const [, text, colon, number] = match;
    if (text !== undefined) tokens.push({ kind: colon === undefined ? 'text' : 'name', text });
    else tokens.push({ kind: number === undefined ? 'word' : 'number', text: match[0] });
    if (colon !== undefined) tokens.push({ kind: 'other', text: colon });
    end = match.index + match[0].length;
  }
  if (end < line.length) tokens.push({ kind: 'other', text: line.slice(end) });
  return tokens;
}

/** The lines of the text that contain the words, in any case; the first `max` of them, as their numbers from 0. */
export function linesWith(lines: readonly string[], words: string, max: number): readonly number[] {
  const folded = words.trim().toLowerCase();
  if (folded === '') return [];
  const found: number[] = [];
  for (let index = 0; index < lines.length && found.length < max; index++) {
    if (lines[index]?.toLowerCase().includes(folded) === true) found.push(index);
  }
  return found;
}
