import { Hono } from 'hono';
import { parseBodyInTurns } from '../../lib/checkpoint/codec.ts';
import { SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { allowsStatus } from '../http/access.ts';
import type { HttpEnv } from '../http/env.ts';
import { leaseTokenOf } from '../http/lease-token.ts';
import { entityTag, preconditionOf } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readBody } from '../http/request-body.ts';
import { jobIdOf, sheetNumOf } from '../http/request-params.ts';
import { jsonResponse } from '../http/response.ts';

/** `/v1/jobs/{id}/sheets/{n}`: the transitions of one sheet. */
export function sheetRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.put('/v1/jobs/:id/sheets/:n', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const sheetNum = sheetNumOf(c);
    if (!sheetNum.ok) return problem(c, sheetNum.failure);
    const precondition = preconditionOf(c);
    if (!precondition.ok) return problem(c, precondition.failure);
    const token = await leaseTokenOf(c);
    if (!token.ok) return problem(c, token.failure);
    const body = await readBody(c, c.env.bodyLimitBytes);
    if (!body.ok) return problem(c, body.failure);
    const update = await parseBodyInTurns(body.value, SheetUpdate);
    if (!update.ok) return problem(c, update.failure);
    const updated = await c.env.jobs.update(jobId.value, sheetNum.value, {
      update: update.value,
      precondition: precondition.value,
      token: token.value,
      allowStatus: allowsStatus(c),
    });
    if (!updated.ok) return problem(c, updated.failure);
    const { version, ...answer } = updated.value;
    return jsonResponse(c, answer, { headers: { ETag: entityTag(version) } });
  });

  return routes;
}

/** `/v1/jobs/{id}/next-sheet`: where to go on. */
export function nextSheetRoutes(): Hono<HttpEnv> {
  const routes = new Hono<HttpEnv>();

  routes.get('/v1/jobs/:id/next-sheet', async c => {
    const jobId = jobIdOf(c);
    if (!jobId.ok) return problem(c, jobId.failure);
    const next = await c.env.jobs.nextSheet(jobId.value);
    if (!next.ok) return problem(c, next.failure);
    const { nextSheet, attempt, version } = next.value;
    const answer = { next_sheet: nextSheet, exists: version !== null, attempt };
    return jsonResponse(
      c,
      answer,
      version === null ? {} : { headers: { ETag: entityTag(version) } },
    );
  });

  return routes;
}
