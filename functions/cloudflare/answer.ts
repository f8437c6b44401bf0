import { isLoopback } from '../../lib/base/loopback.ts';
import { systemPause } from '../../lib/base/pause.ts';
import type { Repository } from '../../lib/service/service.ts';
import { createApp } from '../app.ts';
import { DOCTOR_KEYS } from '../entry/doctor-log.ts';
import { edgeAccess } from '../entry/edge-access.ts';
import { EDGE_POLL_SECONDS } from '../entry/polling.ts';
import type { Services } from '../http/env.ts';
import { answerPlainRequest } from '../plain/plain-request.ts';
import type { OpenSite } from './isolate.ts';
import type { OpenedStore } from './store-opener.ts';

const app = createApp();

const SOON_MS = 1_000;

/** Runs a task that the answer does not wait for: what follows meanwhile may make it needless. */
export async function soon(task: () => Promise<void>): Promise<void> {
  await systemPause(SOON_MS);
  await task();
}

/** The application's answer to a request of the Worker, or of an object. `own` is what only one of them has. */
export function answer(
  request: Request,
  {
    site,
    opened,
    repository,
  }: {
    readonly site: OpenSite;
    readonly opened: OpenedStore;
    readonly repository: Repository;
  },
  own: Pick<Services, 'intake' | 'forward' | 'forwardPresence' | 'sockets'>,
): Promise<Response> {
  const { config, keptGauges, deployment, bindings } = site;
  const services: Services = {
    ...repository,
    ...own,
    bodyLimitBytes: config.MAX_BODY_BYTES,
    access: edgeAccess(config, () => isLoopback(new URL(request.url).hostname)),
    corsOrigins: config.CORS_ORIGINS ?? null,
    keptGauges,
    pollSeconds: EDGE_POLL_SECONDS,
    doctorKeys: config.DEVELOPMENT ? DOCTOR_KEYS : config.doctorKeys,
    doctorCalls: config.DEVELOPMENT ? undefined : config.doctorCalls,
    ...(deployment === null ? {} : { deployment, bindings }),
    move: opened.move,
    objects: site.chosen.bucket === null ? null : opened.store,
  };
  return Promise.resolve(answerPlainRequest(request, services) ?? app.fetch(request, services));
}
