import type { HttpContext } from '../http/env.ts';
import { isKnownVersion } from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { PAGE_RESOURCES } from '../http/resources.ts';
import { type Answer, answer, emptyAnswer } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

const NOT_BUILT = `The dashboard is not built. Run "npm run build" and start or deploy the service again.
The API does not need it: see /healthz and /v1/jobs.
`;

/** The files of the dashboard, where the entry has them. Workers serve them as static assets, without a call. */
export function pageRoutes(): Routes {
  const routes = createRoutes();
  for (const path of Object.keys(PAGE_RESOURCES)) routes.get(path, c => servePage(c));
  return routes;
}

async function servePage(c: HttpContext): Promise<Answer> {
  const { path } = c.req;
  const { pages = null } = c.env;
  if (pages === null && path === '/') {
    const headers = { 'Content-Type': 'text/plain; charset=utf-8' };
    return answer(c, NOT_BUILT, { status: 404, headers });
  }
  const page = await pages?.find(path, c.req.header('accept-encoding') ?? '');
  if (page === undefined || page === null) return problem(c, { code: 'not_found', path });
  c.set('isRoutine', true);
  const headers = { ...page.headers, ETag: `"${page.etag}"` };
  if (isKnownVersion(c, page.etag)) return emptyAnswer(c, { status: 304, headers });
  const length = { 'Content-Length': String(page.body.byteLength) };
  return answer(c, page.body, { status: 200, headers: { ...headers, ...length } });
}
