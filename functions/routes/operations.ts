import type { MoveReport } from '../../lib/move/move.ts';
import { DEFAULT_SWEEP_LIMIT, MAX_SWEEP_LIMIT } from '../../lib/sweep/sweeper.ts';
import { checkFullAccess } from '../http/access.ts';
import { checkLeaseSupport } from '../http/lease-request.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { logError } from '../http/request-log.ts';
import { integerParam } from '../http/request-params.ts';
import { jsonResponse } from '../http/response.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/v1/sweep`: one pass over the leases, now. */
export function sweepRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/sweep', async c => {
    const request = await readRequest(c, {
      support: checkLeaseSupport,
      access: checkFullAccess,
      limit: integerParam('limit', { max: MAX_SWEEP_LIMIT, otherwise: DEFAULT_SWEEP_LIMIT }),
    });
    if (!request.ok) return problem(c, request.failure);
    const report = await c.env.sweeper.sweep({
      cursor: c.req.query('cursor') ?? null,
      limit: request.value.limit,
    });
    if (!report.ok) return problem(c, report.failure);
    return jsonResponse(c, report.value);
  });

  return routes;
}

export const MAX_LIST_KEYS = 10_000;

/** `/v1/doctor`: probes what the store really does. */
export function doctorRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/doctor', async c => {
    const request = await readRequest(c, {
      access: checkFullAccess,
      listKeys: integerParam('list_keys', { max: MAX_LIST_KEYS, otherwise: c.env.doctorKeys }),
    });
    if (!request.ok) return problem(c, request.failure);
    const { listKeys } = request.value;
    return jsonResponse(c, await c.env.doctor.examine({ listKeys, calls: c.env.doctorCalls }));
  });

  return routes;
}

/** `/v1/move`: moves the next leases and hints between R2 and Durable Objects, if a move is under way. */
export function moveRoutes(): Routes {
  const routes = createRoutes();

  routes.post('/v1/move', async c => {
    const request = await readRequest(c, { access: checkFullAccess });
    if (!request.ok) return problem(c, request.failure);
    const report = (await c.env.move?.next()) ?? null;
    return jsonResponse(c, { move: report === null ? null : moveJson(report) });
  });

  return routes;
}

function moveJson({ to, state, startsInSeconds, moved }: MoveReport) {
  return { to, state, starts_in_seconds: startsInSeconds, moved };
}

/** `/healthz`: the process answers. `/readyz`: its store can be read and written, and which limits it has. */
export function healthRoutes(): Routes {
  const routes = createRoutes();

  routes.get('/healthz', c => jsonResponse(c, { status: 'ok' }));

  routes.get('/readyz', async c => {
    const { store, leases, limits, writeFault } = await c.env.health.check();
    if (writeFault !== null) {
      logError(c, writeFault);
      return problem(c, { code: 'store_unavailable', retryAfterSeconds: 5, lacks: 'writes' });
    }
    const { deployment, bindings, move = null } = c.env;
    const deployed = {
      ...(deployment === undefined ? {} : { deployment, bindings }),
      ...(move === null ? {} : { move: moveJson(move.last) }),
    };
    return jsonResponse(c, { status: 'ready', store, leases, limits, ...deployed });
  });

  return routes;
}
