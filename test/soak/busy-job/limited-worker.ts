import type { WorkerEnv } from '../../../functions/cloudflare/isolate.ts';
import worker, {
  JobObject as Deployed,
  LeaseShard as Shard,
} from '../../../functions/cloudflare.ts';
import type { R2BucketLike } from '../../../lib/stores/r2/bucket.ts';
import { controlledBucket, controls, counts } from '../../objects/controlled-bucket.ts';

/** As R2: one write of a key a second, and some time for each. */
controls.everyMs = 1_000;
controls.beforePut = () => new Promise(resolve => setTimeout(resolve, 100));

function limited(env: WorkerEnv): WorkerEnv {
  return { ...env, STATE_BUCKET: controlledBucket(env['STATE_BUCKET'] as R2BucketLike) };
}

/** The object of the entry, on a bucket that limits writes. */
export class JobObject extends Deployed {
  constructor(state: unknown, env: WorkerEnv) {
    super(state, limited(env));
  }
}

/** Its alarms write jobs too. */
export class LeaseShard extends Shard {
  constructor(state: ConstructorParameters<typeof Shard>[0], env: WorkerEnv) {
    super(state, limited(env));
  }
}

/** The entry, on the same bucket. `/counts` answers how many puts came to it. */
const limitedWorker = {
  async fetch(
    request: Request,
    env: WorkerEnv,
    context: Parameters<typeof worker.fetch>[2],
  ): Promise<Response> {
    if (new URL(request.url).pathname === '/counts') return Response.json(counts);
    return worker.fetch(request, limited(env), context);
  },
};

export default limitedWorker;

export { PresenceObject } from '../../../functions/cloudflare.ts';
