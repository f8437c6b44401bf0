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

/** The origin of a text. Files may contain NaN and the infinities, requests are strict JSON. */
export type TextSource = 'file' | 'request';

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly errorType: Exclude<CorruptionType, 'unreadable'>;
      /** At least one fault. The paths are JSON Pointers into the text. */
      readonly faults: readonly Fault[];
    };

/**
 * The fast path, which uses the engine's parser. Null if that parser may lose something, or if the text has
 * a fault. In the layout of the files the engine parses the sheets, which are most of the text, and the
 * exact parser parses the rest, where free-form numbers are common. In other texts the engine parses all.
 */
export function parseFast(text: string, source: TextSource): Decoded<CheckpointState> | null {
  try {
    if (text.startsWith('{\n  "')) {
      const member = { key: SHEETS, take: (start: number) => takeSheets(text, start) };
      const parsed = parseExactly(text, { nonFinite: source === 'file', member });
      return check(CheckpointFromLayout, withoutIgnored(parsed, source));
    }
    if (!isForEngine(text)) return null;
    return check(CheckpointFromEngine, withoutIgnored(JSON.parse(text), source));
  } catch (error) {
    if (error instanceof NeedsExactParse || error instanceof SyntaxError) return null;
    if (error instanceof JsonSyntaxError || error instanceof JsonLimitError) return null;
    throw error;
  }
}

/** The document without ignored fields. In a request the fields that the service owns are ignored, in a file nothing is. */
export function withoutIgnored(document: unknown, source: TextSource): unknown {
  return source === 'request' ? withoutOwnedFields(document) : document;
}

/**
 * The engine's parser has no depth limit. In a text longer than this, deep nesting would take it seconds and
 * gigabytes. The exact parser stops at its depth limit.
 */
const DEEP_CHARACTERS = 1 << 18;

/** The key of the largest member of a state. */
export const SHEETS = 'sheets';

/**
 * In the layout of the files the sheets end at the first closing brace with the indentation of their key. Without sheets
 * that brace belongs to a later member.
 */
function takeSheets(text: string, start: number): { value: JsonValue; end: number } {
  if (text.startsWith('{}', start)) return { value: {}, end: start + '{}'.length };
  const close = text.indexOf('\n  }', start);
  const end = close < 0 ? start : close + '\n  }'.length;
  // The text of an object does not start with a shorter object, so a text that parses is the whole value.
  const sheets = text.slice(start, end);
  return { value: isForEngine(sheets) ? JSON.parse(sheets) : needsExactParse(), end };
}

/** Whether the engine's parser keeps the key order of the text, and the nesting is not too deep for it. */
function isForEngine(text: string): boolean {
  if (text.length <= DEEP_CHARACTERS) return indexKeysAscend(text);
  const { ordered, balanced } = outlineOf(text);
  return ordered && balanced;
}

/**
 * Whether every key that looks like a number comes after all smaller ones. The engine sorts such keys, and
 * then changes nothing. In JSON text the sequence quote, digits, quote, white space, colon is always a key,
 * because inside a string the quotes would have backslashes.
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

/** Parses any JSON text. If the text is a part of `whole`, the faults have positions in `whole`. */
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
 * Strict JSON has null in place of NaN and the infinities. A client that sends a received state back must not
 * lose them. So if the sent value is null and the stored one is not finite, the stored value stays.
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
