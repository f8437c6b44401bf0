import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { hasSheet, nextSheet, progress } from '../checkpoint/progress.ts';
import { isRepeated } from '../checkpoint/repeated-update.ts';
import { attemptOf, isStaleAttempt, judgeAttempt } from '../checkpoint/sheet-attempt.ts';
import { applyUpdate, type SheetUpdate } from '../checkpoint/sheet-update.ts';
import { fail, ok, type Result } from '../failure.ts';
import { writeLayout } from '../json/writer.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { completeIfDone, updateJobLease } from '../lease/transfer.ts';
import { integerText } from '../schema/integer.ts';
import { checkPrecondition, requireJob } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { UpdateAnswer } from '../storage/update-answers.ts';
import type { ProtocolContext } from './context.ts';
import { allowsChange } from './status-rule.ts';
import { type Decide, keep, saveFromClient } from './transact.ts';
import { type WriteOptions, withWriteAccess } from './write-access.ts';

export interface UpdateOptions extends WriteOptions {
  readonly update: SheetUpdate;
}

/** Changes the status of sheets. */
export interface SheetUpdates {
  /** The same call again by the same holder changes nothing. Failures: `invalid`, those of a load and of a writer. */
  update(
    target: JobTarget,
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

  function decideOn(
    jobId: string,
    sheetNum: number,
    { update, precondition, allowStatus }: UpdateOptions,
  ): Decide<Updated> {
    const outcomeOf = (job: StoredJob): Updated => ({
      answer: updateAnswer(job, { sheetNum, update }),
      isLeaseOver: namedLeaseOf(job.state) === null,
    });
    return withWriteAccess(jobId, ({ current, now }, writer) => {
      const job = requireJob(jobId, current, locate);
      if (!job.ok) return job;
      const met = checkPrecondition(jobId, current, precondition);
      if (!met.ok) return met;
      const { state } = job.value;
      if (!hasSheet(state, sheetNum)) return noSuchSheet(state);
      const verdict = judgeAttempt(state, sheetNum, update);
      if (verdict === 'ahead') return noSuchAttempt(state, sheetNum);
      if (verdict === 'repeated' || verdict === 'stale') return keep(outcomeOf(job.value));
      if (writer.kind === 'free') {
        const updated = updateJobLease(state, applyUpdate(state, sheetNum, update, now));
        const allowed = allowsChange(allowStatus, { before: state.status, after: updated.status });
        return allowed.ok ? saveFromClient(updated, outcomeOf) : allowed;
      }
      const since = writer.named.acquired_at;
      if (verdict === 'unnamed' && isRepeated(state, { sheetNum, update, since })) {
        return keep(outcomeOf(job.value));
      }
      // The time of the change must be later than the time of the grant, even if both happen at once.
      const changeAt = changeTime(state, now);
      const updated = applyUpdate(state, sheetNum, update, changeAt);
      return saveFromClient(updateJobLease(state, completeIfDone(updated, changeAt)), outcomeOf);
    });
  }

  return {
    async update(target, sheetNum, options) {
      const { token, update } = options;
      // A function, because the text holds the output of the sheet and is rarely needed.
      const call = () => `${sheetNum} ${writeLayout(update, 'word')}`;
      const updated = await transact(target, { token }, decideOn(target.jobId, sheetNum, options));
      if (!updated.ok) {
        if (token === null) return updated;
        if (updated.failure.code !== 'lease_lost') return updated;
        const recalled = await finalAnswers.recall(token, call());
        return recalled === null ? updated : ok(recalled);
      }
      const { answer, isLeaseOver } = updated.value;
      if (token !== null && isLeaseOver) {
        await finalAnswers.remember(token, call(), answer);
        await leaseStore.tryRemove(token.leaseKey);
      }
      return ok(answer);
    },
  };
}

function updateAnswer(
  { version, state }: StoredJob,
  { sheetNum, update }: { readonly sheetNum: number; readonly update: SheetUpdate },
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
  };
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
