import type * as z from 'zod';
import type { CorruptionType, Fault } from '../failure.ts';
import {
  JsonLimitError,
  JsonSyntaxError,
  type ParseOptions,
  parseExactly,
} from '../json/parser.ts';
import { addCheck, checkOf, IRREGULAR } from '../schema/regular.ts';
import {
  CheckpointFromEngine,
  CheckpointState,
  SheetFromEngine,
  SheetFromExact,
} from './checkpoint.ts';
import { sheetCheck, stateCheck } from './generated/regular-checks.ts';

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

/**
 * Checks a parsed value with a schema. A value of a state belongs to the check from then on: regular parts of it are not
 * copied, and may be changed.
 */
export function check<T>(schema: z.ZodType<T>, value: unknown): Decoded<T> {
  const regular = regularValue(schema, value);
  return regular === null ? checkWithSchema(schema, value) : { ok: true, value: regular };
}

addCheck(CheckpointFromEngine, { check: stateCheck, exact: false });
addCheck(CheckpointState, { check: stateCheck, exact: true });
addCheck(SheetFromEngine, { check: sheetCheck, exact: false });
addCheck(SheetFromExact, { check: sheetCheck, exact: true });

/**
 * What the schema of a state or of a sheet makes of a regular value, and null if the schema must decide. Changes the value
 * in place: nothing else may hold it.
 */
export function regularValue<T>(schema: z.ZodType<T>, value: unknown): T | null {
  const entry = checkOf(schema);
  if (entry === undefined) return null;
  const checked = entry.check(value, entry.exact);
  return checked === IRREGULAR ? null : (checked as T);
}

/** As `check`, by the schema alone. */
export function checkWithSchema<T>(schema: z.ZodType<T>, value: unknown): Decoded<T> {
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
