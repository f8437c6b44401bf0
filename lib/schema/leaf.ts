import * as z from 'zod';
import { type Structure, withStructure } from './structure.ts';

/** The reason why an input is invalid. Every leaf of the schema returns its value or a refusal. */
export interface Refusal {
  readonly refused: string;
}

export function refuse(reason: string): Refusal {
  return { refused: reason };
}

function isRefusal(value: unknown): value is Refusal {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'refused');
}

/**
 * Builds the schema for one kind of value from the function that coerces it. `undefined` means an absent
 * key without a default; it is reported as "Field required" and never reaches the function.
 */
export function leaf<T>(
  structure: Structure,
  coerce: (input: unknown) => T | Refusal,
): z.ZodType<T> {
  const schema = z.transform((input: unknown, context): T => {
    const result = input === undefined ? refuse('Field required') : coerce(input);
    if (!isRefusal(result)) return result;
    context.issues.push({ code: 'custom', message: result.refused, input });
    return z.NEVER;
  });
  return withStructure(schema, structure);
}
