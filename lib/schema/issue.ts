import type * as z from 'zod';

type Context = z.core.$RefinementCtx;

/** Reports an invalid input of a schema. For an absent input the reason is always "Field required". */
export function refuseInput(context: Context, input: unknown, reason: string): void {
  const message = input === undefined ? 'Field required' : reason;
  context.issues.push({ code: 'custom', message, input });
}

/** Reports a fault below the input. The issue does not contain the value, which may be large. */
export function reportAt(context: Context, path: readonly PropertyKey[], message: string): void {
  context.issues.push({ code: 'custom', message, input: null, path: [...path] });
}

/** Reports the issues of an inner schema, below `path`. */
export function reportIssues(
  context: Context,
  issues: readonly z.core.$ZodIssue[],
  path: readonly PropertyKey[],
): void {
  for (const issue of issues) reportAt(context, [...path, ...issue.path], issue.message);
}
