import * as z from 'zod';
import { fail, ok, type Result } from '../../../lib/failure.ts';
import type { JobListQuery } from '../../../lib/storage/lists/job-list.ts';
import { prefixOf } from '../access.ts';
import type { HttpContext } from '../env.ts';
import { LIST_PARAMETERS } from '../resources.ts';
import { FilterFields, filterOf } from './filter.ts';

export const MAX_LIMIT = 1000;
export const DEFAULT_LIMIT = 50;

export const ListQuery = z.object({
  ...FilterFields,
  order: z.enum(['newest', 'oldest']).default('newest'),
  limit: z
    .string()
    .regex(/^[0-9]{1,9}$/, 'Expected an integer')
    .transform(Number)
    .pipe(z.number().min(1).max(MAX_LIMIT))
    .default(DEFAULT_LIMIT),
  cursor: z.string().nullable().default(null),
  view: z.enum(['summary', 'live', 'full']).default('summary'),
});

type View = z.infer<typeof ListQuery>['view'];

export interface ListRequest {
  readonly query: JobListQuery;
  readonly view: View;
}

/** The query of a list of jobs. Only jobs with the prefix of the access token are listed. */
export function readListQuery(c: HttpContext): Result<ListRequest> {
  const sent: Record<string, string | string[] | undefined> = {};
  for (const [name, times] of Object.entries(LIST_PARAMETERS)) {
    sent[name] = times === 'several' ? c.req.queries(name) : c.req.query(name);
  }
  const parsed = ListQuery.safeParse(sent);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => ({
      path: `?${String(path[0])}`,
      reason: message,
    }));
    return fail({ code: 'invalid', faults });
  }
  const { order, limit, cursor, view, ...fields } = parsed.data;
  return ok({ query: { ...filterOf(fields, prefixOf(c)), order, limit, cursor }, view });
}
