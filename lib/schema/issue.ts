import type * as z from 'zod';

type Context = z.core.$RefinementCtx;

/** Refuses the input of a schema; an absent one is said to be missing, whatever it should be. */
export function refuseInput(context: Context, input: unknown, reason: string): void {
  const message = input === undefined ? 'Field required' : reason;
  context.issues.push({ code: 'custom', message, input });
}

/** Reports a fault below the input. The value itself is left out: it may be large, and is not told. */
export function reportAt(context: Context, path: readonly PropertyKey[], message: string): void {
  context.issues.push({ code: 'custom', message, input: null, path: [...path] });
}

/** Reports what an inner schema found, below `path`. */
export function passOn(
  context: Context,
  issues: readonly z.core.$ZodIssue[],
  path: readonly PropertyKey[],
): void {
  for (const issue of issues) reportAt(context, [...path, ...issue.path], issue.message);
}
