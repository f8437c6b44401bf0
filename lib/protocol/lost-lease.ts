import type { Clock } from '../base/clock.ts';
import { type Failure, fail, type Result } from '../failure.ts';
import type { Lease } from '../lease/lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { ExpiredLeases } from '../storage/false-alarms.ts';

export const OTHER_JOB = 'The token is of the lease of another job';

export function leaseLost(jobId: string | null, reason: string): ReturnType<typeof fail> {
  return fail({ code: 'lease_lost', jobId, reason, lateSeconds: null });
}

/** Nothing is read from the store for a token of another job. */
export function tokenOfOtherJob(jobId: string): Result<never> {
  return leaseLost(jobId, OTHER_JOB);
}

export interface LostLeases {
  /**
   * Adds to a `lease_lost` how late the holder with this token is, if that is known, and counts the first
   * return of a holder as a false alarm. Other failures stay as they are. `lease` is the lease object, if it
   * still exists.
   */
  withLateness(failure: Failure, token: PresentedToken, lease?: Lease): Promise<Result<never>>;
}

export function createLostLeases({
  expiredLeases,
  clock,
}: {
  expiredLeases: ExpiredLeases;
  clock: Clock;
}): LostLeases {
  return {
    async withLateness(failure, token, lease) {
      if (failure.code !== 'lease_lost' || failure.reason === OTHER_JOB) return fail(failure);
      const lateSeconds = await expiredLeases.returned(token, lease ?? null, clock.now());
      return fail({ ...failure, lateSeconds });
    },
  };
}
