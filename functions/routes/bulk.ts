import type { Skipped } from '../../lib/service/bulk.ts';
import { callerOf, prefixOf } from '../http/access.ts';
import type { HttpContext } from '../http/env.ts';
import { failedItem, refusal } from '../http/item-answer.ts';
import { BULK_BODY_BYTES, BulkBody } from '../http/list/bulk.ts';
import { filterOf, isEmptyFilter } from '../http/list/filter.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { jsonBody } from '../http/request-body.ts';
import { jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/bulk`: does the same with all jobs that a filter takes, or counts them. */
export function bulkRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/bulk', async c => {
    const request = await readRequest(c, { body: jsonBody(BulkBody, BULK_BODY_BYTES) });
    if (!request.ok) return problem(c, request.failure);
    const { action, dry_run, force, error_message: message, limit, cursor } = request.value.body;
    const { all = false, ...fields } = request.value.body.filter;
    const filter = filterOf(fields, prefixOf(c));
    // An empty filter may be the mistake of a program, and would take every job.
    if (!all && isEmptyFilter(filter)) {
      const reason = 'The filter is empty: send {"all": true} to take all jobs';
      return problem(c, { code: 'invalid', faults: [{ path: '/filter', reason }] });
    }
    const { bulk } = c.env;
    if (dry_run) {
      const preview = await bulk.preview(filter, cursor);
      if (!preview.ok) return problem(c, preview.failure);
      const { matched, sample, cursor: next } = preview.value;
      const nothing = { done: 0, pending: 0, skipped: [], cursor: next };
      return jsonResponse(c, { action, dry_run, matched, ...nothing, sample });
    }
    const { signal } = c.req.raw;
    const by = callerOf(c);
    const report = await bulk.run({ action, filter, force, message, by, limit, cursor, signal });
    if (!report.ok) return problem(c, report.failure);
    const { matched, done, pending, skipped, cursor: next } = report.value;
    const reasons = skipped.map(one => skippedJson(c, one));
    return jsonResponse(c, {
      action,
      dry_run,
      matched,
      done,
      pending,
      skipped: reasons,
      cursor: next,
    });
  });

  return routes;
}

function skippedJson(c: HttpContext, skipped: Skipped): Readonly<Record<string, unknown>> {
  const answer = 'error' in skipped ? failedItem(c, skipped.error) : refusal(skipped.failure);
  return { job_id: skipped.jobId, code: answer['code'], detail: answer['detail'] };
}
