import { fail, ok, type Result } from '../failure.ts';
import { safeName, safeNameOf } from '../keys/job-id.ts';
import type { IdempotencyKey } from '../lease/idempotency-key.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { LEASE_KEYS, type Lease, leaseKey, parseLeaseKey } from '../lease/lease.ts';
import { isRenewable, renewLease } from '../lease/rules.ts';
import { mintToken } from '../lease/token.ts';
import { REUSED } from '../storage/known-keys.ts';
import { requireJob } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import type { Grant } from './granted.ts';
import { leaseLost } from './lost-lease.ts';

/** A request for a lease with an idempotency key. */
export interface KeyedRequest {
  readonly key: Pick<IdempotencyKey, 'sha256' | 'leaseId' | 'secret' | 'isRetry'>;
  /** The digest of the whole request. */
  readonly sha256: string;
  /** The key of the lease that was granted to this request; null if this process does not know of one. */
  readonly grantedKey: string | null;
}

/** Returns an earlier grant again to a caller whose answer was lost. */
export interface LeaseRepeats {
  /**
   * The grant of an earlier claim with this key; null if none is known, or if that claim was not completed. A
   * first try costs nothing. A try that the caller calls a repeat lists all leases, reads two objects and
   * renews the lease. A try whose key this process knows does the same without the list.
   * Failures: `idempotency_key_reused`, `lease_lost` if that lease is over.
   */
  findClaimGrant(request: KeyedRequest, jobPrefix: string): Promise<Result<Grant | null>>;
  /**
   * The grants of an earlier claim of several jobs that still hold; none if no lease of it is found. It lists all
   * leases. Failures: `idempotency_key_reused`, `lease_lost` if all leases of that claim are over.
   */
  findBatchGrants(
    requests: readonly KeyedRequest[],
    jobPrefix: string,
  ): Promise<Result<readonly Grant[]>>;
  /**
   * The grant of another job to this key; null if there is none. It lists all leases. Failures: `idempotency_key_reused`, `lease_lost`
   * if that lease is over, `store_unavailable` if its job does not name it: a process that writes one object after the other may be
   * about to grant it, or has died.
   */
  findElsewhere(
    request: KeyedRequest,
    options: { readonly jobKey: string; readonly jobPrefix: string },
  ): Promise<Result<Grant | null>>;
  /** Renews the lease that the job names, which was granted with this key. Failures: as above. */
  grantAgain(job: StoredJob, lease: Lease, request: KeyedRequest): Promise<Result<Grant>>;
}

export function createLeaseRepeats({
  store,
  clock,
  reader,
  leaseStore,
}: Pick<ProtocolContext, 'store' | 'clock' | 'reader' | 'leaseStore'>): LeaseRepeats {
  async function grantAgain(
    job: StoredJob,
    found: Lease,
    { key, sha256 }: KeyedRequest,
  ): Promise<Result<Grant>> {
    if (found.request_sha256 !== sha256) return REUSED;
    // The caller is alive. The renewal also counts as a use of the grant: it is not taken back for a lost answer.
    const beat = { progress: undefined, ttlSeconds: undefined };
    const renewedLease = await leaseStore.amend(leaseKey(found.job_id, found.lease_id), lease =>
      renewLease(lease, beat, clock.now()),
    );
    if (!renewedLease.ok) return renewedLease;
    const lease = renewedLease.value;
    if (lease === null) return keyedLeaseOver(found.job_id);
    const token = await mintToken(lease.job_id, lease.lease_id, key.secret);
    return ok({ lease, token: token.text, job });
  }

  /** Of any job but that one. */
  async function findLeaseKey(
    { leaseId }: KeyedRequest['key'],
    exceptJobKey: string | null,
  ): Promise<string | null> {
    for await (const { key } of store.list(LEASE_KEYS)) {
      const parsed = parseLeaseKey(key);
      if (parsed?.leaseId === leaseId && parsed.jobKey !== exceptJobKey) return key;
    }
    return null;
  }

  /** The grant of one lease of a batch; null if no job names the lease. Failures: as `findBatchGrants`. */
  async function grantAgainAt(
    storedKey: string,
    request: KeyedRequest,
    jobPrefix: string,
  ): Promise<Result<Grant | null>> {
    const target = parseLeaseKey(storedKey);
    if (target === null) return ok(null);
    if (!safeNameOf(target.jobKey).startsWith(safeName(jobPrefix))) return REUSED;
    const stored = await leaseStore.read(storedKey);
    if (stored?.kind !== 'lease') return ok(null);
    const { lease } = stored;
    if (lease.request_sha256 !== request.sha256) return REUSED;
    if (!isRenewable(lease)) return keyedLeaseOver(lease.job_id);
    const current = await reader.read(target.jobKey);
    const job = requireJob(lease.job_id, current, at => store.locate(at));
    if (!job.ok) return keyedLeaseOver(lease.job_id);
    // The first try failed before it changed the job, or is still running.
    if (namedLeaseOf(job.value.state)?.id !== lease.lease_id) return ok(null);
    return grantAgain(job.value, lease, request);
  }

  return {
    grantAgain,

    async findElsewhere(request, { jobKey, jobPrefix }) {
      const storedKey = await findLeaseKey(request.key, jobKey);
      if (storedKey === null) return ok(null);
      const found = await grantAgainAt(storedKey, request, jobPrefix);
      if (!found.ok || found.value !== null) return found;
      return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
    },

    async findBatchGrants(requests, jobPrefix) {
      const byLeaseId = new Map(requests.map(request => [request.key.leaseId, request]));
      const found: Promise<Result<Grant | null>>[] = [];
      for await (const { key } of store.list(LEASE_KEYS)) {
        const request = byLeaseId.get(parseLeaseKey(key)?.leaseId ?? '');
        if (request !== undefined) found.push(grantAgainAt(key, request, jobPrefix));
      }
      const answers = await Promise.all(found);
      const reused = answers.find(
        answer => !answer.ok && answer.failure.code === 'idempotency_key_reused',
      );
      if (reused !== undefined && !reused.ok) return reused;
      const grants = answers.flatMap(answer =>
        answer.ok && answer.value !== null ? [answer.value] : [],
      );
      const over = answers.find(answer => !answer.ok);
      return grants.length === 0 && over !== undefined && !over.ok ? over : ok(grants);
    },

    async findClaimGrant(request, jobPrefix) {
      const { key, grantedKey } = request;
      const storedKey = grantedKey ?? (key.isRetry ? await findLeaseKey(key, null) : null);
      const target = storedKey === null ? null : parseLeaseKey(storedKey);
      if (storedKey === null || target === null) return ok(null);
      if (!safeNameOf(target.jobKey).startsWith(safeName(jobPrefix))) return REUSED;
      const stored = await leaseStore.read(storedKey);
      if (stored?.kind !== 'lease') return grantedKey === null ? ok(null) : keyedLeaseOver(null);
      const { lease } = stored;
      if (!isRenewable(lease)) return keyedLeaseOver(lease.job_id);
      const job = requireJob(lease.job_id, await reader.read(target.jobKey), at =>
        store.locate(at),
      );
      if (!job.ok) return keyedLeaseOver(lease.job_id);
      if (namedLeaseOf(job.value.state)?.id === lease.lease_id)
        return grantAgain(job.value, lease, request);
      // The first try failed, or is still running. A lease of this id is granted only once.
      return grantedKey === null ? ok(null) : keyedLeaseOver(lease.job_id);
    },
  };
}

/** The failure for a repeated call whose lease is over. */
export function keyedLeaseOver(jobId: string | null): Result<never> {
  const reason = 'The lease that was granted with this idempotency key is over: ask with a new key';
  return leaseLost(jobId, reason);
}
