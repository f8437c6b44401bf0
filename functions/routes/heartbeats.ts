import { awaitAll } from '../../lib/base/await-all.ts';
import { ok, type Result } from '../../lib/failure.ts';
import type { Lease } from '../../lib/lease/lease.ts';
import { renewAfterMs } from '../../lib/lease/rules.ts';
import type { PresentedToken } from '../../lib/lease/token.ts';
import type { RenewalCall } from '../../lib/protocol/renew.ts';
import { StoreError } from '../../lib/store.ts';
import type { HttpContext } from '../http/env.ts';
import { failedItem, type ItemAnswer, readItemToken, refusal } from '../http/item-answer.ts';
import {
  checkLeaseSupport,
  HeartbeatsBody,
  LEASE_BODY_BYTES,
  readTokenHeartbeat,
} from '../http/lease-request.ts';
import { leaseJson } from '../http/lease-response.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { jsonBody } from '../http/request-body.ts';
import { jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/heartbeats`: renews many leases in one request, with an answer for each. */
export function heartbeatRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/heartbeats', async c => {
    const request = await readRequest(c, {
      support: checkLeaseSupport,
      body: jsonBody(HeartbeatsBody, LEASE_BODY_BYTES),
    });
    if (!request.ok) return problem(c, request.failure);
    const calls = await awaitAll(
      request.value.body.beats.map((sent, index) => readBeat(c, sent, `/beats/${index}`)),
    );
    const renewed = await c.env.leases.renewAll(
      calls.flatMap(call => (call.ok ? [call.value] : [])),
    );
    if (!renewed.ok) return problem(c, renewed.failure);
    let next = 0;
    const beats = calls.map(call => answer(c, call.ok ? renewed.value[next++] : call));
    return jsonResponse(c, { beats, server_time: c.env.leases.now() });
  });

  return routes;
}

/** Reads the heartbeat that is at `path` in the body. */
function readBeat(
  c: HttpContext,
  sent: unknown,
  path: string,
): Result<RenewalCall> | Promise<Result<RenewalCall>> {
  const beat = readTokenHeartbeat(sent, path);
  if (!beat.ok) return beat;
  const { token: text, progress, sheet, ttl_seconds: ttlSeconds } = beat.value;
  const call = (read: Result<PresentedToken>): Result<RenewalCall> =>
    read.ok ? ok({ token: read.value, beat: { progress, sheet, ttlSeconds } }) : read;
  const token = readItemToken(c, text, `${path}/token`);
  return token instanceof Promise ? token.then(call) : call(token);
}

function answer(c: HttpContext, renewed: Result<Lease> | StoreError | undefined): ItemAnswer {
  if (renewed === undefined) throw new TypeError('A heartbeat has no answer');
  if (renewed instanceof StoreError) return failedItem(c, renewed);
  if (!renewed.ok) return refusal(renewed.failure);
  const lease = renewed.value;
  return {
    ok: true,
    lease: leaseJson(lease),
    requested: lease.requested,
    expires_at: lease.expires_at,
    renew_after_ms: renewAfterMs(lease),
  };
}
