import { yieldToEventLoop } from '../base/event-loop-turn.ts';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { ok, type Result } from '../failure.ts';
import { type JobTarget, safeName } from '../keys/job-id.ts';
import { type Access, accessOf } from '../lease/caller.ts';
import type { Readiness } from '../lease/hint-rules.ts';
import type { PresentedToken } from '../lease/token.ts';
import type { Decision, ObjectWriter } from '../storage/compare-and-swap.ts';
import type { JobReader } from '../storage/job-reader.ts';
import type { Current, JobWriter, Save } from '../storage/job-writer.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { LeaseHoldings, LeaseTarget, LiveLease } from './holding.ts';
import { type LostLeases, otherJob } from './lost-lease.ts';

/** What a decision about a job goes by. */
export interface Seen {
  readonly current: Current;
  /** How the caller stands to the job, as the job itself says. */
  readonly caller: Access;
  /** Who holds the job; unknown until a decision asks with `expireFirst()`. */
  readonly holding:
    | { readonly kind: 'unknown' }
    | { readonly kind: 'nobody' }
    | ({ readonly kind: 'live' } & LiveLease);
  readonly now: Timestamp;
}

/** What is to become of a job. Each way has an outcome, which the caller of `transact` gets. */
export type Decided<T> =
  | ({ readonly kind: 'save'; readonly outcome: (saved: StoredJob) => T } & Save)
  | { readonly kind: 'keep'; readonly outcome: T }
  | { readonly kind: 'remove'; readonly outcome: T }
  | { readonly kind: 'expire-first'; readonly isJobKept: boolean };

/** Pure; it may be called several times. */
export type Decide<T> = (seen: Seen) => Result<Decided<T>>;

/** Saves a state that may always be written. */
export function save<T>(
  state: CheckpointState,
  outcome: (saved: StoredJob) => T,
  readiness: Readiness = 'as-states-tell',
): Result<Decided<T>> {
  return ok({ kind: 'save', state, outcome, readiness, isLimited: false });
}

/** Saves what a client has sent or added. Failure of the transaction: `state_too_large`. */
export function saveSent<T>(
  state: CheckpointState,
  outcome: (saved: StoredJob) => T,
): Result<Decided<T>> {
  return ok({ kind: 'save', state, outcome, readiness: 'as-states-tell', isLimited: true });
}

export function keep<T>(outcome: T): Result<Decided<T>> {
  return ok({ kind: 'keep', outcome });
}

export function remove<T>(outcome: T): Result<Decided<T>> {
  return ok({ kind: 'remove', outcome });
}

/** Finds out who holds the job, and takes it from a dead holder; then the decision is made again. */
export function expireFirst(): Result<Decided<never>> {
  return ok({ kind: 'expire-first', isJobKept: false });
}

/** As `expireFirst()`, of a job that is about to go: a dead holder's lease is ended, and the job stays as it is. */
export function endExpiredFirst(): Result<Decided<never>> {
  return ok({ kind: 'expire-first', isJobKept: true });
}

export interface TransactOptions {
  /** The holder's; null for a caller that shows none. */
  readonly token: PresentedToken | null;
  /** The job as the caller has just read it: the first decision is about that, and the swap tells if it is old. */
  readonly seen?: StoredJob | undefined;
}

/**
 * Changes one job: reads it, decides, writes by compare-and-swap, and decides again where another writer was
 * faster. The one way in which jobs change. Failures: those of the decision, `lease_lost` for a token of another
 * job, `store_unavailable` after too many lost races. Rejects with a `StoreError` where the medium fails.
 */
export type Transact = <T>(
  target: JobTarget,
  options: TransactOptions,
  decide: Decide<T>,
) => Promise<Result<T>>;

/** From so many bytes on others get a turn before a state is decided on and encoded in one go. */
const HUGE_BYTES = 256 * 1024;

const UNKNOWN = { kind: 'unknown' } as const;
const NOBODY = { kind: 'nobody' } as const;
const FREE: Access = { kind: 'free' };

export function createTransact(parts: {
  objects: ObjectWriter;
  reader: JobReader;
  writer: JobWriter;
  holdings: LeaseHoldings;
  lost: LostLeases;
  clock: { now(): Timestamp };
  /** Takes a job from a dead holder. */
  expire: (target: LeaseTarget) => Promise<Result<unknown>>;
  /** Ends a lease whose holder is dead, and says whether it lives after all. */
  endExpired: (leaseKey: string) => Promise<Result<{ readonly isAlive: boolean }>>;
}): Transact {
  const { objects, reader, writer, holdings, lost, clock, expire, endExpired } = parts;

  /** Null where the job has to be read again. */
  async function settle(
    current: Current,
    jobId: string,
    isJobKept: boolean,
  ): Promise<Result<Exclude<Seen['holding'], { kind: 'unknown' }> | null>> {
    if (current === null) return ok(NOBODY);
    if (current.kind === 'corrupt') {
      const live = await holdings.ofUnreadable(jobId);
      return ok(live === null ? NOBODY : { kind: 'live', ...live });
    }
    const holding = await holdings.of(current.state);
    if (holding.kind !== 'dead') return ok(holding);
    if (isJobKept) {
      const over = await endExpired(holding.target.leaseKey);
      return over.ok ? ok(over.value.isAlive ? null : NOBODY) : over;
    }
    const expired = await expire(holding.target);
    return expired.ok ? ok(null) : expired;
  }

  return async <T>(
    { key, jobId }: JobTarget,
    { token, seen }: TransactOptions,
    decide: Decide<T>,
  ): Promise<Result<T>> => {
    if (token !== null && token.safeName !== safeName(jobId)) return otherJob(jobId);
    /** What is decided on next without reading it, and who holds it as far as that was found out. */
    let next: { readonly current: Current; readonly holding: Seen['holding'] } | null =
      seen === undefined ? null : { current: seen, holding: UNKNOWN };
    let holding: Seen['holding'] = UNKNOWN;

    async function read(): Promise<Current> {
      const current = next === null ? await reader.read(key) : next.current;
      holding = next?.holding ?? UNKNOWN;
      next = null;
      // What follows, up to the write, is done in one go.
      if (current?.kind === 'job' && current.text.byteLength > HUGE_BYTES) await yieldToEventLoop();
      return current;
    }

    function wait(current: Current, isJobKept: boolean): Decision<T> {
      return {
        kind: 'wait',
        async task() {
          const settled = await settle(current, jobId, isJobKept);
          if (!settled.ok) return settled;
          if (settled.value !== null) next = { current, holding: settled.value };
          return ok(null);
        },
      };
    }

    const done = await objects.change<StoredJob | Exclude<Current, null>, T>(key, {
      read,
      async decide(current) {
        const now = clock.now();
        const caller = callerOf(jobId, current, token);
        const decided = decide({ current, caller, holding, now });
        if (!decided.ok) return decided;
        const before = current?.kind === 'job' ? current.state : null;
        const decision = decided.value;
        switch (decision.kind) {
          case 'save':
            return writer.save(key, decision, { before, now });
          case 'keep':
            return ok({ kind: 'keep', value: decision.outcome });
          case 'remove':
            return ok(writer.remove(key, before, decision.outcome));
          case 'expire-first':
            return ok(wait(current, decision.isJobKept));
          default:
            return decision satisfies never;
        }
      },
    });
    return done.ok || token === null ? done : lost.withLateness(done.failure, token);
  };
}

function callerOf(jobId: string, current: Current, token: PresentedToken | null): Access {
  // The job of another id under the same name is for the decision to refuse.
  if (current?.kind === 'job' && current.state.job_id !== jobId) return FREE;
  if (current?.kind === 'job') return accessOf(current.state, token);
  // A state that cannot be read names no holder: what may be done with it is for the decision to say.
  if (current?.kind === 'corrupt') return FREE;
  return token === null ? FREE : { kind: 'lost' };
}
