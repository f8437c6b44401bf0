import type { WorkerEnv } from '../../../functions/cloudflare/isolate.ts';
import type { ObjectStateLike } from '../../../functions/cloudflare/objects/object-state.ts';
import type { PresenceState } from '../../../functions/cloudflare/objects/presence-object.ts';
import worker, {
  JobObject as DeployedJob,
  PresenceObject as DeployedPresence,
  LeaseShard as DeployedShard,
} from '../../../functions/cloudflare.ts';
import { mintAccessToken } from '../../../lib/access/access-token.ts';

export const token = await mintAccessToken('A'.repeat(43));

/** The token of another caller. */
export const other = await mintAccessToken('B'.repeat(43));

/** The bindings as the entry gets them. */
export function envWithToken(env: WorkerEnv): WorkerEnv {
  return {
    ...env,
    ACCESS_TOKENS: `${token.sha256}:admin,${other.sha256}:admin;name=other`,
    PLAN: 'paid',
    LOG_LEVEL: 'error',
  };
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

export class PresenceObject extends DeployedPresence {
  constructor(state: PresenceState, env: WorkerEnv) {
    super(state, envWithToken(env));
  }
}

export default worker;
