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

/** A call for a lease. */
export interface LeaseCall extends Omit<AcquireOptions, 'request'> {
  /** Null if the caller sent none. */
  readonly key: IdempotencyKey | null;
}

export interface KeyedGrants {
  /**
   * Runs `grant` and remembers the lease by its idempotency key. `content` is the whole request, as JSON. Calls with
   * the same key take turns. If the client has disconnected in the meantime, the grant is taken back. Failures:
   * `idempotency_key_reused`, `client_gone`, those of `grant`.
   */
  run<T extends Grant | null>(
    call: LeaseCall,
    content: readonly unknown[],
    grant: (ask: AcquireOptions) => Promise<Result<T>>,
  ): Promise<Result<T>>;
}

export function createKeyedGrants({
  keys,
  returns,
}: {
  keys: ProcessMemory['keys'];
  returns: LeaseReturn;
}): KeyedGrants {
  const turns = createKeyedQueue();

  async function granted<T extends Grant | null>(
    ask: AcquireOptions,
    grant: (ask: AcquireOptions) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const result = await grant(ask);
    if (!result.ok || result.value === null || !ask.isGone()) return result;
    await returns.giveBack(result.value.lease);
    return fail({ code: 'client_gone' });
  }

  async function keyed<T extends Grant | null>(
    ask: Omit<AcquireOptions, 'request'>,
    { key, sha256 }: Omit<KeyedRequest, 'grantedKey'>,
    grant: (ask: AcquireOptions) => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const known = keys.find(key, sha256);
    if (!known.ok) return known;
    const grantedKey = known.value?.leaseKey ?? null;
    keys.record(key, { requestSha256: sha256, leaseKey: grantedKey });
    const request = { key, sha256, grantedKey };
    const result = await granted({ ...ask, request }, grant);
    if (result.ok && result.value !== null) {
      const { job_id: jobId, lease_id: leaseId } = result.value.lease;
      keys.record(key, { requestSha256: sha256, leaseKey: leaseKey(jobId, leaseId) });
    }
    return result;
  }

  return {
    async run({ key, ...ask }, content, grant) {
      if (key === null) return granted({ ...ask, request: null }, grant);
      const sha256 = await sha256Hex(JSON.stringify(content));
      return turns.run(key.sha256, () => keyed(ask, { key, sha256 }, grant));
    },
  };
}
