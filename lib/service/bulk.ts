import type { Clock } from '../base/clock.ts';
import { forEachConcurrently } from '../base/concurrently.ts';
import { toUnixMicros } from '../base/timestamp.ts';
import { type Failure, fail, ok, type Result } from '../failure.ts';
import { type JobTarget, targetOf } from '../keys/job-id.ts';
import { historyOf, namedLeaseOf } from '../lease/job-lease.ts';
import type { LeaseRequest } from '../lease/lease.ts';
import { standingKindOf } from '../lease/standing.ts';
import { isFinished } from '../lease/transfer.ts';
import type { ControlOutcome, Operator } from '../protocol/control.ts';
import type { JobGuard } from '../protocol/job-guard.ts';
import { hasStandings, type JobFilter, matcherOf } from '../storage/job-filter.ts';
import { type JobSummary, outlineOf } from '../storage/job-summary.ts';
import { cursorBehind } from '../storage/lists/job-list.ts';
import { maxBytesOf } from '../storage/stored-job.ts';
import { StoreError } from '../store.ts';
import { createBulkRoom } from './bulk-room.ts';
import type { Jobs } from './jobs.ts';
import type { Leases } from './leases.ts';

/** What is done with every job that a filter takes. */
export const BULK_ACTIONS = ['pause', 'resume', 'cancel', 'fail', 'complete', 'delete'] as const;
export type BulkAction = (typeof BULK_ACTIONS)[number];

export interface BulkCall {
  readonly action: BulkAction;
  readonly filter: JobFilter;
  /** Takes jobs from their holders. */
  readonly force: boolean;
  readonly message: string | null;
  /** The name of the operator's access token; null if there are no tokens. */
  readonly by: string | null;
  /** The most jobs that this call takes. The limits of the service may be lower. */
  readonly limit: number;
  /** The cursor of the call before, null for the first one. */
  readonly cursor: string | null;
  /** Once it is aborted no further job begins. */
  readonly signal?: AbortSignal;
}

/** A job that was not changed. `error`: the store failed on it, and it is not known whether it was changed. */
export type Skipped = { readonly jobId: string } & (
  | { readonly failure: Failure }
  | { readonly error: StoreError }
);

export interface BulkReport {
  /** The jobs that the call took: each is done, pending or skipped. */
  readonly matched: number;
  readonly done: number;
  /** Requests that were passed to holders. */
  readonly pending: number;
  readonly skipped: readonly Skipped[];
  /** Where the next call continues; null at the end. */
  readonly cursor: string | null;
}

export interface BulkPreview {
  readonly matched: number;
  /** The ids of the first of them. */
  readonly sample: readonly string[];
  /** Where the next call goes on to count; null at the end. */
  readonly cursor: string | null;
}

export interface Bulk {
  /**
   * Changes the jobs that the filter takes, the newest first, each by the rules of the single call. A changed job moves in
   * front of the cursor, so no call visits it again. A failure of the store ends the call early, and so do 20 seconds: its report is kept.
   * Failures: `invalid` for a cursor that is none. Rejects with a `StoreError` if the jobs cannot be listed.
   */
  run(call: BulkCall): Promise<Result<BulkReport>>;
  /**
   * Counts the jobs that the filter takes, and changes none. Where a store reads each, one call counts as many as it reads in some seconds.
   * Failures: `invalid` for a cursor that is none. Rejects with a `StoreError` if they cannot be listed.
   */
  preview(filter: JobFilter, cursor: string | null): Promise<Result<BulkPreview>>;
}

export interface BulkLimits {
  /** Jobs in one call. */
  readonly most: number;
  /** Jobs that are changed at a time. */
  readonly atOnce: number;
  /** Bytes of states that are changed at a time, as far as they are known in advance. */
  readonly bytesAtOnce: number;
}

export const BULK_LIMITS: BulkLimits = { most: 1000, atOnce: 8, bytesAtOnce: 32 * 1024 * 1024 };

const SAMPLE = 20;
/** Then a call begins no other job: proxies give up on an answer after half a minute or a minute. */
const LONGEST_CALL_MS = 20_000;

interface Changed {
  readonly kind: ControlOutcome['kind'];
  /** The size of the state. */
  readonly bytes: number;
}

export function createBulk({
  clock,
  jobs,
  leases,
  limits,
}: {
  readonly clock: Pick<Clock, 'millis'>;
  readonly jobs: Pick<Jobs, 'list' | 'count' | 'remove'>;
  readonly leases: Pick<Leases, 'request' | 'resume' | 'complete'>;
  readonly limits: BulkLimits;
}): Bulk {
  async function change(job: JobSummary, call: BulkCall): Promise<Result<Changed>> {
    const target = targetOf(job.job_id, '/job_id');
    if (!target.ok) return target;
    if (call.action === 'delete') return remove(target.value, job, call);
    const outcome = await control(target.value, job, { ...call, action: call.action });
    if (!outcome.ok) return outcome;
    const { kind, job: changed } = outcome.value;
    return ok({ kind, bytes: maxBytesOf(changed) });
  }

  /** Only at the listed version: a job that was resumed in the meantime is not deleted. */
  async function remove(
    target: JobTarget,
    job: JobSummary,
    { filter, force }: BulkCall,
  ): Promise<Result<Changed>> {
    const precondition = { kind: 'versions', versions: [job.version] } as const;
    // A lease changes without its job. Without standings the version says everything.
    const guard = hasStandings(filter) ? { guard: guardOf(job, filter) } : {};
    const removed = await jobs.remove(target, { precondition, token: null, force, ...guard });
    return removed.ok ? ok({ kind: 'done', bytes: removed.value.bytes }) : removed;
  }

  function control(
    target: JobTarget,
    job: JobSummary,
    call: Omit<BulkCall, 'action'> & { readonly action: LeaseRequest | 'resume' | 'complete' },
  ): Promise<Result<ControlOutcome>> {
    const { action, force, message, by } = call;
    const operator: Operator = { by, guard: guardOf(job, call.filter) };
    switch (action) {
      case 'resume':
        return leases.resume(target, operator);
      case 'complete':
        return leases.complete(target, { ...operator, token: null, force });
      case 'pause':
      case 'cancel':
      case 'fail':
        return leases.request(target, action, { ...operator, message, token: null, force });
      default:
        return action satisfies never;
    }
  }

  return {
    async run(call) {
      const { filter, cursor, signal } = call;
      const startedAtMs = clock.millis();
      // The clock may be set back.
      const isOver = () => Math.abs(clock.millis() - startedAtMs) >= LONGEST_CALL_MS;
      const limit = Math.min(call.limit, limits.most);
      const page = await jobs.list({ ...filter, order: 'newest', limit, cursor });
      if (!page.ok) return inBody(page.failure);
      const counts = { done: 0, pending: 0 };
      const skipped: Skipped[] = [];
      let hasFailed = false;
      let started = 0;
      const room = createBulkRoom(limits.bytesAtOnce);

      async function* unlessStopped(listed: readonly JobSummary[]): AsyncGenerator<JobSummary> {
        for (const job of listed) {
          await room.enter();
          if (hasFailed || signal?.aborted === true || (started > 0 && isOver())) return;
          started += 1;
          yield job;
        }
      }

      async function changeOne(job: JobSummary): Promise<void> {
        const { job_id: jobId } = job;
        let bytes: number | null = null;
        try {
          const changed = await change(job, call);
          if (changed.ok) {
            counts[changed.value.kind] += 1;
            bytes = changed.value.bytes;
          } else skipped.push({ jobId, failure: changed.failure });
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          hasFailed = true;
          skipped.push({ jobId, error });
        } finally {
          room.leave(bytes);
        }
      }

      const listed = page.value.jobs;
      await forEachConcurrently(unlessStopped(listed), limits.atOnce, changeOne);
      const last = listed[started - 1];
      const isWhole = started === listed.length;
      const behind = last === undefined ? cursor : cursorBehind(last);
      return ok({
        matched: started,
        ...counts,
        skipped,
        cursor: isWhole ? page.value.nextCursor : behind,
      });
    },

    async preview(filter, cursor) {
      const counted = await jobs.count({ filter, cursor, sample: SAMPLE });
      if (!counted.ok) return inBody(counted.failure);
      const { matched, sample, nextCursor } = counted.value;
      return ok({ matched, sample, cursor: nextCursor });
    },
  };
}

/** The cursor of the list is a member of the body here. */
function inBody(failure: Failure): Result<never> {
  if (failure.code !== 'invalid') return fail(failure);
  const faults = failure.faults.map(fault => ({ ...fault, path: '/cursor' }));
  return fail({ code: 'invalid', faults });
}

/**
 * Whether a job may still be changed that has changed since it was listed, or whose lease has. The filter must take it as it is
 * now, or it is the listed job that was taken from its dead holder: this call may have done so itself, before the change.
 */
function guardOf(listed: JobSummary, filter: JobFilter): JobGuard {
  const { standings = [], ...others } = filter;
  const accepts = matcherOf(others, () => 'finished');
  const wanted = new Set(standings);
  return ({ version, state }, { holding, now }) => {
    const conflict = fail({ code: 'version_conflict', jobId: listed.job_id, current: version });
    if (wanted.size > 0 && holding.kind === 'live') {
      const facts = { status: state.status, holding, isHinted: () => false, now };
      if (!wanted.has(standingKindOf(facts))) return conflict;
    }
    if (version === listed.version) return ok(null);
    const outline = outlineOf(state);
    const isOver = listed.holder !== null && outline.holder === null;
    const isTaken = isOver && historyOf(state).at(-1)?.event === 'expired';
    const isWanted = wanted.size === 0 || wanted.has('zombie');
    if (isTaken && isWanted && outline.epoch === listed.epoch) return ok(null);
    if (!accepts({ ...outline, lease_key: null, at: Number(toUnixMicros(state.updated_at)) }))
      return conflict;
    // The change asks again once the lease is known.
    if (wanted.size === 0 || namedLeaseOf(state) !== null) return ok(null);
    // What a change says of the standing: the job has ended. The rest needs another list.
    return isFinished(state.status) && wanted.has('finished') ? ok(null) : conflict;
  };
}
