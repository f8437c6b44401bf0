import * as z from 'zod';
import {
  isIndexKey,
  isObject,
  isOrderedObject,
  type JsonValue,
  type OrderedObject,
  orderedObject,
  type PlainObject,
  setOwn,
  withTail,
} from '../json/value.ts';
import type { FreeForm } from './free-form.ts';
import { refuseInput, reportAt, reportIssues } from './issue.ts';
import { MAX_FAULTS } from './list.ts';
import { withStructure } from './structure.ts';

/** Keys without a declared field come last, in order of arrival. This key comes after all others. */
export const LAST_KEY = 'dalsegno';

interface ModelOptions<Shape extends z.ZodRawShape> {
  /** The fields, in the order in which they are written. */
  readonly fields: Shape;
  /** Fields that are checked but never written. */
  readonly excluded?: z.ZodRawShape;
  /** Older keys that `migrate` reads. They are not preserved as unknown keys. */
  readonly migrated?: readonly string[];
  /** Converts an older form to the current one before the fields are checked. */
  readonly migrate?: (
    input: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>>;
  /** The nesting depth of the object. The document itself has depth 1. */
  readonly depth: number;
  readonly free: FreeForm;
}

/**
 * An object with declared fields. Unknown keys are preserved, including `__proto__`, which zod's own loose
 * objects drop.
 */
export function model<Shape extends z.ZodRawShape>(
  options: ModelOptions<Shape>,
): z.ZodType<z.output<z.ZodObject<Shape>>> {
  const object = z.object(options.fields);
  const excluded = options.excluded === undefined ? null : z.object(options.excluded);
  const unknownValue = options.free.value(options.depth + 1);
  const dropped = [...Object.keys(options.excluded ?? {}), ...(options.migrated ?? [])];
  const known = new Set([...Object.keys(options.fields), ...dropped]);

  const schema = z.transform((input: unknown, context): z.output<z.ZodObject<Shape>> => {
    if (!isObject(input)) {
      refuseInput(context, input, 'Input should be an object');
      return z.NEVER;
    }
    if (!isOrderedObject(input)) options.free.requireOrder(Object.keys(input));
    const arrived = isOrderedObject(input) ? plainFrom(input) : input;
    const current = options.migrate === undefined ? arrived : options.migrate(arrived);
    const parsed = object.safeParse(current);
    const issues = [
      ...(parsed.success ? [] : parsed.error.issues),
      ...(excluded?.safeParse(current).error?.issues ?? []),
    ];
    for (const issue of issues) reportAt(context, issue.path, plainReason(issue));
    if (!parsed.success || issues.length > 0) return z.NEVER;
    return keepUnknown(input, parsed.data, context);
  });
  const { fields, depth } = options;
  return withStructure(schema, { kind: 'model', fields, depth, dropped });

  function keepUnknown<T extends Record<string, unknown>>(
    arrived: PlainObject | OrderedObject,
    target: T,
    context: z.core.$RefinementCtx,
  ): T {
    const unknown = new Map<string, JsonValue>();
    for (const key of keysOf(arrived)) {
      if (known.has(key)) continue;
      if (context.issues.length >= MAX_FAULTS) return target;
      const parsed = unknownValue.safeParse(
        isOrderedObject(arrived) ? arrived.get(key) : arrived[key],
      );
      if (parsed.success) unknown.set(key, parsed.data);
      else reportIssues(context, parsed.error.issues, [key]);
    }
    return withMembers(target, lastKeyLast(unknown));
  }
}

/** No pairs of keys and values: an object may have very many members. */
function keysOf(object: PlainObject | OrderedObject): Iterable<string> {
  return isOrderedObject(object) ? object.keys() : Object.keys(object);
}

function lastKeyLast(members: Map<string, JsonValue>): Map<string, JsonValue> {
  const last = members.get(LAST_KEY);
  if (last === undefined) return members;
  members.delete(LAST_KEY);
  return members.set(LAST_KEY, last);
}

/** Adds members after the object's own ones. A JavaScript object would move index keys to the front. */
function withMembers<T extends Record<string, unknown>>(
  target: T,
  members: ReadonlyMap<string, JsonValue>,
): T {
  if ([...members.keys()].some(isIndexKey)) return withTail(target, orderedObject(members));
  const fields: Record<string, unknown> = target;
  for (const [key, value] of members) setOwn(fields, key, value);
  return target;
}

/** Loses the key order, which does not matter here: fields are written in declared order. */
function plainFrom(input: ReadonlyMap<string, JsonValue>): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of input) setOwn(plain, key, value);
  return plain;
}

/** The messages of zod's own schemas mention `undefined`, which JSON does not have. */
function plainReason(issue: z.core.$ZodIssue): string {
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return missing ? 'Field required' : issue.message;
}
