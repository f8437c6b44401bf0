import { systemClock } from '../../../lib/base/clock.ts';
import { systemPause } from '../../../lib/base/pause.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { createBudgetedSweep } from '../../../lib/sweep/budgeted.ts';
import { examineAndLog, START_KEYS } from '../../entry/doctor-log.ts';
import { logBrokenSweep, logCatalogues, logScheduled } from '../../entry/sweep-log.ts';
import { createMisconfigured } from '../../http/misconfigured.ts';
import { placeName, placeOfUpgrade } from '../../http/presence/places.ts';
import { answer, soon } from '../answer.ts';
import { type ChooseHyperdrive, jobObjectsOf, presenceObjectsOf } from '../bindings.ts';
import { siteOf, type WorkerEnv } from '../isolate.ts';
import { createForward } from '../objects/forward.ts';
import { passUpgradeOn } from '../objects/upgrade.ts';
import { compareCatalogues } from '../shards/catalogue-round.ts';
import { logMove } from '../shards/move-keeper.ts';
import type { MeteredStore } from '../store-opener.ts';

/** The part of a call's context that the entry uses. */
export interface CallContext {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  readonly props: unknown;
}

const misconfigured = createMisconfigured();

let isFirst = true;

export interface Worker {
  fetch(request: Request, env: WorkerEnv, context: CallContext): Promise<Response>;
  /** The sweep that a cron trigger calls. */
  scheduled(controller: unknown, env: WorkerEnv): Promise<void>;
}

/** Cloudflare Workers. `hyperdrive` is null where the script has no driver of PostgreSQL. */
export function createWorker(hyperdrive: ChooseHyperdrive | null): Worker {
  return { fetch, scheduled };

  async function fetch(request: Request, env: WorkerEnv, context: CallContext): Promise<Response> {
    const site = siteOf(env, hyperdrive);
    if (site.kind === 'refused') return misconfigured.fetch(request);
    const { config, chosen, intake } = site;
    const streams = presenceObjectsOf(chosen, env);
    const place = streams === null ? null : placeOfUpgrade(request);
    // Its path is the permission, which the object checks.
    if (streams !== null && place !== null) {
      return passUpgradeOn(request, { objects: streams, name: placeName(place) });
    }
    const opened = await site.stores.open(task => context.waitUntil(soon(task)));
    const repository = site.repositoryOn(opened);
    if (config.DEVELOPMENT && isFirst) {
      // The emulation takes seconds for a thousand keys, and the first answer would wait for them.
      context.waitUntil(examineAndLog(repository.doctor, START_KEYS));
    }
    isFirst = false;
    const objects = jobObjectsOf(chosen, env);
    const parts = { random: systemRandom, pause: systemPause };
    const forward =
      objects === null ? {} : { forward: createForward(request, { ...parts, objects }) };
    const toStreams =
      streams === null
        ? {}
        : { forwardPresence: createForward(request, { ...parts, objects: streams }) };
    const answered = answer(
      request,
      { site, opened, repository },
      { intake, ...forward, ...toStreams },
    );
    // A change that has begun is completed even if the client disconnects.
    context.waitUntil(answered);
    return answered;
  }

  async function scheduled(_controller: unknown, env: WorkerEnv): Promise<void> {
    const site = siteOf(env, hyperdrive);
    if (site.kind === 'refused') throw new Error('The service is not configured');
    const { config, stores, repositoryOn, memory } = site;
    const opened = await stores.openMetered();
    if (opened === null) return;
    const { store, spending } = opened;
    const repository = repositoryOn(opened);
    const sweep = createBudgetedSweep({
      ...repository,
      store,
      clock: systemClock,
      availability: memory.availability,
      spending,
      budget: config.budget,
    });
    try {
      await moveSome(opened, config.budget.operations / 2);
      const report = await sweep.run();
      const { budget } = config;
      const { sharded } = opened;
      if (sharded !== null) {
        logCatalogues(
          await compareCatalogues({ ...sharded, clock: systemClock, spending, budget }),
        );
      }
      await opened.tidy();
      logScheduled(report, spending);
    } catch (error) {
      logBrokenSweep(error);
      // The platform counts a call that throws as failed.
      throw error;
    }
  }
}

/** Moves part after part, for a share of what the call may spend. */
async function moveSome({ move, spending }: MeteredStore, operations: number): Promise<void> {
  if (move === null) return;
  for (;;) {
    const report = await move.next();
    if (report === null || report.state === 'done') return;
    logMove(report);
    if (report.state === 'waiting' || spending.operations >= operations) return;
  }
}
