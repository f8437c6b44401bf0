import * as z from 'zod';
import recorded from './recorded.json' with { type: 'json' };

/** A call with its answer, as the service gave it. */
export const Example = z.object({
  operation: z.string(),
  /** In the names of the examples in the document. */
  name: z.string(),
  summary: z.string(),
  request: z.object({
    method: z.string(),
    path: z.string(),
    headers: z.record(z.string(), z.string()),
    /** Left out where the request has no body. */
    body: z.unknown().optional(),
  }),
  answer: z.object({
    status: z.int(),
    headers: z.record(z.string(), z.string()),
    /** JSON, or text of another type; left out where the answer has no body. */
    body: z.unknown().optional(),
  }),
});
export type Example = z.infer<typeof Example>;

/** One session: each call follows the ones before it. `test/openapi/write-examples.ts` records it. */
export const EXAMPLES: readonly Example[] = z.array(Example).parse(recorded);
