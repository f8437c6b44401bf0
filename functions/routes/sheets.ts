import { SheetUpdate } from '../../lib/checkpoint/sheet-update.ts';
import { callerOf, statusRuleOf } from '../http/access.ts';
import { readLeaseToken } from '../http/lease-token.ts';
import { entityTag, readPrecondition } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { largeJsonBody } from '../http/request-body.ts';
import { readSheetNum, readTarget } from '../http/request-params.ts';
import { jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/jobs/{id}/sheets/{n}`: updates the status of one sheet. */
export function sheetRoutes(): Routes {
  const routes = createRoutes();

  routes.put('/v1/jobs/:id/sheets/:n', async c => {
    const request = await readRequest(c, {
      target: readTarget,
      sheetNum: readSheetNum,
      precondition: readPrecondition,
      token: readLeaseToken,
      update: largeJsonBody(SheetUpdate),
    });
    if (!request.ok) return problem(c, request.failure);
    const { target, sheetNum, precondition, token, update } = request.value;
    const updated = await c.env.jobs.update(target, sheetNum, {
      update,
      precondition,
      token,
      allowStatus: statusRuleOf(c),
      by: callerOf(c),
    });
    if (!updated.ok) return problem(c, updated.failure);
    const { version, ...answer } = updated.value;
    return jsonResponse(c, answer, { headers: { ETag: entityTag(version) } });
  });

  return routes;
}

/** `/v1/jobs/{id}/next-sheet`: the sheet where the job continues. */
export function nextSheetRoutes(): Routes {
  const routes = createRoutes();

  routes.get('/v1/jobs/:id/next-sheet', async c => {
    const request = await readRequest(c, { target: readTarget });
    if (!request.ok) return problem(c, request.failure);
    const next = await c.env.jobs.nextSheet(request.value.target);
    if (!next.ok) return problem(c, next.failure);
    const { nextSheet, attempt, version } = next.value;
    const answer = { next_sheet: nextSheet, exists: version !== null, attempt };
    const headers: Record<string, string> = version === null ? {} : { ETag: entityTag(version) };
    return jsonResponse(c, answer, { headers });
  });

  return routes;
}
