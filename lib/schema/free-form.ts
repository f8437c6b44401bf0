import * as z from 'zod';
import { MAX_DEPTH } from '../json/parser.ts';
import {
  isIndexKey,
  isNonFinite,
  isObject,
  isOrderedObject,
  isRawNumber,
  type JsonValue,
  type OrderedObject,
  orderedObject,
  type PlainObject,
  setOwn,
} from '../json/value.ts';
import { refuseInput, reportAt, reportIssues } from './issue.ts';
import { needsExactParse } from './needs-exact-parse.ts';
import { withStructure } from './structure.ts';

/** A dictionary with values of any kind. */
export type FreeObject = PlainObject | OrderedObject;

/** The parser that produced the validated values. */
export type ParseMode = 'engine' | 'exact';

/** The schemas of free-form places, for values of one parser. */
export interface FreeForm {
  /** Any JSON value at this nesting depth of the document. */
  value(depth: number): z.ZodType<JsonValue>;
  /** Any object at this nesting depth of the document. */
  object(depth: number): z.ZodType<FreeObject>;
  /** Throws `NeedsExactParse` if the parser may have reordered these keys of one object. */
  requireOrder(keys: readonly string[]): void;
}

/**
 * Free-form values are not checked, but one walk over them checks the depth. After the engine's parser the
 * walk also finds what that parser may have lost. After the exact parser it replaces non-finite numbers
 * with null, as the reference writes them in these places.
 */
export function freeForm(mode: ParseMode): FreeForm {
  const walk = mode === 'engine' ? requireUnambiguous : withoutNonFinite;

  function value(depth: number): z.ZodType<JsonValue> {
    const schema = z.transform((input: unknown, context): JsonValue => {
      try {
        return walk(input, depth) as JsonValue;
      } catch (error) {
        if (!(error instanceof TooDeep)) throw error;
        reportAt(context, [], error.message);
        return z.NEVER;
      }
    });
    return withStructure(schema, { kind: 'value', depth });
  }

  function object(depth: number): z.ZodType<FreeObject> {
    const anyObject = value(depth);
    const schema = z.transform((input: unknown, context): FreeObject => {
      if (!isObject(input)) {
        refuseInput(context, input, 'Input should be an object');
        return z.NEVER;
      }
      const parsed = anyObject.safeParse(input);
      if (parsed.success) return parsed.data as FreeObject;
      reportIssues(context, parsed.error.issues, []);
      return z.NEVER;
    });
    return withStructure(schema, { kind: 'object', depth });
  }

  return { value, object, requireOrder: mode === 'engine' ? requireOneKindOfKeys : () => {} };
}

/** A value nested deeper than `MAX_DEPTH`. */
class TooDeep extends Error {
  override readonly name = 'TooDeep';
}

function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new TooDeep(`Nested deeper than ${MAX_DEPTH}`);
}

function requireUnambiguous(value: unknown, depth: number): unknown {
  if (typeof value === 'number') {
    // The engine does not distinguish 1 from 1.0, and Python writes small numbers differently.
    // The engine parses integers of 309 digits and more to Infinity.
    if (!Number.isFinite(value) || Number.isInteger(value) || Math.abs(value) < 1e-4) {
      needsExactParse();
    }
    return value;
  }
  if (typeof value !== 'object' || value === null) return value;
  checkDepth(depth);
  if (Array.isArray(value)) {
    for (const item of value) requireUnambiguous(item, depth + 1);
    return value;
  }
  requireOneKindOfKeys(Object.keys(value));
  for (const item of Object.values(value)) requireUnambiguous(item, depth + 1);
  return value;
}

/** The engine sorts index keys to the front, so an object with both kinds of keys loses their order. */
function requireOneKindOfKeys(keys: readonly string[]): void {
  const first = keys[0];
  const last = keys.at(-1);
  if (first === undefined || last === undefined) return;
  if (isIndexKey(first) && !isIndexKey(last)) needsExactParse();
}

function withoutNonFinite(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value;
  if (isNonFinite(value)) return null;
  checkDepth(depth);
  if (Array.isArray(value)) return mapArray(value, item => withoutNonFinite(item, depth + 1));
  if (isOrderedObject(value)) {
    const entries = [...value].map(
      ([key, item]) => [key, withoutNonFinite(item, depth + 1) as JsonValue] as const,
    );
    return orderedObject(entries);
  }
  return mapObject(value, item => withoutNonFinite(item, depth + 1));
}

/** Copies the array only if an item changes, which is rare. */
function mapArray(items: readonly unknown[], change: (item: unknown) => unknown): unknown {
  let copy: unknown[] | null = null;
  for (const [index, item] of items.entries()) {
    const changed = change(item);
    if (changed === item) continue;
    copy ??= [...items];
    copy[index] = changed;
  }
  return copy ?? items;
}

function mapObject(object: object, change: (item: unknown) => unknown): unknown {
  let copy: Record<string, unknown> | null = null;
  for (const [key, item] of Object.entries(object)) {
    const changed = change(item);
    if (changed === item) continue;
    copy ??= { ...object };
    setOwn(copy, key, changed);
  }
  return copy ?? object;
}
