import { systemClock } from '../../../lib/base/clock.ts';
import { systemPause } from '../../../lib/base/pause.ts';
import { createPace } from '../../../lib/storage/commit/pace.ts';
import { createMisconfigured } from '../../http/misconfigured.ts';
import { answer, soon } from '../answer.ts';
import { siteOf, type WorkerEnv } from '../isolate.ts';
import { createObjectRoom } from '../shared-room.ts';
import { createReopening } from './reopening.ts';

/** R2 takes one write of a key a second. */
const WRITE_MS = 1_000;
/** As long as the driver tries to write. */
const LONGEST_WAIT_MS = 10_000;

/**
 * The place where the requests of one job meet: the same application, with a repository that lives as long as the object.
 * So updates that arrive together share a write. It stores nothing itself, and the Worker, or a second object of the same
 * job, may write beside it: R2's compare-and-swap decides.
 */
export class JobObject {
  readonly #answer: (request: Request) => Promise<Response>;

  constructor(_state: unknown, env: WorkerEnv) {
    this.#answer = openJob(env);
  }

  fetch(request: Request): Promise<Response> {
    return this.#answer(request);
  }
}

function openJob(env: WorkerEnv): (request: Request) => Promise<Response> {
  const site = siteOf(env);
  if (site.kind === 'refused') {
    const misconfigured = createMisconfigured();
    return async request => misconfigured.fetch(request);
  }
  const pace = createPace({
    clock: systemClock,
    pause: systemPause,
    everyMs: WRITE_MS,
    longestMs: LONGEST_WAIT_MS,
  });
  const intake = createObjectRoom(site.intakeLimits, site.objectRoom);
  const open = createReopening(systemClock, async () => {
    const opened = await site.stores.open(task => void soon(task));
    return { opened, repository: site.repositoryOn(opened, { pace }) };
  });

  return async request => answer(request, { site, ...(await open()) }, { intake });
}
