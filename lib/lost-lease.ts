import type { Clock } from './clock.ts';
import { fail, type Result } from './failure.ts';
import type { Lapses } from './lapses.ts';
import type { Lease } from './lease/lease.ts';
import type { PresentedToken } from './lease/lease-token.ts';

export interface LostLeases {
  /**
   * What a caller hears whose token opens nothing any more, with how late he is where that is known.
   * `lease` is the lease object, where it is still there.
   */
  failure(
    token: PresentedToken,
    about: { jobId: string | null; reason: string; lease?: Lease },
  ): Promise<Result<never>>;
}

export const OTHER_JOB = 'The token is of the lease of another job';

/** What a token of another job hears: nothing is looked up for it. */
export function otherJob(jobId: string): Result<never> {
  return fail({ code: 'lease_lost', jobId, reason: OTHER_JOB, lateSeconds: null });
}

export function createLostLeases({ lapses, clock }: { lapses: Lapses; clock: Clock }): LostLeases {
  return {
    async failure(token, { jobId, reason, lease }) {
      const lateSeconds = await lapses.returned(token, lease ?? null, clock.now());
      return fail({ code: 'lease_lost', jobId, reason, lateSeconds });
    },
  };
}
