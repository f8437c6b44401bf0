import { type Failure, ok, type Result } from './failure.ts';
import { safeName, safeNameOf } from './job-id.ts';
import { delayedUntil, isFinished } from './lease/job-handover.ts';
import { jobLeaseOf, namedLeaseOf } from './lease/job-lease.ts';
import { parseLeaseKey } from './lease/lease.ts';
import type { Grant, LeaseAsk, LeaseGranting } from './lease-grant.ts';
import type { LeaseParts } from './lease-parts.ts';
import type { LeaseRepeats } from './lease-repeat.ts';
import { type HintWorth, isAbandoned, type ReadyHint, readyKey, worthOf } from './ready-hint.ts';
import type { ReadyQueue } from './ready-queue.ts';
import { nextSheet } from './state/progress.ts';
import { StoreError, UNCONDITIONAL } from './store.ts';
import type { StoredJob } from './stored-job.ts';

export interface ClaimAsk extends LeaseAsk {
  /** Only jobs of this name, null for any. */
  readonly jobName: string | null;
  /** What the ids of the jobs begin with; empty for all. */
  readonly jobPrefix: string;
}

export interface Claims {
  /** The job that has been claimable for longest, leased; null when none waits. Failures: those of a grant. */
  claim(ask: ClaimAsk): Promise<Result<Grant | null>>;
}

/** Failures of a grant that concern the claim, and not the one job. */
const ENDS: ReadonlySet<Failure['code']> = new Set([
  'store_unavailable',
  'client_gone',
  'idempotency_key_reused',
]);
/** One job that the store fails on keeps no other from being claimed; so many, and the store is gone. */
const MAX_BROKEN = 5;
/** After an outage many leases are over: a claim does its share, and leaves the rest to the sweep. */
const MAX_DUE = 20;
/** What is recovered may be of another name, or claimed by another one. */
const MAX_ROUNDS = 5;

export function createClaims(
  parts: LeaseParts,
  {
    queue,
    granting,
    repeats,
  }: { queue: ReadyQueue; granting: LeaseGranting; repeats: LeaseRepeats },
): Claims {
  const { store, clock, reader, expiry, watch } = parts;
  const { names } = parts.memory;

  /*
   * A claim is an acquire of a job that a hint names, and as safe to die in; the hint is removed last.
   */
  async function claimWaiting(ask: ClaimAsk): Promise<Result<Grant> | null> {
    const broken: StoreError[] = [];
    for await (const hint of queue.candidates(laneOf(ask))) {
      try {
        const granted = await claimHinted(hint, ask);
        if (granted !== null) return granted;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        broken.push(error);
        if (broken.length === MAX_BROKEN) throw error;
      }
    }
    // None waits is not what can be said.
    const [first] = broken;
    if (first !== undefined) throw first;
    return null;
  }

  /** Null where the hint leads to no job for this claim. */
  async function claimHinted(hint: ReadyHint, ask: ClaimAsk): Promise<Result<Grant> | null> {
    if (!safeNameOf(hint.jobKey).startsWith(safeName(ask.jobPrefix))) return null;
    if (await isOther(hint.jobKey, ask)) return null;
    const job = await reader.read(hint.jobKey);
    if (job?.kind === 'corrupt') return null;
    if (job !== null) names.saw(hint.jobKey, job.version, job.state.job_name);
    const worth = job === null ? 'ahead' : hintWorth(hint, job);
    if (job === null || worth !== 'claimable') {
      if (worth === 'stale' || isAbandoned(hint, clock.now())) await removeHint(hint);
      return null;
    }
    const { job_id: jobId, updated_at: updatedAt } = job.state;
    const turnedDown = { ok: false, failure: { code: 'job_not_found', jobId } } as const;
    const wanted = (current: StoredJob) => {
      const { job_id: id, job_name: name } = current.state;
      const fits = (ask.jobName === null || name === ask.jobName) && id.startsWith(ask.jobPrefix);
      const due = delayedUntil(jobLeaseOf(current.state), clock.now()) === null;
      return fits && due && hintWorth(hint, current) === 'claimable' ? ok(null) : turnedDown;
    };
    const target = { key: hint.jobKey, jobId };
    const granted = await granting.acquire(target, ask, { wanted, seen: job });
    if (granted.ok) {
      // The hint of the last change goes with the grant; an older one leads here where a job is pending.
      if (hint.key !== readyKey(jobId, updatedAt)) await removeHint(hint);
      return granted;
    }
    // What keeps this job from being claimed is no reason to keep back the next one.
    return ENDS.has(granted.failure.code) ? granted : null;
  }

  /** Whether the job, as it stands now, is known to have another name than the one asked for. */
  async function isOther(key: string, { jobName }: ClaimAsk): Promise<boolean> {
    if (jobName === null) return false;
    const known = names.otherwiseNamed(key, jobName);
    return known !== null && (await store.head(key)) === known;
  }

  async function removeHint(hint: ReadyHint): Promise<void> {
    try {
      await store.delete(hint.key, UNCONDITIONAL);
    } catch (error) {
      // The job may be granted already, and its token must be told: a hint may be stale.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Leases that this process knows to be over need not wait for a sweep: one is enough for one claim. */
  async function recoverOne(): Promise<boolean> {
    for (const leaseKey of watch.due(clock.now()).slice(0, MAX_DUE)) {
      const parsed = parseLeaseKey(leaseKey);
      watch.forget(leaseKey);
      if (parsed === null) continue;
      const expired = await expiry.expire({ ...parsed, leaseKey });
      if (expired.ok && expired.value.outcome === 'recovered') return true;
    }
    return false;
  }

  return {
    async claim(ask) {
      const { request } = ask;
      const repeated = request === null ? ok(null) : await repeats.ofClaim(request, ask.jobPrefix);
      if (!repeated.ok || repeated.value !== null) return repeated;
      for (let round = 1; round <= MAX_ROUNDS; round++) {
        const waiting = await claimWaiting(ask);
        if (waiting !== null) return waiting;
        if (!(await recoverOne())) return ok(null);
      }
      return ok(null);
    },
  };
}

/** Claims that look for the same share what they have found of it. */
function laneOf({ jobName, jobPrefix }: ClaimAsk): string {
  return JSON.stringify([jobName, jobPrefix]);
}

function hintWorth(hint: ReadyHint, { state }: StoredJob): HintWorth {
  const worth = worthOf(hint, state);
  const taken = namedLeaseOf(state) !== null || isFinished(state.status);
  // Another program has ended the sheets of a job that waited: there is nothing to give a claim.
  const isOver = taken || nextSheet(state) === null;
  return worth === 'claimable' && isOver ? 'stale' : worth;
}
