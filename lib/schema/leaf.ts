import * as z from 'zod';

/** Why an input was refused; every leaf of the schema answers with its value or with one of these. */
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
 * A schema for one kind of value from the function that coerces it. `undefined` stands for an
 * absent key and reaches the function only where the key has no default.
 */
export function leaf<T>(coerce: (input: unknown) => T | Refusal): z.ZodType<T> {
  return z.transform((input: unknown, context): T => {
    const result = input === undefined ? refuse('Field required') : coerce(input);
    if (!isRefusal(result)) return result;
    context.issues.push({ code: 'custom', message: result.refused, input });
    return z.NEVER;
  });
}
