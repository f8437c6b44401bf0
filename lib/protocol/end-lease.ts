import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../failure.ts';
import { type JobTarget, safeName } from '../keys/job-id.ts';
import { keepProgress } from '../lease/kept-progress.ts';
import { type Lease, leaseKey } from '../lease/lease.ts';
import { endLeaseEarly, isRenewable } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import type { JobReader } from '../storage/job-reader.ts';
import type { LeaseStore } from '../storage/leases/lease-store.ts';
import { requireJob } from '../storage/precondition.ts';
import type { ObjectStore } from '../store.ts';
import { leaseLost, tokenOfOtherJob } from './lost-lease.ts';
import { type DecisionInput, type JobDecision, keep, type Transact } from './transact.ts';
import { withWriteAccess } from './write-access.ts';

/** The party that ends a lease. */
export type EndedBy =
  | { readonly kind: 'holder'; readonly token: PresentedToken }
  | { readonly kind: 'operator'; readonly leaseId: string }
  /** The service. It ends only a grant that is still unused: a repeated call may have received the grant. */
  | { readonly kind: 'unused-grant'; readonly leaseId: string };

/**
 * Ends a lease before it expires:
 * 1. It ends the lease object: the lease cannot be renewed, and takes no more requests for its holder.
 * 2. It changes the job.
 * 3. It removes the lease object.
 *
 * Step 2 also moves the last progress of the holder into the job, and is the point of no return. After a crash before
 * it, a sweep recovers the job when the lease expires. After a crash behind it, the lease object is an orphan, and a
 * sweep removes it. Where the store makes several writes in one step, the three are one, if nobody else changes the lease or the job
 * meanwhile. `decide` works as in `transact`. It also gets the lease as it was before, with the request to its holder; null if the caller may
 * not end it. Failures: those of a load and of `decide`, `lease_lost` for a grant that is in use.
 */
export type EndLease = <T>(
  target: JobTarget,
  ender: EndedBy,
  decide: (input: DecisionInput, lease: Lease | null) => Result<JobDecision<T>>,
) => Promise<Result<T>>;

export function createEndLease(parts: {
  store: ObjectStore;
  clock: Clock;
  reader: JobReader;
  leaseStore: LeaseStore;
  transact: Transact;
}): EndLease {
  const { store, clock, reader, leaseStore, transact } = parts;

  /** Refuses if the job is unreadable: its lease object is then the only record of who holds it. */
  async function checkJob(
    { key, jobId }: JobTarget,
    token: PresentedToken,
  ): Promise<Result<never> | null> {
    if (token.safeName !== safeName(jobId)) return tokenOfOtherJob(jobId);
    const job = requireJob(jobId, await reader.read(key), place => store.locate(place));
    // A deleted job has no lease. The transaction that follows fails with `lease_lost`.
    return job.ok || job.failure.code === 'job_not_found' ? null : job;
  }

  /** The lease as it was before; null if `endedBy` may not end it. */
  function end(key: string, endedBy: EndedBy): Promise<Result<Lease | null>> {
    return leaseStore.change(key, current => {
      if (current?.kind !== 'lease' || !mayEnd(current.lease, endedBy))
        return ok({ outcome: null });
      const { lease } = current;
      return ok(
        lease.expired
          ? { outcome: lease }
          : { write: endLeaseEarly(lease, clock.now()), outcome: lease },
      );
    });
  }

  /** The outcome of the three steps in one; null if they have to be done, as nothing was written. */
  async function endInOneStep<T>(
    target: JobTarget,
    endedBy: EndedBy,
    decide: (input: DecisionInput, lease: Lease) => Result<JobDecision<T>>,
  ): Promise<Result<T> | null> {
    const key = leaseKeyOf(target, endedBy);
    const current = await leaseStore.read(key);
    if (current?.kind !== 'lease' || current.lease.expired) return null;
    const removal = leaseStore.beginRemoval(key, current);
    const { lease } = removal;
    let hasTried = false;
    try {
      if (!mayEnd(lease, endedBy)) return null;
      const ended = await transact<{ readonly outcome: T } | null>(
        target,
        { token: endedBy.kind === 'holder' ? endedBy.token : null },
        input => {
          const decided = keepingProgress(decide(input, lease), lease);
          // Whatever else it comes to, the steps find out.
          if (hasTried || !decided.ok || decided.value.kind !== 'save') return keep(null);
          hasTried = true;
          const { outcome, sidecars = [], ...change } = decided.value;
          return ok({
            ...change,
            outcome: saved => ({ outcome: outcome(saved) }),
            sidecars: [...sidecars, removal.sidecar],
          });
        },
      );
      return ended.ok && ended.value !== null ? ok(ended.value.outcome) : null;
    } catch (error) {
      if (hasTried) removal.unsure();
      throw error;
    } finally {
      removal.end();
    }
  }

  return async (target, endedBy, decide) => {
    const token = endedBy.kind === 'holder' ? endedBy.token : null;
    if (store.putWith !== undefined) {
      const ended = await endInOneStep(
        target,
        endedBy,
        token === null
          ? decide
          : (input, lease) => withWriteAccess(target.jobId, own => decide(own, lease))(input),
      );
      if (ended !== null) return ended;
    }
    const refused = token === null ? null : await checkJob(target, token);
    if (refused !== null) return refused;
    const key = leaseKeyOf(target, endedBy);
    const lease = await end(key, endedBy);
    if (!lease.ok) return lease;
    if (lease.value === null && endedBy.kind === 'unused-grant')
      return leaseLost(target.jobId, 'The grant is in use');
    const decideAndKeep = (input: DecisionInput) =>
      keepingProgress(decide(input, lease.value), lease.value);
    const changed = await transact(
      target,
      { token },
      token === null ? decideAndKeep : withWriteAccess(target.jobId, decideAndKeep),
    );
    if (changed.ok) await leaseStore.tryRemove(key);
    return changed;
  };
}

/** The decision, with the last progress of the holder in the state that it saves. */
function keepingProgress<T>(
  decided: Result<JobDecision<T>>,
  lease: Lease | null,
): Result<JobDecision<T>> {
  if (!decided.ok || decided.value.kind !== 'save') return decided;
  return ok({ ...decided.value, state: keepProgress(decided.value.state, lease) });
}

function leaseKeyOf({ jobId }: JobTarget, endedBy: EndedBy): string {
  return endedBy.kind === 'holder' ? endedBy.token.leaseKey : leaseKey(jobId, endedBy.leaseId);
}

function mayEnd(lease: Lease, endedBy: EndedBy): boolean {
  switch (endedBy.kind) {
    case 'holder':
      return provesDigest(endedBy.token, lease.token_sha256);
    case 'operator':
      return true;
    case 'unused-grant':
      return isRenewable(lease) && lease.renewals === 0;
    default:
      return endedBy satisfies never;
  }
}
