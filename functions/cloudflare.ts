import { systemClock } from '../lib/base/clock.ts';
import { isLoopback } from '../lib/base/loopback.ts';
import { meterBucket } from '../lib/stores/r2/meter.ts';
import { createR2Store } from '../lib/stores/r2.ts';
import { createBudgetedSweep } from '../lib/sweep/budgeted.ts';
import { createApp } from './app.ts';
import { openSite, type WorkerEnv, type WorkerSite } from './cloudflare/isolate.ts';
import { DOCTOR_KEYS, examineAndLog } from './entry/doctor-log.ts';
import { edgeAccess } from './entry/edge-access.ts';
import { EDGE_POLL_SECONDS } from './entry/polling.ts';
import { logBrokenSweep, logScheduled } from './entry/sweep-log.ts';
import { createMisconfigured } from './http/misconfigured.ts';
import { answerPlainRequest } from './plain/plain-request.ts';

/** The part of a call's context that the entry uses. */
interface CallContext {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

const app = createApp();
const misconfigured = createMisconfigured();

let site: WorkerSite | null = null;

/** Cloudflare Workers: requests, and the sweep that a cron trigger calls. */
const worker = {
  async fetch(request: Request, env: WorkerEnv, context: CallContext): Promise<Response> {
    const isFirst = site === null;
    site ??= openSite(env);
    if (site.kind === 'refused') return misconfigured.fetch(request);
    const { config, chosen, intake, keptGauges, repositoryOn } = site;
    const repository = repositoryOn(chosen.store);
    if (config.DEVELOPMENT && isFirst) context.waitUntil(examineAndLog(repository.doctor));
    const services = {
      ...repository,
      bodyLimitBytes: config.MAX_BODY_BYTES,
      intake,
      access: edgeAccess(config, () => isLoopback(new URL(request.url).hostname)),
      corsOrigins: config.CORS_ORIGINS ?? null,
      keptGauges,
      pollSeconds: EDGE_POLL_SECONDS,
      doctorKeys: config.DEVELOPMENT ? DOCTOR_KEYS : config.doctorKeys,
    };
    const answer = Promise.resolve(
      answerPlainRequest(request, services) ?? app.fetch(request, services, context),
    );
    // A change that has begun is completed even if the client disconnects.
    context.waitUntil(answer);
    return answer;
  },

  async scheduled(_controller: unknown, env: WorkerEnv): Promise<void> {
    site ??= openSite(env);
    if (site.kind === 'refused') throw new Error('The service is not configured');
    const { config, chosen, repositoryOn, memory } = site;
    if (chosen.bucket === null) return;
    const { bucket, spending } = meterBucket(chosen.bucket);
    const store = createR2Store({ bucket });
    const repository = repositoryOn(store);
    const sweep = createBudgetedSweep({
      ...repository,
      store,
      clock: systemClock,
      availability: memory.availability,
      spending,
      budget: config.budget,
    });
    try {
      logScheduled(await sweep.run(), spending);
    } catch (error) {
      logBrokenSweep(error);
      // The platform counts a call that throws as failed.
      throw error;
    }
  },
};

export default worker;
