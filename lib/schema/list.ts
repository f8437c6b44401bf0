import * as z from 'zod';
import { refuseInput, reportIssues } from './issue.ts';
import { withStructure } from './structure.ts';

/** Checking stops at about this number of faults, because a body of megabytes may contain millions. */
export const MAX_FAULTS = 100;

/** A list whose items have one schema. zod's own arrays report an issue for every invalid item. */
export function listOf<T>(items: z.ZodType<T>): z.ZodType<T[]> {
  const schema = z.transform((input: unknown, context): T[] => {
    if (!Array.isArray(input)) {
      refuseInput(context, input, 'Input should be a list');
      return z.NEVER;
    }
    const list: T[] = [];
    for (const [index, item] of input.entries()) {
      const parsed = items.safeParse(item);
      if (parsed.success) {
        list.push(parsed.data);
        continue;
      }
      reportIssues(context, parsed.error.issues, [index]);
      if (context.issues.length >= MAX_FAULTS) return z.NEVER;
    }
    return list;
  });
  return withStructure(schema, { kind: 'list', items });
}
