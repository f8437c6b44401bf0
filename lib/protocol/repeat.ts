import { ok, type Result } from '../failure.ts';
import { safeName, safeNameOf } from '../keys/job-id.ts';
import type { IdempotencyKey } from '../lease/idempotency-key.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { LEASE_KEYS, type Lease, leaseKey, parseLeaseKey } from '../lease/lease.ts';
import { isRenewable, renewLease } from '../lease/rules.ts';
import { mintToken } from '../lease/token.ts';
import { REUSED } from '../storage/known-keys.ts';
import { present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import type { Grant } from './granted.ts';
import { leaseLost } from './lost-lease.ts';

/** A request for a lease that came with an idempotency key. */
export interface KeyedRequest {
  readonly key: IdempotencyKey;
  /** Of all that is asked. */
  readonly sha256: string;
  /** The key of the lease that was granted to it, as far as this process knows; else null. */
  readonly grantedKey: string | null;
}

/** Grants that were made already, given again to calls that did not get the answer. */
export interface LeaseRepeats {
  /**
   * The grant of an earlier claim with this key; null where there is none that is known of, or that was not
   * carried out. Costs a first try nothing. Where the caller says that it is none, or where this process
   * knows the key: a list of the leases that run in the first case, two reads and a renewal in both.
   * Failures: `idempotency_key_reused`, `lease_lost` where that lease is over.
   */
  ofClaim(request: KeyedRequest, jobPrefix: string): Promise<Result<Grant | null>>;
  /** The grant of the lease that the job names, whose key this is. Failures: as above. */
  again(job: StoredJob, lease: Lease, request: KeyedRequest): Promise<Result<Grant>>;
}

export function createLeaseRepeats({
  store,
  clock,
  reader,
  leaseStore,
}: Pick<ProtocolContext, 'store' | 'clock' | 'reader' | 'leaseStore'>): LeaseRepeats {
  async function again(
    job: StoredJob,
    found: Lease,
    { key, sha256 }: KeyedRequest,
  ): Promise<Result<Grant>> {
    if (found.request_sha256 !== sha256) return REUSED;
    // A caller that asks again lives; and from now on the lease is not given back for a lost answer.
    const beat = { progress: undefined, ttlSeconds: undefined };
    const kept = await leaseStore.amend(leaseKey(found.job_id, found.lease_id), lease =>
      renewLease(lease, beat, clock.now()),
    );
    if (!kept.ok) return kept;
    const lease = kept.value;
    if (lease === null) return over(found.job_id);
    const token = await mintToken(lease.job_id, lease.lease_id, key.secret);
    return ok({ lease, token: token.text, job });
  }

  async function keyOf({ leaseId }: IdempotencyKey): Promise<string | null> {
    for await (const { key } of store.list(LEASE_KEYS)) {
      if (parseLeaseKey(key)?.leaseId === leaseId) return key;
    }
    return null;
  }

  return {
    again,

    async ofClaim(request, jobPrefix) {
      const { key, grantedKey: granted } = request;
      const place = granted ?? (key.isRetry ? await keyOf(key) : null);
      const target = place === null ? null : parseLeaseKey(place);
      if (place === null || target === null) return ok(null);
      if (!safeNameOf(target.jobKey).startsWith(safeName(jobPrefix))) return REUSED;
      const stored = await leaseStore.read(place);
      if (stored?.kind !== 'lease') return granted === null ? ok(null) : over(null);
      const { lease } = stored;
      if (!isRenewable(lease)) return over(lease.job_id);
      const job = present(lease.job_id, await reader.read(target.jobKey), at => store.locate(at));
      if (!job.ok) return over(lease.job_id);
      if (namedLeaseOf(job.value.state)?.id === lease.lease_id)
        return again(job.value, lease, request);
      // The first try was not carried out, or still is: a lease of this id is granted once.
      return granted === null ? ok(null) : over(lease.job_id);
    },
  };
}

/** What a call is answered that repeats one whose lease is over. */
export function over(jobId: string | null): Result<never> {
  const reason = 'The lease that was granted with this idempotency key is over: ask with a new key';
  return leaseLost(jobId, reason);
}
