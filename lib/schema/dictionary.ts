import * as z from 'zod';
import {
  isIndexKey,
  isObject,
  isOrderedObject,
  type OrderedObject,
  orderedObject,
  setOwn,
} from '../json/value.ts';
import type { FreeForm } from './free-form.ts';
import { integerText, toInteger } from './integer.ts';
import { refuseInput, reportAt, reportIssues } from './issue.ts';
import { MAX_FAULTS } from './list.ts';
import { withStructure } from './structure.ts';

/**
 * A dictionary with text keys in order of arrival: a plain object if JavaScript keeps that order, else an
 * ordered object. Use the functions below to read and write it.
 */
export type Dictionary<T> = { readonly [key: string]: T } | OrderedObject<T>;

/** How to read keys: unchanged, or as integers (`"01"` is the key `1`). */
type KeyKind = 'text' | 'integer';

/** A dictionary whose values have one schema. The path of a fault contains the key. */
export function dictionaryOf<T>(
  free: FreeForm,
  keys: KeyKind,
  values: z.ZodType<T>,
): z.ZodType<Dictionary<T>> {
  const schema = z.transform((input: unknown, context): Dictionary<T> => {
    if (!isObject(input)) {
      refuseInput(context, input, 'Input should be an object');
      return z.NEVER;
    }
    if (!isOrderedObject(input)) free.requireOrder(Object.keys(input));
    const entries = new Map<string, T>();
    for (const [arrivedKey, item] of entriesOf(input)) {
      if (context.issues.length >= MAX_FAULTS) return z.NEVER;
      const key = keys === 'text' ? arrivedKey : integerKey(arrivedKey);
      if (key === null) {
        reportAt(context, [arrivedKey], 'Keys should be valid integers');
        continue;
      }
      const parsed = values.safeParse(item);
      if (parsed.success) {
        entries.set(key, parsed.data);
        continue;
      }
      reportIssues(context, parsed.error.issues, [arrivedKey]);
    }
    return dictionary(entries);
  });
  return withStructure(schema, { kind: 'dictionary', keys, values });
}

/** The canonical text of an integer key, or null for another key. */
export function integerKey(key: string): string | null {
  const value = toInteger(key);
  if (typeof value === 'object' && 'refused' in value) return null;
  return integerText(value);
}

/** A dictionary with these entries in their order. */
export function dictionary<T>(entries: ReadonlyMap<string, T>): Dictionary<T> {
  if (!keepsOrder(entries.keys())) return orderedObject(entries);
  const plain: Record<string, T> = {};
  for (const [key, value] of entries) setOwn(plain, key, value);
  return plain;
}

/** Whether a JavaScript object keeps this order: index keys come first, ascending. */
function keepsOrder(keys: Iterable<string>): boolean {
  let last = -1;
  let named = false;
  for (const key of keys) {
    if (!isIndexKey(key)) {
      named = true;
      continue;
    }
    if (named || Number(key) < last) return false;
    last = Number(key);
  }
  return true;
}

export function entriesOf<T>(source: Dictionary<T> | object): Iterable<readonly [string, T]> {
  return source instanceof Map ? source.entries() : Object.entries(source);
}

export function valuesOf<T>(source: Dictionary<T>): Iterable<T> {
  return source instanceof Map ? source.values() : Object.values(source);
}

export function entryAt<T>(source: Dictionary<T>, key: string): T | null {
  if (source instanceof Map) return source.get(key) ?? null;
  return Object.hasOwn(source, key) ? ((source as Record<string, T>)[key] ?? null) : null;
}

export function hasEntry<T>(source: Dictionary<T>, key: string): boolean {
  return source instanceof Map ? source.has(key) : Object.hasOwn(source, key);
}

export function sizeOf<T>(source: Dictionary<T>): number {
  return source instanceof Map ? source.size : Object.keys(source).length;
}

/** The dictionary with one entry replaced at its position, or added at the end. */
export function withEntry<T>(source: Dictionary<T>, key: string, value: T): Dictionary<T> {
  if (!isOrderedObject(source) && keepsPlace(source, key)) {
    return { ...Object(source), [key]: value };
  }
  return dictionary(new Map(entriesOf(source)).set(key, value));
}

/** Whether a new entry of a plain object comes after all others, or replaces one of them. */
function keepsPlace(source: object, key: string): boolean {
  if (Object.hasOwn(source, key) || !isIndexKey(key)) return true;
  const last = Object.keys(source).at(-1);
  return last === undefined || (isIndexKey(last) && Number(last) < Number(key));
}
