import { callerOf, statusRuleOf } from '../http/access.ts';
import { jobResponse, notModifiedResponse, savedResponse } from '../http/job-response.ts';
import { readLeaseToken } from '../http/lease-token.ts';
import {
  isExpectedVersion,
  isKnownVersion,
  readPrecondition,
  readRequiredPrecondition,
} from '../http/precondition.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { readStateBody } from '../http/request-body.ts';
import { readForce, readTarget } from '../http/request-params.ts';
import { emptyAnswer } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/jobs/{id}`: one whole job, read, saved and deleted. */
export function jobRoutes(): Routes {
  const routes = createRoutes();

  routes.get('/v1/jobs/:id', async c => {
    const request = await readRequest(c, { target: readTarget });
    if (!request.ok) return problem(c, request.failure);
    const { target } = request.value;
    const job = await c.env.jobs.load(target);
    // Preconditions count only where the answer would be 200 without them.
    if (!job.ok) return problem(c, job.failure);
    const { version, zombie } = job.value;
    if (!isExpectedVersion(c, version)) {
      return problem(c, { code: 'version_conflict', jobId: target.jobId, current: version });
    }
    // A zombie is shown differently from the stored version that the client may have: time alone changed it.
    if (zombie || !isKnownVersion(c, version)) return jobResponse(c, job.value);
    return notModifiedResponse(c, version);
  });

  routes.put('/v1/jobs/:id', async c => {
    const request = await readRequest(c, {
      target: readTarget,
      precondition: readRequiredPrecondition,
      token: readLeaseToken,
      body: readStateBody,
    });
    if (!request.ok) return problem(c, request.failure);
    const { target, precondition, token, body } = request.value;
    const allowStatus = statusRuleOf(c);
    const by = callerOf(c);
    const saved = await c.env.jobs.save(target, body, { precondition, token, allowStatus, by });
    if (!saved.ok) return problem(c, saved.failure);
    return savedResponse(c, saved.value, { status: saved.value.created ? 201 : 200 });
  });

  routes.delete('/v1/jobs/:id', async c => {
    const request = await readRequest(c, {
      target: readTarget,
      precondition: readPrecondition,
      token: readLeaseToken,
      force: readForce,
    });
    if (!request.ok) return problem(c, request.failure);
    const { target, precondition, token, force } = request.value;
    const removed = await c.env.jobs.remove(target, { precondition, token, force });
    if (!removed.ok) return problem(c, removed.failure);
    return emptyAnswer(c, { status: 204 });
  });

  return routes;
}
