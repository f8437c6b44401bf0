import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { type Failure, ok, type Result } from '../failure.ts';
import { safeName, safeNameOf } from '../keys/job-id.ts';
import { hintKey, isAbandoned, nameHashOf, type ReadyHint, sinceOf } from '../keys/ready-hint.ts';
import { type HintStatus, hintStatus, isPast } from '../lease/hint-rules.ts';
import { jobLeaseOf, namedLeaseOf } from '../lease/job-lease.ts';
import { parseLeaseKey } from '../lease/lease.ts';
import { delayedUntil } from '../lease/recovery.ts';
import { isFinished } from '../lease/transfer.ts';
import type { ReadyQueue } from '../storage/ready-queue.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import { StoreError } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import type { AcquireOptions, LeaseGranting } from './grant.ts';
import type { Grant } from './granted.ts';
import type { LeaseRepeats } from './repeat.ts';

export interface ClaimOptions extends AcquireOptions {
  /** Only jobs of this name; null for any name. */
  readonly jobName: string | null;
  /** Only jobs whose id starts with this; empty for all. */
  readonly jobPrefix: string;
}

export interface Claims {
  /** Leases the job that has been claimable for longest; null if no job waits. Failures: those of a grant. */
  claim(options: ClaimOptions): Promise<Result<Grant | null>>;
}

/** Failures of a grant that end the whole claim. After any other failure it tries the next job. */
const FATAL_CODES: ReadonlySet<Failure['code']> = new Set([
  'store_unavailable',
  'client_gone',
  'idempotency_key_reused',
]);
/** A claim skips a job on which the store fails. After this many it takes the store itself for broken. */
const MAX_BROKEN = 5;
/** After an outage many leases have expired. A claim ends at most this many, and leaves the rest to the sweep. */
const MAX_DUE = 20;
/** A recovered job may have another name, or another caller may claim it first. */
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
   * A claim acquires a job that a hint names, with the same crash points as an acquire. The hint is removed last.
   */
  async function claimWaiting(options: ClaimOptions): Promise<Result<Grant> | null> {
    const broken: StoreError[] = [];
    const nameHash = options.jobName === null ? null : await nameHashOf(options.jobName);
    const safePrefix = safeName(options.jobPrefix);
    const round = hintCheck.begin();

    function matches(hint: ReadyHint): boolean {
      if (!safeNameOf(hint.jobKey).startsWith(safePrefix)) return false;
      if (nameHash === null || hint.nameHash === null || hint.nameHash === nameHash) return true;
      round.skip(hint);
      return false;
    }

    async function tryHint(hint: ReadyHint): Promise<Result<Grant> | null> {
      try {
        return await claimHinted(hint, options);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        broken.push(error);
        if (broken.length === MAX_BROKEN) throw error;
        return null;
      }
    }

    for await (const hint of queue.candidates(filterOf(options), matches)) {
      const granted = await tryHint(hint);
      if (granted !== null) return granted;
    }
    // A store with labels is changed by the service alone, so its hints have the right names.
    for (const hint of store.traits.labels ? [] : round.due()) {
      const granted = await tryHint(hint);
      if (granted !== null) return granted;
    }
    // The broken jobs may be waiting, so the claim must not answer that no job waits.
    const [first] = broken;
    if (first !== undefined) throw first;
    return null;
  }

  /** Null if this claim cannot lease the job of the hint. */
  async function claimHinted(
    hint: ReadyHint,
    options: ClaimOptions,
  ): Promise<Result<Grant> | null> {
    if (await hasOtherName(hint.jobKey, options)) return null;
    let isFirstRead = true;
    const granted = await retry<Grant | null>(async () => {
      const job = await reader.read(hint.jobKey);
      const isUnchanged = isFirstRead;
      isFirstRead = false;
      if (job?.kind === 'corrupt') return ok(null);
      if (job !== null) names.record(hint.jobKey, job.version, job.state.job_name);
      const verdict = judge(hint, job?.state ?? null, options, clock.now());
      if (job === null || verdict !== 'claimable') {
        // The call that has just changed the job takes care of its hint.
        if (isUnchanged) await correctHint(hint, job, verdict);
        return ok(null);
      }
      // The grant deletes the recorded hint.
      hints.record(job.state, hint.key);
      return granting.acquireFree({ key: hint.jobKey, jobId: job.state.job_id }, job, options);
    });
    if (granted.ok) return granted.value === null ? null : ok(granted.value);
    return FATAL_CODES.has(granted.failure.code) ? granted : null;
  }

  /** Removes a hint that is stale or abandoned, and replaces one with the hash of another name. */
  async function correctHint(
    hint: ReadyHint,
    job: StoredJob | null,
    verdict: Verdict,
  ): Promise<void> {
    const isLeftOver = verdict === 'ahead' && isAbandoned(hint, clock.now());
    if (verdict === 'stale' || isLeftOver) await hints.drop(hint.key);
    if (verdict === 'unwanted' && job !== null) await correctName(hint, job);
  }

  /** Replaces a hint that has the hash of another name, so that claims for the job's real name find it. */
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
    // The hint announces a change of name that was never written.
    if (isAbandoned(hint, clock.now())) await hints.drop(hint.key);
  }

  /** Whether this process knows, for the stored version of the job, that its name is not the requested one. */
  async function hasOtherName(key: string, { jobName }: ClaimOptions): Promise<boolean> {
    if (jobName === null) return false;
    const known = names.versionWithOtherName(key, jobName);
    return known !== null && (await store.head(key)) === known;
  }

  /** Recovers one job whose lease has expired, from the deadlines that this process knows, without a sweep. */
  async function recoverOne(): Promise<boolean> {
    const broken: StoreError[] = [];
    for (const leaseKey of deadlines.due(clock.now()).slice(0, MAX_DUE)) {
      deadlines.forget(leaseKey);
      try {
        if (await recover(leaseKey)) return true;
      } catch (error) {
        // The store may fail on one lease and serve the next.
        if (!(error instanceof StoreError)) throw error;
        broken.push(error);
        if (broken.length === MAX_BROKEN) throw error;
      }
    }
    const [first] = broken;
    if (first !== undefined) throw first;
    return false;
  }

  async function recover(leaseKey: string): Promise<boolean> {
    const parsed = parseLeaseKey(leaseKey);
    if (parsed === null) return false;
    const expired = await expiry.expire({ ...parsed, leaseKey });
    return expired.ok && expired.value.outcome === 'recovered';
  }

  return {
    async claim(options) {
      const { request, jobPrefix } = options;
      const repeated =
        request === null ? ok(null) : await repeats.findClaimGrant(request, jobPrefix);
      if (!repeated.ok || repeated.value !== null) return repeated;
      for (let round = 1; round <= MAX_ROUNDS; round++) {
        const waiting = await claimWaiting(options);
        if (waiting !== null) return waiting;
        if (!(await recoverOne())) return ok(null);
      }
      return ok(null);
    },
  };
}

/** Claims with the same filter share a remembered page of hints. */
function filterOf({ jobName, jobPrefix }: ClaimOptions): string {
  return JSON.stringify([jobName, jobPrefix]);
}

/**
 * Whether a claim can lease the job of a hint. `delayed`: not before a later time. `unwanted`: the job has another
 * name or id than the claim asks for.
 */
type Verdict = HintStatus | 'delayed' | 'unwanted';

/** All claims judge hints here. */
function judge(
  hint: ReadyHint,
  state: CheckpointState | null,
  { jobName, jobPrefix }: ClaimOptions,
  now: Timestamp,
): Verdict {
  if (state === null) return 'ahead';
  const worth = hintStatus(hint, state);
  if (worth !== 'claimable') return worth;
  const isTaken = namedLeaseOf(state) !== null || isFinished(state.status);
  // Another program may have finished the sheets of a waiting job. Then no sheet is left to run.
  if (isTaken || nextSheet(state) === null) return isPast(hint, state) ? 'stale' : 'ahead';
  if (delayedUntil(jobLeaseOf(state), now) !== null) return 'delayed';
  const isNamed = jobName === null || state.job_name === jobName;
  return isNamed && state.job_id.startsWith(jobPrefix) ? 'claimable' : 'unwanted';
}
