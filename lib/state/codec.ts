import type * as z from 'zod';
import type { CorruptionType, Fault } from '../failure.ts';
import { JsonLimitError, JsonSyntaxError, parseExactly } from '../layout/parser.ts';
import { writeLayout } from '../layout/writer.ts';
import { NeedsExactParse } from '../schema/needs-exact-parse.ts';
import type { Bytes } from '../store.ts';
import type { Timestamp } from '../timestamp.ts';
import { CheckpointFromEngine, CheckpointState } from './checkpoint.ts';
import { keepNonFinite } from './non-finite.ts';
import { settle } from './settle.ts';

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

interface DecodeOptions {
  readonly source: TextSource;
  readonly now: Timestamp;
  /** The stored state that the text replaces, where that one holds numbers which are not finite. */
  readonly nonFiniteOf?: CheckpointState | undefined;
}

/** The two texts of a state. They are one object where the state has no NaN or infinity. */
export interface EncodedState {
  /** As files hold it. */
  readonly file: Bytes;
  /** Strict JSON, as HTTP shows it. */
  readonly strict: Bytes;
}

/** A whole checkpoint state from its bytes: parsed, checked, completed with defaults, and settled. */
export function decodeState(body: Uint8Array, options: DecodeOptions): Decoded<CheckpointState> {
  const text = decodeUtf8(body);
  if (text === null) return notUtf8();
  const engine = options.nonFiniteOf === undefined ? checkedByEngine(text) : null;
  const decoded = engine ?? checkedExactly(text, options);
  return decoded.ok ? { ok: true, value: settle(decoded.value, options.now) } : decoded;
}

/** The bytes of a state, in the layout of the files. */
export function encodeState(state: CheckpointState): EncodedState {
  const text = writeLayout(state, 'word');
  const file = UTF8_ENCODER.encode(text);
  // Most states hold neither word; one that has it in a text is merely written twice.
  if (!text.includes('NaN') && !text.includes('Infinity')) return { file, strict: file };
  return { file, strict: UTF8_ENCODER.encode(writeLayout(state, 'null')) };
}

/** A request's body against a schema of plain values. */
export function decodeRequest<T>(body: Uint8Array, schema: z.ZodType<T>): Decoded<T> {
  const text = decodeUtf8(body);
  if (text === null) return notUtf8();
  const parsed = parse(text, 'request');
  return parsed.ok ? check(schema, parsed.value) : parsed;
}

const UTF8_ENCODER = new TextEncoder();
// A byte order mark stays in the text: neither Python's parser nor ours takes it for white space.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decodeUtf8(body: Uint8Array): string | null {
  try {
    return UTF8.decode(body);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function notUtf8(): Decoded<never> {
  return jsonFault('The bytes are not UTF-8');
}

function jsonFault(reason: string): Decoded<never> {
  return { ok: false, errorType: 'json_decode', faults: [{ path: '', reason }] };
}

/** The fast path: the engine's parser, wherever it loses nothing. Null where it might. */
function checkedByEngine(text: string): Decoded<CheckpointState> | null {
  if (!indexKeysAscend(text)) return null;
  try {
    return check(CheckpointFromEngine, JSON.parse(text));
  } catch (error) {
    if (error instanceof NeedsExactParse || error instanceof SyntaxError) return null;
    throw error;
  }
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

function checkedExactly(text: string, options: DecodeOptions): Decoded<CheckpointState> {
  const parsed = parse(text, options.source);
  if (!parsed.ok) return parsed;
  if (options.nonFiniteOf === undefined) return check(CheckpointState, parsed.value);
  return check(CheckpointState, keepNonFinite(parsed.value, options.nonFiniteOf));
}

function parse(text: string, source: TextSource): Decoded<unknown> {
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

function check<T>(schema: z.ZodType<T>, value: unknown): Decoded<T> {
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
