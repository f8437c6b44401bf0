import { sameDigest } from '../base/digest.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { hasSheet, nextSheet, progress } from '../checkpoint/progress.ts';
import { isRepeated } from '../checkpoint/repeated-update.ts';
import { attemptOf, isStaleAttempt, judgeAttempt } from '../checkpoint/sheet-attempt.ts';
import {
  type StartedSheet,
  startedSheet,
  startedWith,
  startRequestOf,
} from '../checkpoint/sheet-start.ts';
import type { SheetUpdate } from '../checkpoint/sheet-update.ts';
import { fail, ok, type Result } from '../failure.ts';
import { writeLayout } from '../json/writer.ts';
import { safeNameOf } from '../keys/job-id.ts';
import { recordStatus } from '../lease/history.ts';
import { jobLeaseOf, namedLeaseOf } from '../lease/job-lease.ts';
import { type PresentedToken, provesLease } from '../lease/token.ts';
import { integerText } from '../schema/integer.ts';
import type { Current } from '../storage/job-writer.ts';
import type { JointRemoval } from '../storage/leases/joint-leases.ts';
import { checkPrecondition, requireJob } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { UpdateAnswer } from '../storage/update-answers.ts';
import type { ProtocolContext } from './context.ts';
import { changeSheets } from './sheet-change.ts';
import { type Decide, keep, saveFromClient, type TransactTarget } from './transact.ts';
import { authorOf, type WriteOptions, withWriteAccess } from './write-access.ts';

export interface UpdateOptions extends WriteOptions {
  readonly update: SheetUpdate;
}

/** Changes the status of sheets. */
export interface SheetUpdates {
  /**
   * Updates one sheet. A completion may also start another sheet in the same save. The same call again by the same
   * holder changes nothing. A target without an id is the job of the lease that the token names. Failures: `invalid`,
   * those of a load and of a writer.
   */
  update(
    target: TransactTarget,
    sheetNum: number,
    options: UpdateOptions,
  ): Promise<Result<UpdateAnswer>>;
}

/** The result of an update. */
interface Updated {
  readonly answer: UpdateAnswer;
  /** Whether the job names no lease any more: its lease object is then removed. */
  readonly isLeaseOver: boolean;
}

export function createSheetUpdates({
  store,
  memory,
  leaseStore,
  transact,
}: Pick<ProtocolContext, 'store' | 'memory' | 'leaseStore' | 'transact'>): SheetUpdates {
  const { finalAnswers } = memory;
  const locate = (key: string) => store.locate(key);

  /**
   * Whether the lease of the token was the last one of the job. Its object is removed after the save that ends it: it is still
   * there where the process was killed in between, or the store failed. Where it is removed in the step of that save, a receipt is left.
   */
  async function wasHeldBy(
    token: PresentedToken,
    { state }: StoredJob,
    sheetNum: number,
  ): Promise<boolean> {
    const { epoch } = jobLeaseOf(state);
    const stored = await leaseStore.read(token.leaseKey);
    if (stored?.kind === 'lease' && !stored.lease.expired)
      return provesLease(token, stored.lease) && stored.lease.epoch === epoch;
    if (stored !== null) return false;
    const receipts = await leaseStore.receiptsOf(token.leaseKey);
    return receipts.some(receipt => sameDigest(receipt, receiptOf(token, epoch, sheetNum)));
  }

  /** Of the object of the lease that ends with this state; null if none does. */
  function removalWith(
    state: CheckpointState,
    token: PresentedToken | null,
    sheetNum: number,
  ): JointRemoval | null {
    if (token === null || namedLeaseOf(state) !== null) return null;
    const receipt = receiptOf(token, jobLeaseOf(state).epoch, sheetNum);
    return leaseStore.removal(token.leaseKey, { receipt });
  }

  function decideOn(
    target: TransactTarget,
    sheetNum: number,
    options: UpdateOptions,
    {
      conclude,
      overtaken,
    }: {
      /** `isRemoved`: the object of the lease is gone already. */
      readonly conclude: (updated: Updated, isRemoved: boolean) => Promise<void>;
      /** Called with a completed job in which the update changes nothing, where its lease is over. */
      readonly overtaken: (job: StoredJob) => void;
    },
  ): Decide<Updated> {
    const { update, precondition, allowStatus } = options;
    const outcomeOf = (job: StoredJob, started: StartedSheet | null): Updated => ({
      answer: updateAnswer(job, { sheetNum, update, started }),
      isLeaseOver: namedLeaseOf(job.state) === null,
    });
    const request = startRequestOf(update);
    const repeated = (job: StoredJob) =>
      outcomeOf(job, request === null ? null : startedWith(job.state, { sheetNum, request }));
    return input => {
      const known = input.caller.kind === 'lost' ? input.current : null;
      if (known?.kind === 'job' && isCompletedBy(known.state, { sheetNum, update }))
        overtaken(known);
      const jobId = target.jobId ?? storedIdOf(input.current);
      return withWriteAccess(jobId, ({ current, now }, writer) => {
        const id = jobId ?? safeNameOf(target.key);
        const job = requireJob(id, current, locate);
        if (!job.ok) return job;
        const met = checkPrecondition(id, current, precondition);
        if (!met.ok) return met;
        const { state } = job.value;
        if (!hasSheet(state, sheetNum)) return noSuchSheet(state);
        const verdict = judgeAttempt(state, sheetNum, update);
        if (verdict === 'ahead') return noSuchAttempt(state, sheetNum);
        if (verdict === 'stale') return keep(outcomeOf(job.value, null));
        if (verdict === 'repeated') return keep(repeated(job.value));
        if (verdict === 'unnamed' && writer.kind === 'holder') {
          const since = writer.named.acquired_at;
          if (isRepeated(state, { sheetNum, update, since })) return keep(repeated(job.value));
        }
        const changed = changeSheets(state, { sheetNum, update, writer, allowStatus, now });
        if (!changed.ok) return changed;
        const { started } = changed.value;
        const outcome = (saved: StoredJob) =>
          outcomeOf(saved, started === null ? null : startedSheet(saved.state, started));
        const by = authorOf(writer, options);
        const recorded = recordStatus(state, changed.value.state, { by, now });
        const removal = removalWith(recorded, options.token, sheetNum);
        return saveFromClient(recorded, outcome, {
          sidecars: removal === null ? [] : [removal.sidecar],
          // Who names a version may count on it that the next one holds this change alone.
          isShared: precondition.kind !== 'versions',
          after: saved => conclude(outcome(saved), removal?.hasHappened() ?? false),
        });
      })(input);
    };
  }

  return {
    async update(target, sheetNum, options) {
      const { token, update } = options;
      // A function, because the text holds the output of the sheet and is rarely needed.
      const call = () => `${sheetNum} ${writeLayout(update, 'word')}`;
      /** A repetition in the same group finds the answer. */
      async function conclude({ answer, isLeaseOver }: Updated, isRemoved: boolean): Promise<void> {
        if (token === null || !isLeaseOver) return;
        await finalAnswers.remember(token, call(), answer);
        if (!isRemoved) await leaseStore.tryRemove(token.leaseKey);
      }

      let completed: StoredJob | null = null;
      const decide = decideOn(target, sheetNum, options, {
        conclude,
        overtaken(job) {
          completed = job;
        },
      });
      const updated = await transact(target, { token }, decide);
      if (updated.ok) return ok(updated.value.answer);
      if (token === null || updated.failure.code !== 'lease_lost') return updated;
      const recalled = await finalAnswers.recall(token, call());
      if (recalled !== null) return ok(recalled);
      if (completed === null || !(await wasHeldBy(token, completed, sheetNum))) return updated;
      const answer = updateAnswer(completed, { sheetNum, update, started: null });
      await conclude({ answer, isLeaseOver: true }, false);
      return ok(answer);
    },
  };
}

/** What a lease leaves that is removed in the step of the update which ends it. It proves the token, and opens nothing. */
function receiptOf({ sha256 }: PresentedToken, epoch: number, sheetNum: number): string {
  return `${epoch} ${sheetNum} ${sha256}`;
}

/** Whether the job may have been completed by this update. */
function isCompletedBy(
  state: CheckpointState,
  { sheetNum, update }: { readonly sheetNum: number; readonly update: SheetUpdate },
): boolean {
  if (state.status !== 'completed' || !hasSheet(state, sheetNum)) return false;
  // Neither a start nor a failure completes a job.
  if (update.status === 'in_progress' || update.status === 'failed') return false;
  const verdict = judgeAttempt(state, sheetNum, update);
  if (verdict !== 'unnamed') return verdict === 'repeated';
  return isRepeated(state, { sheetNum, update, since: null });
}

function updateAnswer(
  { version, state }: StoredJob,
  {
    sheetNum,
    update,
    started,
  }: {
    readonly sheetNum: number;
    readonly update: SheetUpdate;
    readonly started: StartedSheet | null;
  },
): UpdateAnswer {
  const stale = isStaleAttempt(state, sheetNum, update);
  return {
    version,
    job_id: state.job_id,
    status: state.status,
    sheet: sheetNum,
    next_sheet: nextSheet(state),
    progress: progress(state),
    attempt: attemptOf(state, sheetNum),
    ...(stale ? { stale_attempt: true } : {}),
    ...(startRequestOf(update) === null ? {} : { started }),
  };
}

function storedIdOf(current: Current): string | null {
  return current?.kind === 'job' ? current.state.job_id : null;
}

function noSuchSheet(state: CheckpointState): Result<never> {
  const total = integerText(state.total_sheets);
  return fail({
    code: 'invalid',
    faults: [{ path: '{n}', reason: `The job has sheets 1 to ${total}` }],
  });
}

function noSuchAttempt(state: CheckpointState, sheetNum: number): Result<never> {
  const current = integerText(attemptOf(state, sheetNum));
  const reason = `The sheet is at attempt ${current}: only the next attempt can be started`;
  return fail({ code: 'invalid', faults: [{ path: '/attempt', reason }] });
}
