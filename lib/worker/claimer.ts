import type { ClaimRequest, Client } from './client/api.ts';
import type { CallOptions } from './client/call.ts';
import { type Deadline, isInDoubt, momentOf } from './client/deadline.ts';
import type { Grant } from './client/grant.ts';
import { isOutcomeUnknown } from './client/problem.ts';
import type { Timing } from './client/timing.ts';

/** Claims the next waiting job; null if no job waits. */
export type Claimer = (options: CallOptions) => Promise<Grant | null>;

interface ClaimerOptions {
  readonly client: Pick<Client, 'claim'>;
  readonly timing: Timing;
  readonly newKey: () => string;
  readonly request: ClaimRequest & { readonly jobName?: string | undefined };
  /** The maximum number of tries of one call. */
  readonly triesPerCall: number;
}

/** The default of the service. */
const DEFAULT_TTL_SECONDS = 60;

/** A claim without an answer. It may have leased a job. */
interface OpenClaim {
  readonly key: string;
  readonly attempt: number;
  /** When a lease from this claim has expired at the latest. */
  readonly until: Deadline;
}

/**
 * Claims jobs. If a claim gets no answer, the next one reuses its idempotency key, so that it gets the same lease.
 * It does so for as long as that lease can last.
 */
export function createClaimer(options: ClaimerOptions): Claimer {
  const { client, timing, newKey, request, triesPerCall } = options;
  const ttlMs = (request.ttlSeconds ?? DEFAULT_TTL_SECONDS) * 1000;
  let open: OpenClaim | null = null;

  function begin(): OpenClaim {
    const { elapsedMs, wallMs } = momentOf(timing);
    const until = { elapsedMs: elapsedMs + ttlMs, wallMs: wallMs + ttlMs };
    return { key: newKey(), attempt: 1, until };
  }

  return async callOptions => {
    const current: OpenClaim = open === null || isInDoubt(open.until, timing) ? begin() : open;
    open = null;
    const { key: idempotencyKey, attempt: idempotencyAttempt } = current;
    try {
      return await client.claim(request, { ...callOptions, idempotencyKey, idempotencyAttempt });
    } catch (error) {
      if (isOutcomeUnknown(error)) open = { ...current, attempt: current.attempt + triesPerCall };
      throw error;
    }
  };
}
