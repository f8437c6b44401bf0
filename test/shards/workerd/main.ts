import type { WorkerEnv } from '../../../functions/cloudflare/isolate.ts';
import type { ObjectStateLike } from '../../../functions/cloudflare/objects/object-state.ts';
import worker, {
  JobObject as DeployedJob,
  LeaseShard as DeployedShard,
} from '../../../functions/cloudflare.ts';
import { mintAccessToken } from '../../../lib/access/access-token.ts';

export const token = await mintAccessToken('A'.repeat(43));

/** The bindings as the entry gets them. */
export function envWithToken(env: WorkerEnv): WorkerEnv {
  return { ...env, ACCESS_TOKENS: `${token.sha256}:admin`, PLAN: 'paid', LOG_LEVEL: 'error' };
}

export class JobObject extends DeployedJob {
  constructor(state: unknown, env: WorkerEnv) {
    super(state, envWithToken(env));
  }
}

export class LeaseShard extends DeployedShard {
  constructor(state: ObjectStateLike, env: WorkerEnv) {
    super(state, envWithToken(env));
  }
}

export { SuiteShard } from './suite-shard.ts';
export default worker;
