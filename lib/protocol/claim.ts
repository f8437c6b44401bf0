import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { type Failure, ok, type Result } from '../failure.ts';
import { safeName, safeNameOf } from '../keys/job-id.ts';
import { hintKey, isAbandoned, nameHashOf, type ReadyHint, sinceOf } from '../keys/ready-hint.ts';
import { type HintStatus, hintStatus, isPast } from '../lease/hint-rules.ts';
import { jobLeaseOf, namedLeaseOf } from '../lease/job-lease.ts';
import { parseLeaseKey } from '../lease/lease.ts';
import { delayedUntil, isFinished } from '../lease/transfer.ts';
import type { ReadyQueue } from '../storage/ready-queue.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import type { LeaseAsk, LeaseGranting } from './grant.ts';
import type { Grant } from './granted.ts';
import type { LeaseRepeats } from './repeat.ts';

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
  parts: ProtocolContext,
  {
    queue,
    granting,
    repeats,
  }: { queue: ReadyQueue; granting: LeaseGranting; repeats: LeaseRepeats },
): Claims {
  const { store, clock, hints, reader, expiry, deadlines, retry } = parts;
  const { names, hintCheck } = parts.memory;

  /*
   * A claim is an acquire of a job that a hint names, and as safe to die in; the hint is removed last.
   */
  async function claimWaiting(ask: ClaimAsk): Promise<Result<Grant> | null> {
    const broken: StoreError[] = [];
    const nameHash = ask.jobName === null ? null : await nameHashOf(ask.jobName);
    const safePrefix = safeName(ask.jobPrefix);
    const round = hintCheck.begin();

    function fits(hint: ReadyHint): boolean {
      if (!safeNameOf(hint.jobKey).startsWith(safePrefix)) return false;
      if (nameHash === null || hint.nameHash === null || hint.nameHash === nameHash) return true;
      round.passedOver(hint);
      return false;
    }

    async function tryHint(hint: ReadyHint): Promise<Result<Grant> | null> {
      try {
        return await claimHinted(hint, ask);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        broken.push(error);
        if (broken.length === MAX_BROKEN) throw error;
        return null;
      }
    }

    for await (const hint of queue.candidates(laneOf(ask), fits)) {
      const granted = await tryHint(hint);
      if (granted !== null) return granted;
    }
    // Only the service itself changes the jobs of a store that keeps labels.
    for (const hint of store.traits.labels ? [] : round.due()) {
      const granted = await tryHint(hint);
      if (granted !== null) return granted;
    }
    // None waits is not what can be said.
    const [first] = broken;
    if (first !== undefined) throw first;
    return null;
  }

  /** Null where the hint leads to no job for this claim. */
  async function claimHinted(hint: ReadyHint, ask: ClaimAsk): Promise<Result<Grant> | null> {
    if (await isOther(hint.jobKey, ask)) return null;
    const granted = await retry<Grant | null>(async () => {
      const job = await reader.read(hint.jobKey);
      if (job?.kind === 'corrupt') return ok(null);
      if (job !== null) names.saw(hint.jobKey, job.version, job.state.job_name);
      const verdict = judge(hint, job?.state ?? null, ask, clock.now());
      if (job === null || verdict !== 'claimable') {
        await tidy(hint, job, verdict);
        return ok(null);
      }
      // The hint goes with the grant.
      hints.saw(job.state, hint.key);
      return granting.acquireSeen({ key: hint.jobKey, jobId: job.state.job_id }, job, ask);
    });
    if (granted.ok) return granted.value === null ? null : ok(granted.value);
    // What keeps this job from being claimed is no reason to keep back the next one.
    return ENDS.has(granted.failure.code) ? granted : null;
  }

  /** Removes a hint that leads nowhere, and corrects one that leads to a job of another name. */
  async function tidy(hint: ReadyHint, job: StoredJob | null, verdict: Verdict): Promise<void> {
    const isLeftOver = verdict === 'ahead' && isAbandoned(hint, clock.now());
    if (verdict === 'stale' || isLeftOver) await hints.drop(hint.key);
    if (verdict === 'unwanted' && job !== null) await correctName(hint, job);
  }

  /** Puts a hint right that has the hash of another name than the job's, so that claims by that one find it. */
  async function correctName(hint: ReadyHint, { state }: StoredJob): Promise<void> {
    const nameHash = await nameHashOf(state.job_name);
    const since = sinceOf(hint);
    if (hint.nameHash === null || hint.nameHash === nameHash || since === null) return;
    if (isPast(hint, state)) {
      const { job_id: jobId, updated_at: changeAt } = state;
      await hints.add(hintKey({ jobId, nameHash, since, changeAt }));
      await hints.drop(hint.key);
      return;
    }
    // Written for a change of the name that never came.
    if (isAbandoned(hint, clock.now())) await hints.drop(hint.key);
  }

  /** Whether the job, as it stands now, is known to have another name than the one asked for. */
  async function isOther(key: string, { jobName }: ClaimAsk): Promise<boolean> {
    if (jobName === null) return false;
    const known = names.otherwiseNamed(key, jobName);
    return known !== null && (await store.head(key)) === known;
  }

  /** Leases that this process knows to be over need not wait for a sweep: one is enough for one claim. */
  async function recoverOne(): Promise<boolean> {
    for (const leaseKey of deadlines.due(clock.now()).slice(0, MAX_DUE)) {
      const parsed = parseLeaseKey(leaseKey);
      deadlines.forget(leaseKey);
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

/** What a hint is worth to a claim. `delayed`: the job waits until it may be claimed. `unwanted`: of another name or id. */
type Verdict = HintStatus | 'delayed' | 'unwanted';

/** The one place that judges a hint. */
function judge(
  hint: ReadyHint,
  state: CheckpointState | null,
  { jobName, jobPrefix }: ClaimAsk,
  now: Timestamp,
): Verdict {
  if (state === null) return 'ahead';
  const worth = hintStatus(hint, state);
  if (worth !== 'claimable') return worth;
  const isTaken = namedLeaseOf(state) !== null || isFinished(state.status);
  // Another program may have ended the sheets of a job that waited: there is nothing to give to a claim.
  if (isTaken || nextSheet(state) === null) return isPast(hint, state) ? 'stale' : 'ahead';
  if (delayedUntil(jobLeaseOf(state), now) !== null) return 'delayed';
  const isNamed = jobName === null || state.job_name === jobName;
  return isNamed && state.job_id.startsWith(jobPrefix) ? 'claimable' : 'unwanted';
}
