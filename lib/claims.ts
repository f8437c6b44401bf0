import { ok, type Result } from './failure.ts';
import type { StoredJob } from './job-reader.ts';
import { isFinished } from './lease/job-handover.ts';
import { namedLeaseOf } from './lease/job-lease.ts';
import { parseLeaseKey } from './lease/lease.ts';
import type { Grant, LeaseAsk, LeaseGranting } from './lease-grant.ts';
import type { LeaseParts } from './lease-parts.ts';
import { type HintWorth, isAbandoned, type ReadyHint, worthOf } from './ready-hint.ts';
import type { ReadyQueue } from './ready-queue.ts';
import { StoreError, UNCONDITIONAL } from './store.ts';

export interface ClaimAsk extends LeaseAsk {
  /** Only jobs of this name, null for any. */
  readonly jobName: string | null;
}

export interface Claims {
  /** The job that has been claimable for longest, leased; null when none waits. */
  claim(ask: ClaimAsk): Promise<Result<Grant | null>>;
}

export function createClaims(
  parts: LeaseParts,
  { queue, granting }: { queue: ReadyQueue; granting: LeaseGranting },
): Claims {
  const { store, clock, reader, expiry, watch } = parts;

  /*
   * A claim is an acquire of a job that a hint names, and as safe to die in; the hint is removed last.
   */
  async function claimWaiting(ask: ClaimAsk): Promise<Result<Grant> | null> {
    for await (const hint of queue.candidates(ask.jobName ?? '')) {
      const granted = await claimHinted(hint, ask);
      if (granted !== null) return granted;
    }
    return null;
  }

  /** Null where the hint leads to no job for this claim. */
  async function claimHinted(hint: ReadyHint, ask: ClaimAsk): Promise<Result<Grant> | null> {
    const job = await reader.read(hint.jobKey);
    if (job?.kind === 'corrupt') return null;
    const worth = job === null ? 'ahead' : hintWorth(hint, job);
    if (job === null || worth !== 'claimable') {
      if (worth === 'stale' || isAbandoned(hint, clock.now())) await removeHint(hint);
      return null;
    }
    const { job_id: jobId } = job.state;
    const turnedDown = { ok: false, failure: { code: 'job_not_found', jobId } } as const;
    const granted = await granting.acquire({ key: hint.jobKey, jobId }, ask, current => {
      const wanted = ask.jobName === null || current.state.job_name === ask.jobName;
      return wanted && hintWorth(hint, current) === 'claimable' ? ok(null) : turnedDown;
    });
    if (granted.ok) {
      await removeHint(hint);
      return granted;
    }
    // Whatever keeps this job from being claimed is no reason to keep back the next one.
    return null;
  }

  async function removeHint(hint: ReadyHint): Promise<void> {
    try {
      await store.delete(hint.key, UNCONDITIONAL);
    } catch (error) {
      // The job may be granted already, and its token must be told: a hint may be stale.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Leases that this process knows to be over need not wait for a sweep. */
  async function expireDue(): Promise<boolean> {
    let recovered = false;
    for (const leaseKey of watch.due(clock.now())) {
      const parsed = parseLeaseKey(leaseKey);
      watch.forget(leaseKey);
      if (parsed === null) continue;
      const expired = await expiry.expire({ ...parsed, leaseKey });
      if (expired.ok && expired.value.outcome === 'recovered') recovered = true;
    }
    return recovered;
  }

  return {
    async claim(ask) {
      const waiting = await claimWaiting(ask);
      if (waiting !== null) return waiting;
      if (!(await expireDue())) return ok(null);
      return (await claimWaiting(ask)) ?? ok(null);
    },
  };
}

function hintWorth(hint: ReadyHint, { state }: StoredJob): HintWorth {
  const worth = worthOf(hint, state);
  const taken = namedLeaseOf(state) !== null || isFinished(state.status);
  return worth === 'claimable' && taken ? 'stale' : worth;
}
