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
import { passOn, refuseInput, reportAt } from './issue.ts';
import { MAX_FAULTS } from './list.ts';

/**
 * A dictionary by text key, in order of arrival: a plain object where JavaScript keeps that order,
 * an ordered one where it would not. Read and written through the functions below.
 */
export type Dictionary<T> = { readonly [key: string]: T } | OrderedObject<T>;

/** How keys are read: as they are, or as integers (`"01"` is the key `1`). */
type KeyKind = 'text' | 'integer';

/** A dictionary whose values follow one schema. Faults carry the key in their path. */
export function dictionaryOf<T>(
  free: FreeForm,
  keys: KeyKind,
  values: z.ZodType<T>,
): z.ZodType<Dictionary<T>> {
  return z.transform((input: unknown, context): Dictionary<T> => {
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
      passOn(context, parsed.error.issues, [arrivedKey]);
    }
    return dictionary(entries);
  });
}

/** The canonical text of a key that is an integer, null for any other. */
export function integerKey(key: string): string | null {
  const value = toInteger(key);
  if (typeof value === 'object' && 'refused' in value) return null;
  return integerText(value);
}

/** The dictionary of these entries, in their order. */
export function dictionary<T>(entries: ReadonlyMap<string, T>): Dictionary<T> {
  if (!keepsOrder(entries.keys())) return orderedObject(entries);
  const plain: Record<string, T> = {};
  for (const [key, value] of entries) setOwn(plain, key, value);
  return plain;
}

/** Whether a JavaScript object would keep this order: index keys first, ascending. */
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

export function sizeOf<T>(source: Dictionary<T>): number {
  return source instanceof Map ? source.size : Object.keys(source).length;
}

/** The dictionary with one entry replaced in its place, or added at the end. */
export function withEntry<T>(source: Dictionary<T>, key: string, value: T): Dictionary<T> {
  return dictionary(new Map(entriesOf(source)).set(key, value));
}
