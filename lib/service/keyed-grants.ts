import { sha256Hex } from '../base/digest.ts';
import { createKeyedQueue } from '../base/keyed-queue.ts';
import { fail, type Result } from '../failure.ts';
import type { IdempotencyKey } from '../lease/idempotency-key.ts';
import { leaseKey } from '../lease/lease.ts';
import type { AcquireOptions } from '../protocol/grant.ts';
import type { Grant } from '../protocol/granted.ts';
import type { KeyedRequest } from '../protocol/repeat.ts';
import type { LeaseReturn } from '../protocol/return.ts';
import type { ProcessMemory } from '../storage/process-memory.ts';

/** A call for leases. */
export interface LeaseCall extends Omit<AcquireOptions, 'request'> {
  /** Null if the caller sent none. */
  readonly key: IdempotencyKey | null;
}

/** A call for leases, as its operation gets it. */
export interface KeyedAsk {
  /** For each lease of the call, a request with its own lease id; null if the caller sent no key. */
  readonly requests: readonly KeyedRequest[] | null;
  /** Whether an earlier try of this call may have been granted leases. */
  readonly isRepeat: boolean;
  /** Whether this process has granted leases to an earlier try. */
  readonly wasGranted: boolean;
}

/** The operation: what it answers, with the leases that it granted. */
type Granting<T extends Granted> = (ask: KeyedAsk) => Promise<Result<T>>;

interface Granted {
  readonly grants: readonly Grant[];
}

export interface KeyedGrants {
  /**
   * Runs `grant` for up to `max` leases, and remembers the call by its idempotency key. `content` is the whole request,
   * as JSON. Calls with the same key take turns. If the client has disconnected in the meantime, the grants are taken
   * back. Failures: `idempotency_key_reused`, `client_gone`, those of `grant`.
   */
  run<T extends Granted>(
    call: Pick<LeaseCall, 'key' | 'isGone'>,
    request: { readonly content: readonly unknown[]; readonly max: number },
    grant: Granting<T>,
  ): Promise<Result<T>>;
}

const NO_KEY: KeyedAsk = { requests: null, isRepeat: false, wasGranted: false };

export function createKeyedGrants({
  keys,
  returns,
}: {
  keys: ProcessMemory['keys'];
  returns: LeaseReturn;
}): KeyedGrants {
  const turns = createKeyedQueue();

  async function granted<T extends Granted>(
    isGone: () => boolean,
    ask: KeyedAsk,
    grant: Granting<T>,
  ): Promise<Result<T>> {
    const result = await grant(ask);
    if (!result.ok || result.value.grants.length === 0 || !isGone()) return result;
    await takeBack(result.value.grants);
    return fail({ code: 'client_gone' });
  }

  /** All of them, also where the store fails on one: that one is recovered when its lease expires. */
  async function takeBack(grants: readonly Grant[]): Promise<void> {
    const returned = await Promise.allSettled(grants.map(({ lease }) => returns.giveBack(lease)));
    for (const { status, ...outcome } of returned) {
      if (status === 'rejected' && 'reason' in outcome) throw outcome.reason;
    }
  }

  async function keyed<T extends Granted>(
    isGone: () => boolean,
    { key, sha256, max }: { key: IdempotencyKey; sha256: string; max: number },
    grant: Granting<T>,
  ): Promise<Result<T>> {
    const known = keys.find(key, sha256);
    if (!known.ok) return known;
    const grantedKey = known.value?.leaseKey ?? null;
    keys.record(key, { requestSha256: sha256, leaseKey: grantedKey });
    const ask = {
      requests: await requestsOf(key, { sha256, grantedKey, max }),
      isRepeat: key.isRetry || known.value !== null,
      wasGranted: grantedKey !== null,
    };
    const result = await granted(isGone, ask, grant);
    const [first] = result.ok ? result.value.grants : [];
    if (first !== undefined) {
      const { job_id: jobId, lease_id: leaseId } = first.lease;
      keys.record(key, { requestSha256: sha256, leaseKey: leaseKey(jobId, leaseId) });
    }
    return result;
  }

  return {
    async run({ key, isGone }, { content, max }, grant) {
      if (key === null) return granted(isGone, NO_KEY, grant);
      const sha256 = await sha256Hex(JSON.stringify(content));
      return turns.run(key.sha256, () => keyed(isGone, { key, sha256, max }, grant));
    },
  };
}

/** The leases of a batch are found by a list, so that their keys need not be remembered. */
async function requestsOf(
  key: IdempotencyKey,
  { sha256, grantedKey, max }: { sha256: string; grantedKey: string | null; max: number },
): Promise<readonly KeyedRequest[]> {
  if (max === 1) return [{ key, sha256, grantedKey }];
  const leases = await key.batch(max);
  return leases.map(lease => ({ key: { ...key, ...lease }, sha256, grantedKey: null }));
}
