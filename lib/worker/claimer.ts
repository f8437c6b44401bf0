import { type Ability, createAbility } from './client/ability.ts';
import type { ClaimRequest, Client } from './client/api.ts';
import { type Deadline, isInDoubt, momentOf } from './client/deadline.ts';
import type { Grant } from './client/grant.ts';
import { isInvalid, isOutcomeUnknown } from './client/problem.ts';
import type { Timing } from './client/timing.ts';

/** Claims waiting jobs. */
export interface Claimer {
  /** Up to `max` jobs; none if none waits. Rejects as a claim of the client does. */
  claim(ask: ClaimAsk): Promise<readonly Grant[]>;
  /** How long the service may be asked to wait for a job; 0 if it does not wait. */
  waitMs(): number;
}

export interface ClaimAsk {
  readonly max: number;
  /** Whether the service may wait for a job. */
  readonly canWait: boolean;
  /** Ends a wait. */
  readonly stopWaiting: AbortSignal;
  /** Ends all tries. */
  readonly signal: AbortSignal;
}

interface ClaimerOptions {
  readonly client: Pick<Client, 'claim'>;
  readonly timing: Timing;
  readonly newKey: () => string;
  readonly request: ClaimRequest & { readonly jobName?: string | undefined };
  readonly ttlMs: number;
  /** The maximum number of tries of one call. */
  readonly triesPerCall: number;
}

/** The limit of the service. */
const MAX_JOBS = 100;
/** Most proxies let a request wait for longer. */
const LONGEST_WAIT_SECONDS = 20;

/** A service that restarts, or that has too many claims that wait, answers one early. */
const NO_WAITS_MS = 60_000;

/** A claim without an answer. It may have leased jobs. */
interface OpenClaim {
  readonly key: string;
  readonly attempt: number;
  readonly max: number;
  readonly startNext: boolean;
  /** When the leases from this claim have expired at the latest. */
  readonly until: Deadline;
}

/**
 * Claims jobs, each with the start of its next sheet. If a claim gets no answer, the next one reuses its idempotency
 * key, so that it gets the same leases. It does so for as long as those leases can last.
 *
 * The service may wait for a job before it answers. Where such a wait is cut off, by a proxy or by a stop of the worker,
 * the same claim is sent again without a wait, because it may have leased jobs; and the next waits are shorter. An older
 * service knows neither waits nor claims of several jobs nor starts: it gets single claims.
 */
export function createClaimer(options: ClaimerOptions): Claimer {
  const { client, timing, newKey, request, ttlMs, triesPerCall } = options;
  const batches: Ability = createAbility(timing);
  const waits: Ability = createAbility(timing, NO_WAITS_MS);
  let waitSeconds = LONGEST_WAIT_SECONDS;
  let open: OpenClaim | null = null;

  function canWait(): boolean {
    return batches.isAssumed() && waits.isAssumed();
  }

  /** `wait`: for how many seconds the service may wait before the leases begin. */
  function begin(max: number, wait: number): OpenClaim {
    const { elapsedMs, wallMs } = momentOf(timing);
    const lastsMs = wait * 1000 + ttlMs;
    const until = { elapsedMs: elapsedMs + lastsMs, wallMs: wallMs + lastsMs };
    return { key: newKey(), attempt: 1, max, startNext: batches.isAssumed(), until };
  }

  /** One claim. If it gets no answer, it stays open. */
  async function send(
    claim: OpenClaim,
    { signal, tries, wait }: { signal: AbortSignal; tries: number; wait: number },
  ): Promise<readonly Grant[]> {
    const { key: idempotencyKey, attempt: idempotencyAttempt, max, startNext } = claim;
    const keyed = { signal, retries: tries - 1, idempotencyKey, idempotencyAttempt };
    try {
      return await client.claim({ ...request, max, waitSeconds: wait, startNext }, keyed);
    } catch (error) {
      if (isOutcomeUnknown(error)) open = { ...claim, attempt: claim.attempt + tries };
      throw error;
    }
  }

  /** The jobs that a claim gets after a wait; null if the wait was cut off, and the claim is open. */
  async function waitForJobs(
    claim: OpenClaim,
    signal: AbortSignal,
  ): Promise<readonly Grant[] | null> {
    const sentAtMs = timing.elapsedMs();
    try {
      const grants = await send(claim, { signal, tries: 1, wait: waitSeconds });
      const waitedMs = timing.elapsedMs() - sentAtMs;
      if (grants.length === 0 && waitedMs < (waitSeconds * 1000) / 2) waits.deny();
      else waitSeconds = Math.min(LONGEST_WAIT_SECONDS, waitSeconds + 1);
      return grants;
    } catch (error) {
      if (!isOutcomeUnknown(error)) throw error;
      if (!signal.aborted) waitSeconds = Math.max(1, Math.floor(waitSeconds / 2));
      return null;
    }
  }

  async function claimOnce(ask: ClaimAsk): Promise<readonly Grant[]> {
    const { signal, stopWaiting } = ask;
    const max = batches.isAssumed() ? Math.min(ask.max, MAX_JOBS) : 1;
    if (open !== null && isInDoubt(open.until, timing)) open = null;
    if (open === null && ask.canWait && canWait() && !stopWaiting.aborted) {
      const waited = await waitForJobs(begin(max, waitSeconds), stopWaiting);
      if (waited !== null) return waited;
    }
    const claim = open ?? begin(max, 0);
    open = null;
    return send(claim, { signal, tries: triesPerCall, wait: 0 });
  }

  return {
    async claim(ask) {
      try {
        return await claimOnce(ask);
      } catch (error) {
        if (!isInvalid(error) || !batches.isAssumed()) throw error;
        batches.deny();
        return claimOnce(ask);
      }
    },

    waitMs: () => (canWait() ? waitSeconds * 1000 : 0),
  };
}
