import * as z from 'zod';
import { passOn, refuseInput } from './issue.ts';

/** Of so many faults all are told; a body of megabytes may hold millions. */
export const MAX_FAULTS = 100;

/** A list whose items follow one schema. zod's own arrays make an issue of every item at fault. */
export function listOf<T>(items: z.ZodType<T>): z.ZodType<T[]> {
  return z.transform((input: unknown, context): T[] => {
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
      passOn(context, parsed.error.issues, [index]);
      if (context.issues.length >= MAX_FAULTS) return z.NEVER;
    }
    return list;
  });
}
