import type * as z from 'zod';
import type { CorruptionType, Fault } from '../failure.ts';
import { JsonLimitError, JsonSyntaxError, parseExactly } from '../layout/parser.ts';
import type { JsonValue } from '../layout/value.ts';
import { NeedsExactParse, needsExactParse } from '../schema/needs-exact-parse.ts';
import { CheckpointFromEngine, CheckpointFromLayout, CheckpointState } from './checkpoint.ts';
import { keepNonFinite } from './non-finite.ts';
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
      const options = { nonFinite: source === 'file', member: SHEETS };
      return check(CheckpointFromLayout, taken(parseExactly(text, options), source));
    }
    if (!indexKeysAscend(text)) return null;
    return check(CheckpointFromEngine, taken(JSON.parse(text), source));
  } catch (error) {
    if (error instanceof NeedsExactParse || error instanceof SyntaxError) return null;
    if (error instanceof JsonSyntaxError || error instanceof JsonLimitError) return null;
    throw error;
  }
}

/** What counts of a document: all of a file, and of a request what a client may say. */
function taken(document: unknown, source: TextSource): unknown {
  return source === 'request' ? withoutOwnedFields(document) : document;
}

const SHEETS = { key: 'sheets', parse: parseSheets };

function parseSheets(text: string): JsonValue {
  return indexKeysAscend(text) ? JSON.parse(text) : needsExactParse();
}

/**
 * Whether every key that looks like a number comes after all smaller ones, so that the engine, which
 * sorts such keys, has nothing to sort. In JSON text a quote, digits, a quote and a colon are a key
 * wherever they stand, for inside a string the quotes would carry backslashes.
 */
function indexKeysAscend(text: string): boolean {
  if (text.includes('\\u003')) return false;
  let last = -1;
  for (const match of text.matchAll(/"([0-9]{1,10})":/g)) {
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

export function parseJson(text: string, source: TextSource): Decoded<unknown> {
  try {
    return { ok: true, value: parseExactly(text, { nonFinite: source === 'file' }) };
  } catch (error) {
    if (error instanceof JsonSyntaxError) {
      return jsonFault(`${error.message} at ${place(text, error.position)}`);
    }
    if (error instanceof JsonLimitError) {
      return { ok: false, errorType: 'validation', faults: [{ path: '', reason: error.message }] };
    }
    throw error;
  }
}

function place(text: string, position: number): string {
  const before = text.slice(0, position);
  const line = before.split('\n').length;
  return `line ${line} column ${position - before.lastIndexOf('\n')}`;
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
