import type { ClaimRequest, Client } from './client/api.ts';
import type { CallOptions } from './client/call.ts';
import { type Deadline, isInDoubt, momentOf } from './client/deadline.ts';
import type { Grant } from './client/grant.ts';
import { isUnclear } from './client/problem.ts';
import type { Timing } from './client/timing.ts';

/** The next job that waits; null where none does. */
export type Claimer = (options: CallOptions) => Promise<Grant | null>;

interface ClaimerOptions {
  readonly client: Pick<Client, 'claim'>;
  readonly timing: Timing;
  readonly newKey: () => string;
  readonly request: ClaimRequest & { readonly jobName?: string | undefined };
  /** How many tries one call makes at the most. */
  readonly triesPerCall: number;
}

/** What the service grants where the request does not say. */
const DEFAULT_TTL_SECONDS = 60;

/** A claim that was not answered: it may have leased a job. */
interface OpenClaim {
  readonly key: string;
  readonly attempt: number;
  /** When a lease that it was granted has ended at the latest. */
  readonly until: Deadline;
}

/**
 * Claims, and keeps the key of a claim that nobody answered: the next one asks for what that one was
 * granted, for as long as such a lease can last.
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
      if (isUnclear(error)) open = { ...current, attempt: current.attempt + triesPerCall };
      throw error;
    }
  };
}
