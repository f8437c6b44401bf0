import { prefixOf } from '../http/access.ts';
import { isClientGone, readIdempotencyKey } from '../http/idempotency.ts';
import { prefersMinimal } from '../http/job-response.ts';
import { ClaimBody, LEASE_BODY_BYTES } from '../http/lease-request.ts';
import { grantedResponse, grantsResponse } from '../http/lease-response.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { jsonBody } from '../http/request-body.ts';
import { emptyAnswer } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** The states of all jobs of one claim together have at most so many bytes. One state is always sent. */
const MAX_STATES_BYTES = 8 * 1024 * 1024;

/** `/v1/claims`: leases the next jobs that wait. */
export function claimRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/claims', async c => {
    const request = await readRequest(c, {
      body: jsonBody(ClaimBody, LEASE_BODY_BYTES),
      key: readIdempotencyKey,
    });
    if (!request.ok) return problem(c, request.failure);
    const { body, key } = request.value;
    const claimed = await c.env.leases.claimSeveral({
      holder: body.holder,
      ttlSeconds: body.ttl_seconds,
      jobName: body.job_name,
      jobPrefix: prefixOf(c),
      startsNext: body.start_next,
      max: body.max,
      stateBytes: prefersMinimal(c) ? null : MAX_STATES_BYTES,
      wait: {
        ms: body.wait_seconds * 1000,
        gone: c.req.raw.signal,
        begin: () => c.get('ticket')?.rest() ?? (() => {}),
      },
      key,
      isGone: () => isClientGone(c),
    });
    if (!claimed.ok) return problem(c, claimed.failure);
    const { grants, waitedMs } = claimed.value;
    const [first] = grants;
    if (waitedMs > 0) c.set('waitedMs', waitedMs);
    if (first === undefined) return emptyAnswer(c, { status: 204 });
    const moment = { now: c.env.leases.now(), waitedMs, showsStart: body.start_next };
    if (body.max > 1) return grantsResponse(c, grants, moment);
    c.set('jobId', first.lease.job_id);
    return grantedResponse(c, first, moment);
  });

  return routes;
}
