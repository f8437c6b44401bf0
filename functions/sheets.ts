import { Hono } from 'hono';
import { requestedInTurns } from '../lib/state/codec.ts';
import { SheetMark } from '../lib/state/sheet-mark.ts';
import { allowsStatus } from './access.ts';
import type { HttpEnv } from './http-env.ts';
import { jsonResponse } from './json.ts';
import { leaseTokenOf } from './lease-token.ts';
import { entityTag, expectationOf } from './precondition.ts';
import { problem } from './problem.ts';
import { readBody } from './request-body.ts';
import { jobIdOf, sheetNumOf } from './request-path.ts';

/** `/v1/jobs/{id}/sheets/{n}`: the transitions of one sheet. */
export function sheetRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.put('/v1/jobs/:id/sheets/:n', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const sheetNum = sheetNumOf(c);
    if (!sheetNum.ok) return problem(c, sheetNum.failure);
    const expectation = expectationOf(c);
    if (!expectation.ok) return problem(c, expectation.failure);
    const token = await leaseTokenOf(c);
    if (!token.ok) return problem(c, token.failure);
    const body = await readBody(c, c.env.bodyLimitBytes);
    if (!body.ok) return problem(c, body.failure);
    const mark = await requestedInTurns(body.value, SheetMark);
    if (!mark.ok) return problem(c, mark.failure);
    const marked = await c.env.jobs.mark(jobId.value, sheetNum.value, {
      mark: mark.value,
      expectation: expectation.value,
      token: token.value,
      allowStatus: allowsStatus(c),
    });
    if (!marked.ok) return problem(c, marked.failure);
    const { version, ...answer } = marked.value;
    return jsonResponse(c, answer, { headers: { ETag: entityTag(version) } });
  });

  return routes;
}
