import { bulk, cancel, complete, fail, pause, resume } from './control.ts';
import { job, jobs, why } from './jobs.ts';
import { claims, heartbeats, lease } from './leases.ts';
import type { PathPlan, Plan } from './plan.ts';
import { stream, streams } from './presence.ts';
import {
  doctor,
  health,
  metrics,
  move,
  object,
  objects,
  readiness,
  stats,
  sweep,
} from './service.ts';
import { nextSheet, sheet, updates } from './sheets.ts';

/** The operations of all resources, by the paths of the route table. */
const PLANS: Readonly<Record<string, PathPlan>> = {
  '/v1/jobs': jobs,
  '/v1/jobs/:id': job,
  '/v1/jobs/:id/next-sheet': nextSheet,
  '/v1/jobs/:id/sheets/:n': sheet,
  '/v1/updates': updates,
  '/v1/jobs/:id/why': why,
  '/v1/claims': claims,
  '/v1/jobs/:id/lease': lease,
  '/v1/heartbeats': heartbeats,
  '/v1/presence': streams,
  '/v1/presence/:id': stream,
  '/v1/jobs/:id/pause': pause,
  '/v1/jobs/:id/cancel': cancel,
  '/v1/jobs/:id/fail': fail,
  '/v1/jobs/:id/resume': resume,
  '/v1/jobs/:id/complete': complete,
  '/v1/bulk': bulk,
  '/v1/sweep': sweep,
  '/v1/doctor': doctor,
  '/v1/move': move,
  '/v1/objects': objects,
  '/v1/object': object,
  '/v1/stats': stats,
  '/metrics': metrics,
  '/healthz': health,
  '/readyz': readiness,
};

/** As `PLANS`, where each resource that has GET also has HEAD. */
export const PATHS: Readonly<Record<string, PathPlan>> = Object.fromEntries(
  Object.entries(PLANS).map(([path, plans]) => [path, withHead(plans)]),
);

function withHead(plans: PathPlan): PathPlan {
  const { GET: get, ...others } = plans;
  return get === undefined ? plans : { GET: get, HEAD: headOf(get), ...others };
}

/** The answer to HEAD has the status and the headers of the answer to GET. */
function headOf(get: Plan): Plan {
  return {
    ...get,
    id: get.id.replace(/^(?:get|list)/, 'head'),
    summary: `${get.summary}, without the body of the answer`,
  };
}
