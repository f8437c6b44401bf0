import type * as z from 'zod';
import { fail, type Result } from '../failure.ts';
import { writeLayout } from '../layout/writer.ts';
import type { Bytes } from '../store.ts';
import type { Timestamp } from '../timestamp.ts';
import type { CheckpointState } from './checkpoint.ts';
import {
  check,
  type Decoded,
  jsonFault,
  parseFast,
  parseJson,
  parseWithCare,
  type TextSource,
} from './parse.ts';
import { settle } from './settle.ts';
import { writeState } from './write.ts';

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
  const fast = options.nonFiniteOf === undefined ? parseFast(text, options.source) : null;
  const decoded = fast ?? parseWithCare(text, options.source, options.nonFiniteOf);
  return decoded.ok ? { ok: true, value: settle(decoded.value, options.now) } : decoded;
}

/** The bytes of a state, in the layout of the files. */
export function encodeState(state: CheckpointState): EncodedState {
  const { bytes, nonFinite } = writeState(state);
  if (!nonFinite) return { file: bytes, strict: bytes };
  return { file: bytes, strict: new TextEncoder().encode(writeLayout(state, 'null')) };
}

/** A request's whole state. `nonFiniteOf` as in `decodeState`. */
export function requestedState(
  body: Uint8Array,
  options: Omit<DecodeOptions, 'source'>,
): Result<CheckpointState> {
  return answered(decodeState(body, { ...options, source: 'request' }));
}

/** A request's body against a schema of plain values. */
export function requested<T>(body: Uint8Array, schema: z.ZodType<T>): Result<T> {
  const text = decodeUtf8(body);
  if (text === null) return answered<T>(notUtf8());
  const parsed = parseJson(text, 'request');
  return answered(parsed.ok ? check(schema, parsed.value) : parsed);
}

/** A part of a request's body, which stands at `path`, against a schema. */
export function checked<T>(value: unknown, schema: z.ZodType<T>, path: string): Result<T> {
  const decoded = check(schema, value);
  if (decoded.ok) return decoded;
  const faults = decoded.faults.map(fault => ({
    path: `${path}${fault.path}`,
    reason: fault.reason,
  }));
  return fail({ code: 'invalid', faults });
}

function answered<T>(decoded: Decoded<T>): Result<T> {
  if (decoded.ok) return decoded;
  const code = decoded.errorType === 'json_decode' ? 'malformed_json' : 'invalid';
  return fail({ code, faults: decoded.faults });
}

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
