import { sameDigest } from '../base/digest.ts';
import { createKeyedQueue } from '../base/keyed-queue.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { type Failure, fail, ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { jobLeaseOf } from '../lease/job-lease.ts';
import { leaseKey } from '../lease/lease.ts';
import { granted, isRunning, restarted } from '../lease/rules.ts';
import { mintToken } from '../lease/token.ts';
import { grant, isFinished } from '../lease/transfer.ts';
import { keeping, saving } from '../storage/job-writer.ts';
import { REUSED } from '../storage/known-keys.ts';
import { present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { ProtocolContext } from './context.ts';
import type { Grant } from './granted.ts';
import { heldBy } from './holding.ts';
import { type KeyedRequest, type LeaseRepeats, over } from './repeat.ts';

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
   * Leases the job stored under the key, taking it from a dead holder first. `jobId` is whose it must
   * be; `wanted` may turn it down, on every look at it; `seen` is the job as the caller has just read it.
   * Where the lease that the job names is of the same idempotency key, that one is granted again. Failures:
   * those of a load, `lease_held`, `job_finished`, `client_gone`, those of a repeated call, and what
   * `wanted` says.
   */
  acquire(target: JobTarget, ask: LeaseAsk, choice: Choice): Promise<Result<Grant>>;
}

/** Which job a caller wants. */
export interface Choice {
  readonly wanted: (job: StoredJob) => Result<null>;
  readonly seen?: StoredJob;
}

const GONE: Result<never> = fail({ code: 'client_gone' });

/** Of racing processes one wins each time: a process that loses so often is unlucky beyond reason. */
const MAX_ATTEMPTS = 20;

export function createLeaseGranting(parts: ProtocolContext, repeats: LeaseRepeats): LeaseGranting {
  const { store, clock, random, writer, leaseStore, expiry, living } = parts;
  // Claimers of this process take turns at a job: who comes second finds it held, and writes nothing.
  const turns = createKeyedQueue();

  async function acquire(
    target: JobTarget,
    ask: LeaseAsk,
    { wanted, seen }: Choice,
  ): Promise<Result<Grant>> {
    const looks = seen === undefined ? [] : [seen];
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const looked = await living.look(target, looks.pop());
      if (!looked.ok) return looked;
      const { job, holding } = looked.value;
      const { status } = job.state;
      const { request } = ask;
      if (holding.kind === 'live' && request?.key.leaseId === holding.lease.lease_id)
        return repeats.again(job, holding.lease, request);
      if ((request?.grantedKey ?? null) !== null) return over(target.jobId);
      if (ask.isGone()) return GONE;
      if (isFinished(status)) return fail({ code: 'job_finished', jobId: target.jobId, status });
      const accepted = wanted(job);
      if (!accepted.ok) return accepted;
      if (holding.kind === 'live') return heldBy(holding, clock);
      const tried = await tryGrant(target.key, job, { ...ask, wanted });
      if (tried !== 'lost') return tried;
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }

  /*
   * 1. the lease object is created, 2. the job changed to name it, 3. the hint removed
   *
   * The change of the job is the point of no return: before it the lease object is an orphan, which a
   * sweep removes once it has expired; after it the job is held, and becomes claimable again when the
   * lease expires, if nobody heard of the grant.
   */
  async function tryGrant(
    key: string,
    seen: StoredJob,
    ask: LeaseAsk & { readonly wanted: (job: StoredJob) => Result<null> },
  ): Promise<Result<Grant> | 'lost'> {
    const { state } = seen;
    const { epoch } = jobLeaseOf(state);
    if (epoch === Number.MAX_SAFE_INTEGER) return fail(lastEpoch(key, state));
    const { request } = ask;
    const leaseId = request?.key.leaseId ?? random.id();
    const token = await mintToken(state.job_id, leaseId, request?.key.secret ?? random.secret());
    const lease = granted(
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
    const created = await leaseStore.create(lease);
    if (!created.ok) return created;
    const stored = created.value?.kind === 'lease' ? created.value.lease : null;
    if (stored === null || stored.expired || !sameDigest(stored.token_sha256, token.sha256))
      return over(state.job_id);
    if (stored.request_sha256 !== lease.request_sha256) return REUSED;
    if (ask.isGone()) {
      await leaseStore.removeQuietly(leaseKey(lease.job_id, leaseId));
      return GONE;
    }

    let raced = false;
    const changed = await writer.change(
      key,
      (current, now) => {
        raced = false;
        const job = present(state.job_id, current, place => store.locate(place));
        if (!job.ok) return job;
        const found = job.value.state;
        const { lease: other, epoch: foundEpoch } = jobLeaseOf(found);
        // A call with the same key was faster, and was granted this very lease.
        if (other?.id === leaseId) return keeping(job.value);
        raced = other !== null || foundEpoch + 1 !== lease.epoch || isFinished(found.status);
        if (raced) return keeping(job.value);
        const accepted = ask.wanted(job.value);
        if (!accepted.ok) return accepted;
        return saving(grant(found, lease, changeTime(found, now)));
      },
      seen,
    );
    if (!changed.ok || raced) {
      await leaseStore.remove(leaseKey(lease.job_id, leaseId));
      return changed.ok ? 'lost' : changed;
    }
    // Between the two steps the lease may have ended: it lasts from now on, if no sweep has taken it for an orphan.
    const kept = isRunning(stored, clock.now())
      ? ok(stored)
      : await leaseStore.amend(leaseKey(lease.job_id, leaseId), now => restarted(now, clock.now()));
    if (!kept.ok) return kept;
    if (kept.value !== null)
      return ok({ lease: kept.value, token: token.text, job: changed.value });
    const target = { jobKey: key, leaseKey: leaseKey(lease.job_id, leaseId), leaseId };
    const expired = await expiry.expire(target);
    return expired.ok ? 'lost' : expired;
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
    acquire: (target, ask, choice) => turns.run(target.key, () => acquire(target, ask, choice)),
  };
}
