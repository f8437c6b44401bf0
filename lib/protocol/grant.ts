import { sameDigest } from '../base/digest.ts';
import { createKeyedQueue } from '../base/keyed-queue.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { type Failure, fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import { type Lease, leaseKey } from '../lease/lease.ts';
import { createLease, isRunning, restartLease } from '../lease/rules.ts';
import { mintToken } from '../lease/token.ts';
import { grant, isFinished } from '../lease/transfer.ts';
import { REUSED } from '../storage/known-keys.ts';
import { present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import type { Grant } from './granted.ts';
import { heldBy } from './holding.ts';
import { type KeyedRequest, type LeaseRepeats, over } from './repeat.ts';
import { type Decide, expireFirst, keep, save } from './transact.ts';

export interface LeaseAsk {
  readonly holder: string;
  readonly ttlSeconds: number;
  /** Null where the caller chose no idempotency key. */
  readonly request: KeyedRequest | null;
  /** Whether the client went away meanwhile, where the runtime can tell. */
  readonly isGone: () => boolean;
}

export interface LeaseGranting {
  /**
   * Leases the job, taking it from a dead holder first. Where the lease that the job names is of the same
   * idempotency key, that one is granted again. Failures: those of a load, `lease_held`, `job_finished`,
   * `client_gone`, those of a repeated call.
   */
  acquire(target: JobTarget, ask: LeaseAsk): Promise<Result<Grant>>;
  /**
   * Leases a job that nobody holds, as the caller has just read and judged it; `again` where it has changed
   * since. Failures: as above.
   */
  acquireSeen(target: JobTarget, seen: StoredJob, ask: LeaseAsk): Promise<Result<Grant> | 'again'>;
}

const GONE: Result<never> = fail({ code: 'client_gone' });

/** What a look at the job came to. */
type Look =
  | { readonly kind: 'free'; readonly job: StoredJob }
  | {
      readonly kind: 'repeat';
      readonly job: StoredJob;
      readonly lease: Lease;
      readonly request: KeyedRequest;
    };

/** What a try to change the job came to. */
type Change = { readonly kind: 'granted'; readonly job: StoredJob } | { readonly kind: 'raced' };

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
  // Claimers of this process take turns at a job: the second finds it held, and writes nothing.
  const turns = createKeyedQueue();

  function lookAt(jobId: string, { request }: LeaseAsk): Decide<Look> {
    return ({ current, caller, holding, now }) => {
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      if (caller.kind === 'held' && holding.kind === 'unknown') return expireFirst();
      const lease = holding.kind === 'live' ? holding.lease : null;
      if (lease !== null && request?.key.leaseId === lease.lease_id)
        return keep<Look>({ kind: 'repeat', job: job.value, lease, request });
      if (request !== null && request.grantedKey !== null) return over(jobId);
      const { status } = job.value.state;
      if (isFinished(status)) return fail({ code: 'job_finished', jobId, status });
      if (holding.kind === 'live') return heldBy(holding, now);
      return keep<Look>({ kind: 'free', job: job.value });
    };
  }

  function acquire(target: JobTarget, ask: LeaseAsk): Promise<Result<Grant>> {
    return retry(async () => {
      const looked = await transact(target, { token: null }, lookAt(target.jobId, ask));
      if (!looked.ok) return looked;
      const look = looked.value;
      if (look.kind === 'repeat') return repeats.again(look.job, look.lease, look.request);
      return acquireSeen(target, look.job, ask);
    });
  }

  /*
   * 1. the lease object is created, 2. the job changed to name it, 3. the hint removed
   *
   * The change of the job is the point of no return: before it the lease object is an orphan, which a
   * sweep removes once it has expired; after it the job is held, and becomes claimable again when the
   * lease expires, if the grant did not reach its caller.
   */
  async function acquireSeen(
    target: JobTarget,
    seen: StoredJob,
    ask: LeaseAsk,
  ): Promise<Result<Grant> | 'again'> {
    if (ask.isGone()) return GONE;
    const { state } = seen;
    const { epoch } = jobLeaseOf(state);
    if (epoch === Number.MAX_SAFE_INTEGER) return fail(lastEpoch(target.key, state));
    const { request } = ask;
    const leaseId = request?.key.leaseId ?? random.id();
    const token = await mintToken(state.job_id, leaseId, request?.key.secret ?? random.secret());
    const lease = createLease(
      {
        job_id: state.job_id,
        lease_id: leaseId,
        epoch: epoch + 1,
        holder: ask.holder,
        token_sha256: token.sha256,
        ttl_seconds: ask.ttlSeconds,
        request_sha256: request?.sha256 ?? null,
      },
      clock.now(),
    );
    const key = leaseKey(lease.job_id, leaseId);
    const created = await leaseStore.create(lease);
    if (!created.ok) return created;
    const stored = created.value?.kind === 'lease' ? created.value.lease : null;
    if (stored === null || stored.expired || !sameDigest(stored.token_sha256, token.sha256))
      return over(state.job_id);
    if (stored.request_sha256 !== lease.request_sha256) return REUSED;
    if (ask.isGone()) {
      await leaseStore.removeQuietly(key);
      return GONE;
    }
    const changed = await transact(target, { token: null, seen }, changeTo(lease, seen));
    if (!changed.ok || changed.value.kind === 'raced') {
      await leaseStore.remove(key);
      return changed.ok ? 'again' : changed;
    }
    // Between the two steps the lease may have ended: it lasts from now on, if no sweep has taken it for an orphan.
    const kept = isRunning(stored, clock.now())
      ? ok(stored)
      : await leaseStore.amend(key, open => restartLease(open, clock.now()));
    if (!kept.ok) return kept;
    if (kept.value !== null)
      return ok({ lease: kept.value, token: token.text, job: changed.value.job });
    const expired = await expiry.expire({ jobKey: target.key, leaseKey: key, leaseId });
    return expired.ok ? 'again' : expired;
  }

  /** The job was judged as it was seen: once it is another one, it is looked at again. */
  function changeTo(lease: Lease, seen: StoredJob): Decide<Change> {
    return ({ current, now }) => {
      const job = present(lease.job_id, current, locate);
      if (!job.ok) return job;
      const { state, version } = job.value;
      // A call with the same key was faster, and was granted this very lease.
      if (jobLeaseOf(state).lease?.id === lease.lease_id)
        return keep<Change>({ kind: 'granted', job: job.value });
      if (version !== seen.version) return keep<Change>({ kind: 'raced' });
      const taken = grant(state, lease, changeTime(state, now));
      return save<Change>(taken, saved => ({ kind: 'granted', job: saved }));
    };
  }

  /** No number is left for a grant: another program has written this one. */
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
    acquire: (target, ask) => turns.run(target.key, () => acquire(target, ask)),
    acquireSeen: (target, seen, ask) => turns.run(target.key, () => acquireSeen(target, seen, ask)),
  };
}
