import type * as z from 'zod';
import type { CorruptionType, Fault } from '../failure.ts';
import { outlineOf } from '../json/outline.ts';
import {
  JsonLimitError,
  JsonSyntaxError,
  type ParseOptions,
  parseExactly,
} from '../json/parser.ts';
import {
  isNonFinite,
  isObject,
  isRawNumber,
  type JsonValue,
  orderedObject,
  setOwn,
} from '../json/value.ts';
import { entriesOf, entryAt } from '../schema/dictionary.ts';
import { NeedsExactParse, needsExactParse } from '../schema/needs-exact-parse.ts';
import { CheckpointFromEngine, CheckpointFromLayout, CheckpointState } from './checkpoint.ts';
import { withoutOwnedFields } from './owned.ts';

/** Where a text comes from: files may hold NaN and the infinities, requests are strict JSON. */
export type TextSource = 'file' | 'request';

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly errorType: Exclude<CorruptionType, 'unreadable'>;
      /** At least one; paths are JSON Pointers into the text. */
      readonly faults: readonly Fault[];
    };

/**
 * The fast path: the engine's parser, wherever it loses nothing. Null where it might, or where the
 * text is at fault. In the layout of the files the engine parses the sheets, which are most of the
 * text, and the exact parser the rest, where free-form numbers are common; elsewhere it parses all.
 */
export function parseFast(text: string, source: TextSource): Decoded<CheckpointState> | null {
  try {
    if (text.startsWith('{\n  "')) {
      const member = { key: SHEETS, take: (start: number) => takeSheets(text, start) };
      const parsed = parseExactly(text, { nonFinite: source === 'file', member });
      return check(CheckpointFromLayout, taken(parsed, source));
    }
    if (!isForEngine(text)) return null;
    return check(CheckpointFromEngine, taken(JSON.parse(text), source));
  } catch (error) {
    if (error instanceof NeedsExactParse || error instanceof SyntaxError) return null;
    if (error instanceof JsonSyntaxError || error instanceof JsonLimitError) return null;
    throw error;
  }
}

/** What counts of a document: all of a file, and of a request what a client may say. */
export function taken(document: unknown, source: TextSource): unknown {
  return source === 'request' ? withoutOwnedFields(document) : document;
}

/**
 * The engine's parser goes down as far as a text does, which takes it seconds and gigabytes in a longer text than
 * this; the exact parser stops at the bound.
 */
const DEEP_CHARACTERS = 1 << 18;

/** The member that is most of a state. */
export const SHEETS = 'sheets';

/** In the layout of the files the sheets end at the first brace that is indented as their key is. */
function takeSheets(text: string, start: number): { value: JsonValue; end: number } {
  const close = text.indexOf('\n  }', start);
  const end = close < 0 ? start : close + '\n  }'.length;
  // An object's text has no shorter object at its start: what parses is the whole value.
  const sheets = text.slice(start, end);
  return { value: isForEngine(sheets) ? JSON.parse(sheets) : needsExactParse(), end };
}

/** Whether the engine's parser changes no order, and does not go down too deep. */
function isForEngine(text: string): boolean {
  if (text.length <= DEEP_CHARACTERS) return indexKeysAscend(text);
  const { ordered, balanced } = outlineOf(text);
  return ordered && balanced;
}

/**
 * Whether every key that looks like a number comes after all smaller ones, so that the engine, which
 * sorts such keys, has nothing to sort. In JSON text a quote, digits, a quote, white space and a colon are a
 * key wherever they stand, for inside a string the quotes would carry backslashes.
 */
function indexKeysAscend(text: string): boolean {
  if (text.includes('\\u003')) return false;
  let last = -1;
  for (const match of text.matchAll(/"([0-9]{1,10})"[ \t\n\r]*:/g)) {
    const key = Number(match[1]);
    if (key <= last) return false;
    last = key;
  }
  return true;
}

/** The exact path, for every text. `nonFiniteOf` is the state that this one replaces. */
export function parseWithCare(
  text: string,
  source: TextSource,
  nonFiniteOf?: CheckpointState,
): Decoded<CheckpointState> {
  const parsed = parseJson(text, source);
  if (!parsed.ok) return parsed;
  const document = taken(parsed.value, source);
  if (nonFiniteOf === undefined) return check(CheckpointState, document);
  return check(CheckpointState, keepNonFinite(document, nonFiniteOf));
}

/** Any JSON text. `whole` is the text that it is cut out of, and where: faults are told by their place there. */
export function parseJson(
  text: string,
  source: TextSource,
  { whole, ...options }: JsonOptions = {},
): Decoded<unknown> {
  try {
    return { ok: true, value: parseExactly(text, { ...options, nonFinite: source === 'file' }) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      return syntaxFault(error, whole ?? { text, start: 0 });
    }
    if (error instanceof JsonLimitError) {
      return { ok: false, errorType: 'validation', faults: [{ path: '', reason: error.message }] };
    }
    throw error;
  }
}

type JsonOptions = Omit<ParseOptions, 'nonFinite'> & {
  readonly whole?: { readonly text: string; readonly start: number };
};

function syntaxFault(
  error: JsonSyntaxError,
  { text, start }: { readonly text: string; readonly start: number },
): Decoded<never> {
  const position = start + error.position;
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < position; at++) {
    if (text.charCodeAt(at) !== 10) continue;
    line++;
    lineStart = at + 1;
  }
  return jsonFault(`${error.message} at line ${line} column ${position - lineStart + 1}`);
}

export function check<T>(schema: z.ZodType<T>, value: unknown): Decoded<T> {
  const result = schema.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const faults = result.error.issues.map(issue => ({
    path: pointer(issue.path),
    reason: issue.message,
  }));
  return { ok: false, errorType: 'validation', faults };
}

/** RFC 6901. */
function pointer(path: readonly PropertyKey[]): string {
  return path.map(part => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function jsonFault(reason: string): Decoded<never> {
  return { ok: false, errorType: 'json_decode', faults: [{ path: '', reason }] };
}

/**
 * Strict JSON shows NaN and the infinities as null. A client that sends back what it was shown must
 * not lose them: where the sent value is null and the stored one not finite, the stored one stays.
 */
export function keepNonFinite(sent: unknown, stored: unknown): unknown {
  if (sent === null) return isNonFinite(stored) ? stored : sent;
  if (Array.isArray(sent) && Array.isArray(stored)) {
    return sent.map((item, index) => keepNonFinite(item, stored[index]));
  }
  if (!isObject(sent) || !isObject(stored) || isRawNumber(stored)) return sent;
  const entries = [...entriesOf(sent)].map(
    ([key, item]) => [key, keepNonFinite(item, entryAt(stored, key))] as const,
  );
  if (sent instanceof Map) return orderedObject(entries);
  const object: Record<string, unknown> = {};
  for (const [key, item] of entries) setOwn(object, key, item);
  return object;
}
