import type { Timestamp } from '../../lib/base/timestamp.ts';
import { millisBetween } from '../../lib/lease/rules.ts';
import { StoreError } from '../../lib/store.ts';
import { checkFullAccess } from '../http/access.ts';
import type { HttpContext } from '../http/env.ts';
import { problem } from '../http/problem.ts';
import { readRequest } from '../http/read-request.ts';
import { logError } from '../http/request-log.ts';
import { answer } from '../http/response.ts';
import type { KeptGauges } from '../metrics/kept-gauges.ts';
import { storeGauges, UNREAD_GAUGES } from '../metrics/store-gauges.ts';
import { METRICS_TYPE } from '../metrics/text.ts';
import { createRoutes, type Routes } from '../serving/routes.ts';

/** `/metrics`: what Prometheus reads. The counts are of all jobs, so a token with a prefix does not get them. */
export function metricsRoutes(): Routes {
  const routes = createRoutes();

  routes.get('/metrics', async c => {
    const request = await readRequest(c, { access: checkFullAccess });
    if (!request.ok) return problem(c, request.failure);
    c.set('isRoutine', true);
    const gauges = await gaugesText(c);
    const text = `${(await c.env.metrics?.text()) ?? ''}${gauges}`;
    const headers = { 'Content-Type': METRICS_TYPE, 'Cache-Control': 'no-store' };
    return answer(c, text, { status: 200, headers });
  });

  return routes;
}

/** A store that fails is a gauge of its own: what the process counts is answered in any case. */
async function gaugesText(c: HttpContext): Promise<string> {
  const { keptGauges: kept = null, leases, stats } = c.env;
  const at = leases.now();
  const known = kept === null ? null : keptText(kept, at);
  if (known !== null) return known;
  try {
    const text = storeGauges(await stats.read(''));
    if (kept !== null) kept.last = { at, text };
    return text;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    logError(c, error);
    return UNREAD_GAUGES;
  }
}

/** Null where the last gauges are too old, or of a time to come: the clock was set back. */
function keptText({ last, keepMs }: KeptGauges, now: Timestamp): string | null {
  const ageMs = last === null ? -1 : millisBetween(last.at, now);
  return last !== null && ageMs >= 0 && ageMs < keepMs ? last.text : null;
}
