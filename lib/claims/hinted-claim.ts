import { fromUnixMicros, type Timestamp, toUnixMicros } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { nextSheet } from '../checkpoint/progress.ts';
import { type Failure, ok, type Result } from '../failure.ts';
import { hintKey, isAbandoned, nameHashOf, type ReadyHint, sinceOf } from '../keys/ready-hint.ts';
import { type HintStatus, hintStatus, isPast } from '../lease/hint-rules.ts';
import { jobLeaseOf, namedLeaseOf } from '../lease/job-lease.ts';
import { delayedUntil } from '../lease/recovery.ts';
import { isFinished } from '../lease/transfer.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import type { AcquireOptions, LeaseGranting } from '../protocol/grant.ts';
import type { Grant } from '../protocol/granted.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { StateRoom } from './state-room.ts';

/** Which jobs a claim wants. */
export interface ClaimFilter {
  /** Only jobs of this name; null for any name. */
  readonly jobName: string | null;
  /** Only jobs whose id starts with this; empty for all. */
  readonly jobPrefix: string;
}

/**
 * What became of a hint. `repeated`: the grant is of another job, which another call with the same idempotency key got.
 * `skipped`: its job cannot be claimed, or not before a time; `isTaken` where it is no longer waiting, so that another claim
 * was probably faster. `full`: the answer has no room for its state. `failed`: the whole claim ends.
 */
export type TriedHint =
  | { readonly kind: 'granted' | 'repeated'; readonly grant: Grant }
  | { readonly kind: 'skipped'; readonly until: Timestamp | null; readonly isTaken: boolean }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** Claims the job that a hint names, with the same crash points as an acquire. The hint is removed last. */
export type HintedClaim = (
  hint: ReadyHint,
  options: AcquireOptions & ClaimFilter & { readonly room: StateRoom },
) => Promise<TriedHint>;

/** Failures of a grant that end the whole claim. After any other failure it tries the next job. */
const FATAL_CODES: ReadonlySet<Failure['code']> = new Set([
  'store_unavailable',
  'client_gone',
  'idempotency_key_reused',
]);

/** How long claims pass over a job that cannot be read. */
const CORRUPT_PAUSE_MICROS = 1_000_000n;

const SKIPPED: TriedHint = { kind: 'skipped', until: null, isTaken: false };

export function createHintedClaim(parts: ProtocolContext, granting: LeaseGranting): HintedClaim {
  const { store, clock, hints, queue, reader, retry } = parts;
  const { names } = parts.memory;

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
      const key = hintKey({ jobId, nameHash, since, changeAt });
      await hints.add(key);
      await hints.drop(hint.key);
      queue.announce(key);
      return;
    }
    // The hint announces a change of name that was never written.
    if (isAbandoned(hint, clock.now())) await hints.drop(hint.key);
  }

  /** Whether this process knows, for the stored version of the job, that its name is not the requested one. */
  async function hasOtherName(key: string, { jobName }: ClaimFilter): Promise<boolean> {
    if (jobName === null) return false;
    const known = names.versionWithOtherName(key, jobName);
    return known !== null && (await store.head(key)) === known;
  }

  return async (hint, options) => {
    const { room } = options;
    if (await hasOtherName(hint.jobKey, options)) return SKIPPED;
    let isFirstTry = true;
    let isFirstRead = true;
    let reserved = 0;

    /** Where the store refuses a second lease for a key, one that is over stands in the way of all other jobs too. */
    function endsClaim({ code }: Failure): boolean {
      return FATAL_CODES.has(code) || (code === 'lease_lost' && store.putWith !== undefined);
    }

    /** The job as this process knows it, where one step grants it or is refused, at no more cost than a look. */
    function recall(): StoredJob | null {
      if (store.refusesCheaply !== true || store.putWith === undefined) return null;
      const known = reader.known(hint.jobKey);
      const verdict = judge(hint, known?.state ?? null, options, clock.now());
      return verdict === 'claimable' ? known : null;
    }

    async function tryOnce(): Promise<Result<TriedHint> | 'again'> {
      const recalled = isFirstTry ? recall() : null;
      isFirstTry = false;
      const isUnchanged = isFirstRead;
      if (recalled === null) isFirstRead = false;
      const job = recalled ?? (await reader.read(hint.jobKey));
      if (job?.kind === 'corrupt') return ok({ ...SKIPPED, until: afterPause(clock.now()) });
      if (job !== null) names.record(hint.jobKey, job.version, job.state.job_name);
      const verdict = judge(hint, job?.state ?? null, options, clock.now());
      const isOwn = job !== null && isLeasedBy(job, options);
      if (job === null || (verdict !== 'claimable' && !isOwn)) {
        // The call that has just changed the job takes care of its hint.
        if (isUnchanged) await correctHint(hint, job, verdict);
        return ok(job === null ? SKIPPED : skipped(job, clock.now()));
      }
      room.giveBack(reserved);
      reserved = job.textBytes;
      if (!room.take(reserved)) {
        reserved = 0;
        return ok({ kind: 'full' });
      }
      // The grant deletes the recorded hint.
      hints.record(job.state, hint.key);
      const target = { key: hint.jobKey, jobId: job.state.job_id };
      const granted = isOwn
        ? await granting.acquire(target, options)
        : await granting.acquireFree(target, job, options);
      if (granted === 'again') return granted;
      if (!granted.ok) {
        // Nothing but a grant is decided on what this process knew.
        const isSure = recalled === null || endsClaim(granted.failure);
        return isSure ? granted : 'again';
      }
      const isElsewhere = granted.value.lease.job_id !== target.jobId;
      return ok({ kind: isElsewhere ? 'repeated' : 'granted', grant: granted.value });
    }

    try {
      const tried = await retry(tryOnce);
      if (tried.ok && tried.value.kind === 'granted') {
        reserved = 0;
        return tried.value;
      }
      if (tried.ok) return tried.value;
      return endsClaim(tried.failure) ? { kind: 'failed', failure: tried.failure } : SKIPPED;
    } finally {
      // A granted state keeps its room.
      room.giveBack(reserved);
    }
  };
}

/** Whether another process has just granted the job to a claim with the same idempotency key, which is still under way there. */
function isLeasedBy({ state }: StoredJob, { request }: AcquireOptions): boolean {
  return request !== null && namedLeaseOf(state)?.id === request.key.leaseId;
}

/** Only another program can repair the job without a new hint. Claims that wait would look at it all the time. */
function afterPause(now: Timestamp): Timestamp | null {
  return fromUnixMicros(toUnixMicros(now) + CORRUPT_PAUSE_MICROS);
}

function skipped({ state }: StoredJob, now: Timestamp): TriedHint {
  const until = delayedUntil(jobLeaseOf(state), now);
  return { kind: 'skipped', until, isTaken: isTaken(state) };
}

function isTaken(state: CheckpointState): boolean {
  return namedLeaseOf(state) !== null || isFinished(state.status);
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
  { jobName, jobPrefix }: ClaimFilter,
  now: Timestamp,
): Verdict {
  if (state === null) return 'ahead';
  const worth = hintStatus(hint, state);
  if (worth !== 'claimable') return worth;
  // Another program may have finished the sheets of a waiting job. Then no sheet is left to run.
  if (isTaken(state) || nextSheet(state) === null) return isPast(hint, state) ? 'stale' : 'ahead';
  if (delayedUntil(jobLeaseOf(state), now) !== null) return 'delayed';
  const isNamed = jobName === null || state.job_name === jobName;
  return isNamed && state.job_id.startsWith(jobPrefix) ? 'claimable' : 'unwanted';
}
