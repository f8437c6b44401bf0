import type { WorkerEnv } from '../../functions/cloudflare/isolate.ts';
import worker, { JobObject as Deployed } from '../../functions/cloudflare.ts';
import { mintAccessToken } from '../../lib/access/access-token.ts';
import type { R2BucketLike } from '../../lib/stores/r2/bucket.ts';
import { controlledBucket } from './controlled-bucket.ts';

export const token = await mintAccessToken('A'.repeat(43));

/** The bindings as the entry gets them: with a bucket that tests control. */
export function controlledEnv(env: WorkerEnv): WorkerEnv {
  return {
    ...env,
    STATE_BUCKET: controlledBucket(env['STATE_BUCKET'] as R2BucketLike),
    ACCESS_TOKENS: `${token.sha256}:admin`,
  };
}

/** Aborts the objects that run now; the newest last. */
export const running: { abort(reason: string): void }[] = [];

/** The object of the entry, in the isolate of the tests. */
export class JobObject extends Deployed {
  constructor(state: { abort(reason: string): void }, env: WorkerEnv) {
    super(state, controlledEnv(env));
    running.push(state);
  }
}

export default worker;
