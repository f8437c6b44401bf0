import type { Clock } from '../base/clock.ts';
import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { type JobTarget, safeName, safeNameOf } from '../keys/job-id.ts';
import { type Access, accessOf } from '../lease/caller.ts';
import type { Readiness } from '../lease/hint-rules.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { GroupedWriter } from '../storage/commit/grouped-writer.ts';
import type { SidecarWrite } from '../storage/commit/sidecar-write.ts';
import type { JobReader } from '../storage/job-reader.ts';
import type {
  Current,
  JobWriter,
  Save,
  JobDecision as StoredDecision,
} from '../storage/job-writer.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { LeaseHoldings, LeaseTarget, LiveLease } from './holding.ts';
import { type LostLeases, tokenOfOtherJob } from './lost-lease.ts';

/** What a decision about a job is based on. */
export interface DecisionInput {
  readonly current: Current;
  /** The caller's access to the job, by the token digest in the job itself. */
  readonly caller: Access;
  /** The lease on the job; `unknown` until a decision returns `expireFirst()`. */
  readonly holding:
    | { readonly kind: 'unknown' }
    | { readonly kind: 'none' }
    | ({ readonly kind: 'live' } & LiveLease);
  readonly now: Timestamp;
}

/** What to do with a job. `transact` returns the outcome of the decision to its caller. */
export type JobDecision<T> =
  | ({
      readonly kind: 'save';
      readonly outcome: (saved: StoredJob) => T;
      /** Runs once the state is stored, before this caller and those of later changes have their outcomes. */
      readonly after?: ((saved: StoredJob) => Promise<void>) | undefined;
    } & Save)
  | { readonly kind: 'keep'; readonly outcome: T }
  | { readonly kind: 'remove'; readonly outcome: T }
  | { readonly kind: 'expire-first'; readonly leavesJobUnchanged: boolean };

/** Pure. It may run several times. */
export type Decide<T> = (input: DecisionInput) => Result<JobDecision<T>>;

/** Saves a state without a size limit: for grants, releases and recoveries, which must always succeed. */
export function save<T>(
  state: CheckpointState,
  outcome: (saved: StoredJob) => T,
  readiness: Readiness = 'as-states-tell',
): Result<JobDecision<T>> {
  return ok({ kind: 'save', state, outcome, readiness, isLimited: false, isShared: false });
}

/** Saves a state that a client sent or extended. Failure of the transaction: `state_too_large`. */
export function saveFromClient<T>(
  state: CheckpointState,
  outcome: (saved: StoredJob) => T,
  options: {
    readonly isShared?: boolean;
    readonly sidecars?: readonly SidecarWrite[];
    readonly after?: (saved: StoredJob) => Promise<void>;
  } = {},
): Result<JobDecision<T>> {
  const { isShared = false, sidecars = [], after } = options;
  const readiness = 'as-states-tell';
  return ok({
    kind: 'save',
    state,
    outcome,
    readiness,
    isLimited: true,
    isShared,
    sidecars,
    after,
  });
}

/** The decision, with writes beside it. They happen with that of the job, or not at all. */
export function withSidecars<T>(
  decided: Result<JobDecision<T>>,
  sidecars: readonly SidecarWrite[],
): Result<JobDecision<T>> {
  if (!decided.ok || decided.value.kind !== 'save') return decided;
  return ok({ ...decided.value, sidecars });
}

export function keep<T>(outcome: T): Result<JobDecision<T>> {
  return ok({ kind: 'keep', outcome });
}

export function remove<T>(outcome: T): Result<JobDecision<T>> {
  return ok({ kind: 'remove', outcome });
}

/** Reads the lease of the job, and recovers the job if the lease has expired. Then `transact` decides again. */
export function expireFirst(): Result<JobDecision<never>> {
  return ok({ kind: 'expire-first', leavesJobUnchanged: false });
}

/** Like `expireFirst()`, for a job that is about to be deleted: ends an expired lease and leaves the job unchanged. */
export function endExpiredFirst(): Result<JobDecision<never>> {
  return ok({ kind: 'expire-first', leavesJobUnchanged: true });
}

/** The job to change. Without an id it is the job of the lease that the token names. */
export type TransactTarget = JobTarget | { readonly key: string; readonly jobId: null };

export interface TransactOptions {
  /** The lease token of the caller; null if it sent none. */
  readonly token: PresentedToken | null;
  /** The job as the caller has just read it. It replaces the first read; the compare-and-swap fails if it is stale. */
  readonly startFrom?: StoredJob | undefined;
  /** The job is to be created: there is probably none. */
  readonly isNew?: boolean;
}

/**
 * Changes one job: reads it, decides, and writes by compare-and-swap. If another writer was faster, it reads and
 * decides again. All changes of jobs go through here. Failures: those of the decision, `lease_lost` for a token
 * of another job, `store_unavailable` after too many lost races. Rejects with a `StoreError` if the medium fails.
 */
export type Transact = <T>(
  target: TransactTarget,
  options: TransactOptions,
  decide: Decide<T>,
) => Promise<Result<T>>;

/** Above this size the event loop gets a turn first: deciding on and encoding the state blocks it. */
const HUGE_BYTES = 256 * 1024;
/** Many changes that are written together are decided without a pause in between: not for longer than this. */
const LONGEST_TURN_MS = 20;

const UNKNOWN = { kind: 'unknown' } as const;
const NONE = { kind: 'none' } as const;
const FREE: Access = { kind: 'free' };

export function createTransact(parts: {
  jobs: GroupedWriter<Exclude<Current, null>>;
  reader: JobReader;
  writer: JobWriter;
  holdings: LeaseHoldings;
  lost: LostLeases;
  clock: Clock;
  /** Recovers the job of an expired lease. */
  expire: (target: LeaseTarget) => Promise<Result<unknown>>;
  /**
   * Ends an expired lease, or stores an unreadable one again that still runs. `isAlive`: the lease still runs, for it
   * was renewed in the meantime.
   */
  endExpired: (leaseKey: string) => Promise<Result<{ readonly isAlive: boolean }>>;
}): Transact {
  const { jobs, reader, writer, holdings, lost, clock, expire, endExpired } = parts;

  /** When the event loop last had a turn, as far as is known here. */
  let turnAt = clock.millis();

  async function takeTurn(job: StoredJob): Promise<void> {
    const isStored = job.bytesAtMost === undefined;
    const isDue = isStored ? job.textBytes > HUGE_BYTES : clock.millis() - turnAt > LONGEST_TURN_MS;
    if (isDue) await yieldToEventLoop();
    // A stored job has just been read.
    if (isDue || isStored) turnAt = clock.millis();
  }

  /** The lease on the job, after an expired one was ended; null if the job must be read again. */
  async function findHolding(
    current: Current,
    jobId: string,
    leavesJobUnchanged: boolean,
  ): Promise<Result<Exclude<DecisionInput['holding'], { kind: 'unknown' }> | null>> {
    if (current === null) return ok(NONE);
    if (current.kind === 'corrupt') {
      const live = await holdings.ofUnreadable(jobId);
      return ok(live === null ? NONE : { kind: 'live', ...live });
    }
    const holding = await holdings.of(current.state);
    if (holding.kind === 'live' && holding.isTorn) {
      // Stored again, the lease object can pass requests to its holder.
      const restored = await endExpired(holding.target.leaseKey);
      return restored.ok ? ok(null) : restored;
    }
    if (holding.kind !== 'dead') return ok(holding);
    if (leavesJobUnchanged) {
      const ended = await endExpired(holding.target.leaseKey);
      return ended.ok ? ok(ended.value.isAlive ? null : NONE) : ended;
    }
    const expired = await expire(holding.target);
    return expired.ok ? ok(null) : expired;
  }

  return async <T>(
    { key, jobId }: TransactTarget,
    { token, startFrom, isNew = false }: TransactOptions,
    decide: Decide<T>,
  ): Promise<Result<T>> => {
    if (token !== null && jobId !== null && token.safeName !== safeName(jobId)) {
      return tokenOfOtherJob(jobId);
    }
    /** The job as it was found last, with its lease: for the next decision alone. */
    let found: { readonly current: Current; readonly holding: DecisionInput['holding'] } | null =
      startFrom === undefined ? null : { current: startFrom, holding: UNKNOWN };

    /** What is known about the lease on the job. */
    function takeHolding(current: Current): DecisionInput['holding'] {
      const holding = found !== null && isAbout(found.current, current) ? found.holding : UNKNOWN;
      found = null;
      return holding;
    }

    function settleLease(current: Current, leavesJobUnchanged: boolean): StoredDecision<T> {
      return {
        kind: 'wait',
        async task() {
          const holding = await findHolding(current, jobId ?? safeNameOf(key), leavesJobUnchanged);
          if (!holding.ok) return holding;
          if (holding.value !== null) found = { current, holding: holding.value };
          return ok(null);
        },
      };
    }

    const done = await jobs.change<T>(key, {
      takeKnown: () => found,
      isKnown: () => found !== null,
      recall: () => reader.known(key),
      isNew,
      read: () => reader.read(key),
      async decide(current, isLast) {
        if (current?.kind === 'job') await takeTurn(current);
        const now = clock.now();
        const holding = takeHolding(current);
        const caller = callerOf(jobId, current, token);
        const decided = decide({ current, caller, holding, now });
        if (!decided.ok) return decided;
        const before = current?.kind === 'job' ? current : null;
        const decision = decided.value;
        switch (decision.kind) {
          case 'save':
            return writer.save(key, decision, { before, now, isLast });
          case 'keep':
            return ok({ kind: 'keep', value: decision.outcome });
          case 'remove':
            return ok(writer.remove(key, before?.state ?? null, decision.outcome));
          case 'expire-first':
            return ok(settleLease(current, decision.leavesJobUnchanged));
          default:
            return decision satisfies never;
        }
      },
    });
    return done.ok || token === null ? done : lost.withLateness(done.failure, token);
  };
}

/** Whether what was found out about the lease on one of them is true of the other one too. */
function isAbout(found: Current, current: Current): boolean {
  if (found?.kind === 'job' && current?.kind === 'job') {
    return namedLeaseOf(found.state)?.id === namedLeaseOf(current.state)?.id;
  }
  return found?.version === current?.version;
}

function callerOf(jobId: string | null, current: Current, token: PresentedToken | null): Access {
  // Two ids may share a key. The decision refuses a job of another id.
  if (jobId !== null && current?.kind === 'job' && current.state.job_id !== jobId) return FREE;
  if (current?.kind === 'job') return accessOf(current.state, token);
  // An unreadable state names no lease. The decision says what the caller may do with it.
  if (current?.kind === 'corrupt') return FREE;
  return token === null ? FREE : { kind: 'lost' };
}
