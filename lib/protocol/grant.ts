import { sameDigest } from '../base/digest.ts';
import { createKeyedQueue } from '../base/keyed-queue.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { type Failure, fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { startWithGrant } from '../lease/first-start.ts';
import { recordChange } from '../lease/history.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import { type Lease, leaseKey } from '../lease/lease.ts';
import { createLease, isRunning, restartLease } from '../lease/rules.ts';
import { mintToken } from '../lease/token.ts';
import { grant, isFinished } from '../lease/transfer.ts';
import { REUSED } from '../storage/known-keys.ts';
import { requireJob } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import type { Grant } from './granted.ts';
import { leaseHeld } from './holding.ts';
import { type KeyedRequest, keyedLeaseOver, type LeaseRepeats } from './repeat.ts';
import { type Decide, expireFirst, keep, save, withSidecars } from './transact.ts';

export interface AcquireOptions {
  readonly holder: string;
  readonly ttlSeconds: number;
  /** Whether the grant starts the next sheet in the same save. */
  readonly startsNext?: boolean;
  /** Null if the caller sent no idempotency key. */
  readonly request: KeyedRequest | null;
  /** Whether the client has disconnected. Always false on a runtime that does not report it. */
  readonly isGone: () => boolean;
  /** With what the id of a job must begin that is granted again instead of the one that was asked for. Left out for any. */
  readonly jobPrefix?: string;
}

export interface LeaseGranting {
  /**
   * Leases the job. An expired lease on it is ended first. If the job's lease was granted with the same
   * idempotency key, that lease is granted again. Failures: those of a load, `lease_held`, `job_finished`,
   * `client_gone`, those of a repeated call.
   */
  acquire(target: JobTarget, options: AcquireOptions): Promise<Result<Grant>>;
  /**
   * Leases a job that is not leased, which the caller has just read and checked; `again` if the job has
   * changed since. Where the store refuses a second lease for one idempotency key, it is that of another job if another
   * call with that key was faster. Failures: as above.
   */
  acquireFree(
    target: JobTarget,
    free: StoredJob,
    options: AcquireOptions,
  ): Promise<Result<Grant> | 'again'>;
}

const GONE: Result<never> = fail({ code: 'client_gone' });

/** A job that may be leased, or whose lease may be granted again. */
type Checked =
  | { readonly kind: 'free'; readonly job: StoredJob }
  | {
      readonly kind: 'repeat';
      readonly job: StoredJob;
      readonly lease: Lease;
      readonly request: KeyedRequest;
    };

/** `raced`: the job has changed since it was checked. */
type Change = { readonly kind: 'granted'; readonly job: StoredJob } | { readonly kind: 'raced' };

/** What is granted, and how. */
interface Planned {
  readonly lease: Lease;
  readonly token: string;
  readonly free: StoredJob;
  readonly startsNext: boolean;
}

export function createLeaseGranting(
  {
    store,
    clock,
    random,
    leaseStore,
    expiry,
    retry,
    transact,
  }: Pick<
    ProtocolContext,
    'store' | 'clock' | 'random' | 'leaseStore' | 'expiry' | 'retry' | 'transact'
  >,
  repeats: LeaseRepeats,
): LeaseGranting {
  const locate = (key: string) => store.locate(key);
  // Callers in this process take turns at a job: the second one finds it leased and writes nothing.
  const turns = createKeyedQueue();

  function checkJob(jobId: string, { request }: AcquireOptions): Decide<Checked> {
    return ({ current, caller, holding, now }) => {
      const job = requireJob(jobId, current, locate);
      if (!job.ok) return job;
      if (caller.kind === 'held' && holding.kind === 'unknown') return expireFirst();
      const lease = holding.kind === 'live' ? holding.lease : null;
      if (lease !== null && request?.key.leaseId === lease.lease_id)
        return keep<Checked>({ kind: 'repeat', job: job.value, lease, request });
      if (request !== null && request.grantedKey !== null) return keyedLeaseOver(jobId);
      const { status } = job.value.state;
      if (isFinished(status)) return fail({ code: 'job_finished', jobId, status });
      if (holding.kind === 'live') return leaseHeld(holding, now);
      return keep<Checked>({ kind: 'free', job: job.value });
    };
  }

  function acquire(target: JobTarget, options: AcquireOptions): Promise<Result<Grant>> {
    return retry(async () => {
      const checked = await transact(target, { token: null }, checkJob(target.jobId, options));
      if (!checked.ok) return checked;
      const { value } = checked;
      if (value.kind === 'repeat') return repeats.grantAgain(value.job, value.lease, value.request);
      return acquireFree(target, value.job, options);
    });
  }

  /*
   * 1. It creates the lease object. 2. It changes the job to name the lease. 3. It removes the hint.
   *
   * Step 2 is the point of no return. After a crash before it, the lease object is an orphan, and a sweep
   * removes it when it has expired. After a crash behind it, the job is leased. If the grant did not reach
   * its caller, the job becomes claimable again when the lease expires.
   */
  async function acquireFree(
    target: JobTarget,
    free: StoredJob,
    { holder, ttlSeconds, startsNext = false, request, isGone, jobPrefix = '' }: AcquireOptions,
  ): Promise<Result<Grant> | 'again'> {
    if (isGone()) return GONE;
    const { state } = free;
    const { epoch } = jobLeaseOf(state);
    if (epoch === Number.MAX_SAFE_INTEGER) return fail(lastEpoch(target.key, state));
    const leaseId = request?.key.leaseId ?? random.id();
    const token = await mintToken(state.job_id, leaseId, request?.key.secret ?? random.secret());
    const lease = createLease(
      {
        job_id: state.job_id,
        lease_id: leaseId,
        epoch: epoch + 1,
        holder,
        token_sha256: token.sha256,
        ttl_seconds: ttlSeconds,
        request_sha256: request?.sha256 ?? null,
      },
      clock.now(),
    );
    const planned = { lease, token: token.text, free, startsNext };
    if (store.putWith !== undefined) {
      const done = await grantInOneStep(target, planned);
      if (done !== 'in-steps') return done;
      const other =
        request === null
          ? ok(null)
          : await repeats.findElsewhere(request, { jobKey: target.key, jobPrefix });
      if (!other.ok) return other;
      if (other.value !== null) return ok(other.value);
    }
    const created = await leaseStore.create(lease);
    if (!created.ok) return created;
    const stored = created.value?.kind === 'lease' ? created.value.lease : null;
    if (stored === null || stored.expired || !sameDigest(stored.token_sha256, token.sha256))
      return keyedLeaseOver(state.job_id);
    if (stored.request_sha256 !== lease.request_sha256) return REUSED;
    if (isGone()) {
      await removeUnused(lease, request);
      return GONE;
    }
    const changed = await transact(target, { token: null, startFrom: free }, grantTo(planned));
    if (!changed.ok || changed.value.kind === 'raced') {
      await removeUnused(lease, request);
      return changed.ok ? 'again' : changed;
    }
    return running(target, { lease: stored, token: token.text, job: changed.value.job });
  }

  /** The lease may have expired while it was granted. It restarts, unless a sweep has ended it as an orphan. */
  async function running(target: JobTarget, granted: Grant): Promise<Result<Grant> | 'again'> {
    const { lease } = granted;
    if (isRunning(lease, clock.now())) return ok(granted);
    const key = leaseKey(lease.job_id, lease.lease_id);
    const restarted = await leaseStore.amend(key, open => restartLease(open, clock.now()));
    if (!restarted.ok) return restarted;
    if (restarted.value !== null) return ok({ ...granted, lease: restarted.value });
    const expired = await expiry.expire({
      jobKey: target.key,
      leaseKey: key,
      leaseId: lease.lease_id,
    });
    return expired.ok ? 'again' : expired;
  }

  /**
   * As the three steps, in one of the store: all, or nothing. `in-steps` where an earlier try with the same idempotency key has
   * left its lease, or has one of another job: what that is worth only the steps find out.
   */
  async function grantInOneStep(
    target: JobTarget,
    planned: Planned,
  ): Promise<Result<Grant> | 'again' | 'in-steps'> {
    const { lease, token, free } = planned;
    const creation = leaseStore.beginCreation(lease);
    const decideGrant = grantTo(planned);
    let hasTried = false;
    try {
      const changed = await transact<Change | { readonly kind: 'in-steps' }>(
        target,
        { token: null, startFrom: free },
        input => {
          const decided = decideGrant(input);
          if (!decided.ok) return decided;
          const decision = decided.value;
          if (decision.kind === 'keep' && decision.outcome.kind === 'raced') return decided;
          // Another call with the same key has this lease, or the job is as it was and its lease is what refused the try.
          if (decision.kind !== 'save' || hasTried) return keep({ kind: 'in-steps' });
          hasTried = true;
          return withSidecars(decided, [creation.sidecar]);
        },
      );
      if (!changed.ok) return changed;
      if (changed.value.kind === 'raced') return 'again';
      if (changed.value.kind === 'in-steps') return 'in-steps';
      return await running(target, { lease, token, job: changed.value.job });
    } finally {
      creation.end();
    }
  }

  /** The id of a keyed request is derived from its key: another call with that key may use the lease by now. */
  function removeUnused(lease: Lease, request: KeyedRequest | null): Promise<void> {
    return request === null
      ? leaseStore.remove(leaseKey(lease.job_id, lease.lease_id))
      : leaseStore.removeUnused(lease);
  }

  /** Grants the lease only if the job is still at the version that was checked. */
  function grantTo({ lease, free, startsNext }: Planned): Decide<Change> {
    return ({ current, now }) => {
      const job = requireJob(lease.job_id, current, locate);
      if (!job.ok) return job;
      const { state, version } = job.value;
      // Another call with the same idempotency key was faster, and got this lease.
      if (jobLeaseOf(state).lease?.id === lease.lease_id)
        return keep<Change>({ kind: 'granted', job: job.value });
      if (version !== free.version) return keep<Change>({ kind: 'raced' });
      const changeAt = changeTime(state, now);
      const granted = recordChange(state, grant(state, lease, changeAt), {
        event: 'granted',
        by: lease.holder,
        now,
      });
      const taken = startsNext ? startWithGrant(granted, changeAt) : granted;
      return save<Change>(taken, saved => ({ kind: 'granted', job: saved }));
    };
  }

  /** The epoch cannot grow any more. Only another program can have written such a number. */
  function lastEpoch(key: string, { job_id: jobId }: CheckpointState): Failure {
    const detail = '/dalsegno/epoch: No higher number is left for a grant';
    return {
      code: 'state_corrupt',
      jobId,
      path: store.locate(key),
      errorType: 'validation',
      detail,
    };
  }

  return {
    acquire: (target, options) => turns.run(target.key, () => acquire(target, options)),
    acquireFree: (target, free, options) =>
      turns.run(target.key, () => acquireFree(target, free, options)),
  };
}
