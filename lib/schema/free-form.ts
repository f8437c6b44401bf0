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
import { passOn, refuseInput, reportAt } from './issue.ts';
import { needsExactParse } from './needs-exact-parse.ts';

/** A dictionary whose values are nobody's business here. */
export type FreeObject = PlainObject | OrderedObject;

/** Which parser the validated values come from. */
export type ParseMode = 'engine' | 'exact';

/** The three kinds of free-form places, for values of one parser. */
export interface FreeForm {
  /** Any JSON value, at a nesting depth within the document. */
  value(depth: number): z.ZodType<JsonValue>;
  /** A dictionary of anything, at that depth. */
  object(depth: number): z.ZodType<FreeObject>;
  /** Throws `NeedsExactParse` where the parser may have reordered these keys of one object. */
  requireOrder(keys: readonly string[]): void;
}

/**
 * Free-form values pass through unexamined but for one walk: it counts the depth, and either
 * (after the engine's parser) finds what that parser may have lost, or (after the exact one) turns
 * non-finite numbers to null, as the reference writes them there.
 */
export function freeForm(mode: ParseMode): FreeForm {
  const walk = mode === 'engine' ? requireUnambiguous : withoutNonFinite;

  function value(depth: number): z.ZodType<JsonValue> {
    return z.transform((input: unknown, context): JsonValue => {
      try {
        return walk(input, depth) as JsonValue;
      } catch (error) {
        if (!(error instanceof TooDeep)) throw error;
        reportAt(context, [], error.message);
        return z.NEVER;
      }
    });
  }

  function object(depth: number): z.ZodType<FreeObject> {
    const anyObject = value(depth);
    return z.transform((input: unknown, context): FreeObject => {
      if (!isObject(input)) {
        refuseInput(context, input, 'Input should be an object');
        return z.NEVER;
      }
      const parsed = anyObject.safeParse(input);
      if (parsed.success) return parsed.data as FreeObject;
      passOn(context, parsed.error.issues, []);
      return z.NEVER;
    });
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
    // 1 and 1.0 are one number to the engine, and small ones are written in another way by Python.
    // Integers of 309 digits and more are infinite to it.
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

/** The engine sorts index keys to the front: with both kinds in one object their order is lost. */
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

/** Copies only where an item changes: almost never. */
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
