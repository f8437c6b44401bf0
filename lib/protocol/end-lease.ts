import type { Clock } from '../base/clock.ts';
import { ok, type Result } from '../failure.ts';
import { type JobTarget, safeName } from '../keys/job-id.ts';
import { type Lease, leaseKey } from '../lease/lease.ts';
import { endLeaseEarly, isRenewable } from '../lease/rules.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import type { JobReader } from '../storage/job-reader.ts';
import type { LeaseStore } from '../storage/lease-store.ts';
import { present } from '../storage/precondition.ts';
import type { ObjectStore } from '../store.ts';
import { leaseLost, otherJob } from './lost-lease.ts';
import type { Decided, Seen, Transact } from './transact.ts';

/** Who ends a lease. */
export type Ender =
  | { readonly kind: 'holder'; readonly token: PresentedToken }
  | { readonly kind: 'operator'; readonly leaseId: string }
  /** The service itself, of a grant that nobody has used: a repeated call may have got it. */
  | { readonly kind: 'unused-grant'; readonly leaseId: string };

/**
 * Takes a job out of its holder's hands on purpose:
 * 1. the lease is ended, so that it is not renewed and nothing more is asked of its holder,
 * 2. the job is changed, 3. the lease object is removed.
 *
 * The change of the job is the point of no return: before it the lease is one that has ended, and a sweep
 * recovers the job; after it the lease object is an orphan, which a sweep removes. `next` decides on the job
 * as in `transact`; it gets the lease with what was asked of its holder, null where there is none that the
 * caller may end. Failures: those of a load and of `next`, `lease_lost` for a
 * grant that was used.
 */
export type EndLease = <T>(
  target: JobTarget,
  ender: Ender,
  next: (seen: Seen, lease: Lease | null) => Result<Decided<T>>,
) => Promise<Result<T>>;

export function createEndLease(parts: {
  store: ObjectStore;
  clock: Clock;
  reader: JobReader;
  leaseStore: LeaseStore;
  transact: Transact;
}): EndLease {
  const { store, clock, reader, leaseStore, transact } = parts;

  /** A holder's lease is ended only if its job can be read: else the lease is all that says who holds it. */
  async function refusal(
    { key, jobId }: JobTarget,
    token: PresentedToken,
  ): Promise<Result<never> | null> {
    if (token.safeName !== safeName(jobId)) return otherJob(jobId);
    const job = present(jobId, await reader.read(key), place => store.locate(place));
    // A job that is gone has no lease any more: the change that follows says so.
    return job.ok || job.failure.code === 'job_not_found' ? null : job;
  }

  /** The lease as it was before; null where the ender may not end it. */
  function end(key: string, ender: Ender): Promise<Result<Lease | null>> {
    return leaseStore.change(key, current => {
      if (current?.kind !== 'lease' || !mayEnd(current.lease, ender)) return ok({ outcome: null });
      const { lease } = current;
      return ok(
        lease.expired
          ? { outcome: lease }
          : { write: endLeaseEarly(lease, clock.now()), outcome: lease },
      );
    });
  }

  return async (target, ender, next) => {
    const token = ender.kind === 'holder' ? ender.token : null;
    const refused = token === null ? null : await refusal(target, token);
    if (refused !== null) return refused;
    const key =
      ender.kind === 'holder' ? ender.token.leaseKey : leaseKey(target.jobId, ender.leaseId);
    const lease = await end(key, ender);
    if (!lease.ok) return lease;
    if (lease.value === null && ender.kind === 'unused-grant')
      return leaseLost(target.jobId, 'The grant is in use');
    const changed = await transact(target, { token }, seen => next(seen, lease.value));
    if (changed.ok) await leaseStore.removeQuietly(key);
    return changed;
  };
}

function mayEnd(lease: Lease, ender: Ender): boolean {
  switch (ender.kind) {
    case 'holder':
      return provesDigest(ender.token, lease.token_sha256);
    case 'operator':
      return true;
    case 'unused-grant':
      return isRenewable(lease) && lease.renewals === 0;
    default:
      return ender satisfies never;
  }
}
