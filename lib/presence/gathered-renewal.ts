import type { Timers } from '../base/timers.ts';
import type { Result } from '../failure.ts';
import type { Lease } from '../lease/lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { LeaseRenewal, RenewalCall } from '../protocol/renew.ts';
import { StoreError } from '../store.ts';

const NOTHING_NEW = { progress: undefined, ttlSeconds: undefined };
/** Their places get them in smaller parts. */
const AT_ONCE = 4_000;

export interface GatheredRenewal {
  /** As a renewal of its own; all that are asked for at one time are sent together. */
  renew(token: PresentedToken): Promise<Result<Lease>>;
  /** An outcome for each, in order. */
  renewAll(tokens: readonly PresentedToken[]): Promise<readonly (Result<Lease> | StoreError)[]>;
}

/** Renews leases without news of their jobs. */
export function createGatheredRenewal(
  renewal: LeaseRenewal,
  {
    timers,
    listener,
  }: {
    readonly timers: Timers;
    /** Who gets news of what others change on the leases from then on. Null: nobody. */
    readonly listener: () => number | null;
  },
): GatheredRenewal {
  let waiting: {
    readonly token: PresentedToken;
    readonly settle: PromiseWithResolvers<Result<Lease>>;
  }[] = [];

  async function renewAll(
    tokens: readonly PresentedToken[],
  ): Promise<readonly (Result<Lease> | StoreError)[]> {
    const outcomes: (Result<Lease> | StoreError)[] = [];
    for (let from = 0; from < tokens.length; from += AT_ONCE) {
      const part = tokens.slice(from, from + AT_ONCE);
      const calls = part.map(token => callOf(token, listener()));
      outcomes.push(...(await renewal.renewAll(calls)));
    }
    return outcomes;
  }

  async function sendWaiting(): Promise<void> {
    const sent = waiting;
    waiting = [];
    try {
      const outcomes = await renewAll(sent.map(({ token }) => token));
      for (const [index, { settle }] of sent.entries()) {
        const outcome = outcomes[index] ?? new StoreError('A renewal has no outcome');
        if (outcome instanceof StoreError) settle.reject(outcome);
        else settle.resolve(outcome);
      }
    } catch (error) {
      for (const { settle } of sent) settle.reject(error);
    }
  }

  return {
    renew(token) {
      if (waiting.length === 0) timers.after(0, () => void sendWaiting());
      const settle = Promise.withResolvers<Result<Lease>>();
      waiting.push({ token, settle });
      return settle.promise;
    },

    renewAll,
  };
}

function callOf(token: PresentedToken, listener: number | null): RenewalCall {
  return { token, jobId: null, beat: NOTHING_NEW, listener };
}
