import * as z from 'zod';
import { isObject, isOrderedObject, type JsonValue, setOwn } from '../layout/value.ts';
import type { FreeForm } from './free-form.ts';
import { MAX_FAULTS } from './list.ts';

/** How the keys that no field declares are kept: last, in order of arrival, this one last of all. */
const LAST_KEY = 'dalsegno';

interface ModelOptions<Shape extends z.ZodRawShape> {
  /** The fields in the order in which they are written. */
  readonly fields: Shape;
  /** Fields that are checked, and never written. */
  readonly excluded?: z.ZodRawShape;
  /** Older keys that `migrate` has read: not kept as unknown ones. */
  readonly migrated?: readonly string[];
  /** Makes an older form into this one before anything is checked. */
  readonly migrate?: (
    input: Readonly<Record<string, unknown>>,
  ) => Readonly<Record<string, unknown>>;
  /** How deep the object stands in the document, the document itself being 1. */
  readonly depth: number;
  readonly free: FreeForm;
}

/**
 * An object with declared fields. Unknown keys are kept, `__proto__` as one among others: zod's own
 * loose objects drop that key.
 */
export function model<Shape extends z.ZodRawShape>(
  options: ModelOptions<Shape>,
): z.ZodType<z.output<z.ZodObject<Shape>>> {
  const object = z.object(options.fields);
  const excluded = options.excluded === undefined ? null : z.object(options.excluded);
  const unknownValue = options.free.value(options.depth + 1);
  const known = new Set([
    ...Object.keys(options.fields),
    ...Object.keys(options.excluded ?? {}),
    ...(options.migrated ?? []),
  ]);

  return z.transform((input: unknown, context): z.output<z.ZodObject<Shape>> => {
    if (!isObject(input)) {
      const message = input === undefined ? 'Field required' : 'Input should be an object';
      context.issues.push({ code: 'custom', message, input });
      return z.NEVER;
    }
    const arrived = isOrderedObject(input) ? plainFrom(input) : input;
    const current = options.migrate === undefined ? arrived : options.migrate(arrived);
    const parsed = object.safeParse(current);
    const issues = [
      ...(parsed.success ? [] : parsed.error.issues),
      ...(excluded?.safeParse(current).error?.issues ?? []),
    ];
    for (const issue of issues) {
      context.issues.push({
        code: 'custom',
        message: plainReason(issue),
        input: null,
        path: [...issue.path],
      });
    }
    if (!parsed.success || issues.length > 0) return z.NEVER;
    keepUnknown(arrived, parsed.data, context);
    return parsed.data;
  });

  function keepUnknown(
    arrived: Readonly<Record<string, unknown>>,
    target: Record<string, unknown>,
    context: z.core.$RefinementCtx,
  ): void {
    const keys = Object.keys(arrived).filter(key => !known.has(key));
    if (keys.length === 0) return;
    const ordered = keys.includes(LAST_KEY)
      ? [...keys.filter(key => key !== LAST_KEY), LAST_KEY]
      : keys;
    for (const key of ordered) {
      if (context.issues.length >= MAX_FAULTS) return;
      const parsed = unknownValue.safeParse(arrived[key]);
      if (parsed.success) setOwn(target, key, parsed.data);
      for (const { message } of parsed.error?.issues ?? []) {
        context.issues.push({ code: 'custom', message, input: null, path: [key] });
      }
    }
  }
}

/** Field order does not matter here: the fields are written in declared order. */
function plainFrom(input: ReadonlyMap<string, JsonValue>): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of input) setOwn(plain, key, value);
  return plain;
}

/** zod's own leaves (text, lists, words) speak of `undefined`, which JSON does not have. */
function plainReason(issue: z.core.$ZodIssue): string {
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return missing ? 'Field required' : issue.message;
}
