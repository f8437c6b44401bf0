import { indexKeysAscend, type TextPart } from '../json/layout.ts';
import { entryAt } from '../schema/dictionary.ts';
import { keepNonFinite } from '../schema/keep-non-finite.ts';
import { NeedsExactParse } from '../schema/needs-exact-parse.ts';
import {
  check,
  checkWithSchema,
  type Decoded,
  parseJson,
  regularValue,
  type TextSource,
} from './check.ts';
import { type CheckpointState, SheetFromEngine, SheetFromExact } from './checkpoint.ts';
import type { SheetState } from './sheet.ts';

export interface SheetOptions {
  readonly source: TextSource;
  /** The one of `decodeState`. */
  readonly nonFiniteOf?: CheckpointState | undefined;
  /** Whether the text is known not to be nested too deep. */
  readonly isShallow?: boolean;
}

/** The depth of the dictionary of the sheets in a state. */
const SHEETS_DEPTH = 2;

/**
 * The engine's parser has no depth limit. In a text longer than this, deep nesting would take it seconds and
 * gigabytes. The exact parser stops at its depth limit.
 */
export const DEEP_CHARACTERS = 1 << 18;

/** Parses and checks the part of a state's text that is the sheet with this key. */
export function parseSheet(
  text: string,
  { key, start, end }: TextPart,
  { source, nonFiniteOf, isShallow = false }: SheetOptions,
): Decoded<SheetState> {
  const part = text.slice(start, end);
  const isForEngine = nonFiniteOf === undefined && (isShallow || part.length <= DEEP_CHARACTERS);
  const fast = isForEngine ? sheetFromEngine(part) : null;
  if (fast !== null) return fast;
  const parsed = parseJson(part, source, {
    part: { depth: SHEETS_DEPTH, wholeLength: text.length },
    whole: { text, start },
  });
  if (!parsed.ok) return parsed;
  if (nonFiniteOf === undefined) return check(SheetFromExact, parsed.value);
  const stored = entryAt<unknown>(nonFiniteOf.sheets, key);
  return check(SheetFromExact, keepNonFinite(parsed.value, stored));
}

const MOST_IRREGULAR = 64 * 1024;

/** Null if the engine's parser may lose something, or if the text is not JSON. */
function sheetFromEngine(part: string): Decoded<SheetState> | null {
  try {
    const value: unknown = JSON.parse(part);
    // In a regular sheet no keys can be in another order than in the text.
    const regular = regularValue(SheetFromEngine, value);
    if (regular !== null) return { ok: true, value: regular };
    // Large irregular sheets have numbers that the exact parser must read, most likely. The schema would take long to say so.
    if (part.length > MOST_IRREGULAR) return null;
    return indexKeysAscend(part) ? checkWithSchema(SheetFromEngine, value) : null;
  } catch (error) {
    if (error instanceof NeedsExactParse || error instanceof SyntaxError) return null;
    throw error;
  }
}
