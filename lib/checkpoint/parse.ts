import { indexKeysAscend, layoutEntries } from '../json/layout.ts';
import { outlineOf } from '../json/outline.ts';
import { JsonLimitError, JsonSyntaxError, parseExactly } from '../json/parser.ts';
import { isIndexKey, type JsonValue } from '../json/value.ts';
import { keepNonFinite } from '../schema/keep-non-finite.ts';
import { NeedsExactParse, needsExactParse } from '../schema/needs-exact-parse.ts';
import { check, type Decoded, parseJson, type TextSource } from './check.ts';
import { CheckpointFromEngine, CheckpointState, SheetFromEngine } from './checkpoint.ts';
import { withoutOwnedFields } from './owned.ts';
import { DEEP_CHARACTERS, parseSheet } from './parse-sheet.ts';
import type { SheetState } from './sheet.ts';

export type { Decoded } from './check.ts';

/**
 * The fast path, which uses the engine's parser. Null if that parser may lose something, or if the text has
 * a fault. In the layout of the files the engine parses the sheets, which are most of the text, and the
 * exact parser parses the rest, where free-form numbers are common. In other texts the engine parses all.
 */
export function parseFast(text: string, source: TextSource): Decoded<CheckpointState> | null {
  try {
    if (isInLayout(text)) return parseLayout(text, source);
    if (!isForEngine(text)) return null;
    return check(CheckpointFromEngine, withoutIgnored(JSON.parse(text), source));
  } catch (error) {
    if (error instanceof NeedsExactParse || error instanceof SyntaxError) return null;
    if (error instanceof JsonSyntaxError || error instanceof JsonLimitError) return null;
    throw error;
  }
}

/** Whether the text starts as the layout of the files does. */
export function isInLayout(text: string): boolean {
  return text.startsWith('{\n  "');
}

/** Null if a sheet or the rest has a fault: the exact path says which of all comes first. */
function parseLayout(text: string, source: TextSource): Decoded<CheckpointState> | null {
  let sheets: Iterable<readonly [string, Decoded<SheetState>]> = [];
  function take(start: number): { value: JsonValue; end: number } {
    const entries = layoutEntries(text, start);
    const end = entries?.end ?? sheetsEnd(text, start);
    sheets =
      entries === null
        ? parseSheets(text.slice(start, end))
        : entries.entries.map(part => [part.key, parseSheet(text, part, { source })]);
    return { value: {}, end };
  }
  const options = { nonFinite: source === 'file', member: { key: SHEETS, take } };
  const rest = check(CheckpointState, withoutIgnored(parseExactly(text, options), source));
  if (!rest.ok) return null;
  const checked: Record<string, SheetState> = {};
  for (const [key, sheet] of sheets) {
    if (!sheet.ok || !isIndexKey(key)) return null;
    checked[key] = sheet.value;
  }
  return { ok: true, value: { ...rest.value, sheets: checked } };
}

/** In other layouts with these first characters the sheets end at the first brace with the indentation of their key. */
function sheetsEnd(text: string, start: number): number {
  const close = text.indexOf('\n  }', start);
  return close < 0 ? start : close + '\n  }'.length;
}

/** The text of an object does not start with a shorter object, so a text that parses is the whole value. */
function parseSheets(text: string): (readonly [string, Decoded<SheetState>])[] {
  if (!isForEngine(text)) return needsExactParse();
  const sheets = Object.entries<unknown>(JSON.parse(text));
  return sheets.map(([key, sheet]) => [key, check(SheetFromEngine, sheet)]);
}

/** The document without ignored fields. In a request the fields that the service owns are ignored, in a file nothing is. */
export function withoutIgnored(document: unknown, source: TextSource): unknown {
  return source === 'request' ? withoutOwnedFields(document) : document;
}

/** The key of the largest member of a state. */
export const SHEETS = 'sheets';

/** Whether the engine's parser keeps the key order of the text, and the nesting is not too deep for it. */
function isForEngine(text: string): boolean {
  if (text.length <= DEEP_CHARACTERS) return indexKeysAscend(text);
  const { ordered, balanced } = outlineOf(text);
  return ordered && balanced;
}

/** The slow path, which uses the exact parser for any text. `nonFiniteOf` is the state that the new one replaces. */
export function parseSlow(
  text: string,
  source: TextSource,
  nonFiniteOf?: CheckpointState,
): Decoded<CheckpointState> {
  const parsed = parseJson(text, source);
  if (!parsed.ok) return parsed;
  const document = withoutIgnored(parsed.value, source);
  if (nonFiniteOf === undefined) return check(CheckpointState, document);
  return check(CheckpointState, keepNonFinite(document, nonFiniteOf));
}
