import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { hasSheet, nextSheet, progress } from '../checkpoint/progress.ts';
import { isRepeated } from '../checkpoint/repeated-update.ts';
import { attemptOf, isStaleAttempt, judgeAttempt } from '../checkpoint/sheet-attempt.ts';
import { applyUpdate, type SheetUpdate } from '../checkpoint/sheet-update.ts';
import { fail, ok, type Result } from '../failure.ts';
import { writeLayout } from '../json/writer.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { afterChange, completeIfDone } from '../lease/transfer.ts';
import { integerText } from '../schema/integer.ts';
import { keeping, savingSent } from '../storage/job-writer.ts';
import { meets, present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { UpdateAnswer } from '../storage/update-answers.ts';
import type { ProtocolContext } from './context.ts';
import { obeying } from './status-rule.ts';
import type { WriteAccess, WriteOptions } from './write-access.ts';

export interface UpdateOptions extends WriteOptions {
  readonly update: SheetUpdate;
}

/** Makes the transitions of sheets. */
export interface SheetUpdates {
  update(
    target: JobTarget,
    sheetNum: number,
    options: UpdateOptions,
  ): Promise<Result<UpdateAnswer>>;
}

export function createSheetUpdates(parts: ProtocolContext, access: WriteAccess): SheetUpdates {
  const { store, leaseStore } = parts;
  const { finals } = parts.memory;
  const locate = (key: string) => store.locate(key);

  async function update(
    target: JobTarget,
    sheetNum: number,
    { update: asked, precondition, token, allowStatus }: UpdateOptions,
  ): Promise<Result<UpdateAnswer>> {
    const { jobId } = target;
    // Written out where it is needed alone: it holds the output of the sheet.
    const call = () => `${sheetNum} ${writeLayout(asked, 'word')}`;
    const saved = await access.change(target, token, (current, caller, now) => {
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      const met = meets(jobId, current, precondition);
      if (!met.ok) return met;
      const { state } = job.value;
      if (!hasSheet(state, sheetNum)) return noSuchSheet(state);
      const verdict = judgeAttempt(state, sheetNum, asked);
      if (verdict === 'ahead') return noSuchAttempt(state, sheetNum);
      if (verdict === 'repeated' || verdict === 'stale') return keeping(job.value);
      if (caller.kind === 'free') {
        const change = savingSent(afterChange(state, applyUpdate(state, sheetNum, asked, now)));
        return obeying(allowStatus, { before: state.status, change });
      }
      const since = caller.named.acquired_at;
      if (verdict === 'unnamed' && isRepeated(state, { sheetNum, update: asked, since })) {
        return keeping(job.value);
      }
      // The time of the change is later than that of the grant, however close the two are.
      const changeAt = changeTime(state, now);
      const updated = applyUpdate(state, sheetNum, asked, changeAt);
      return savingSent(afterChange(state, completeIfDone(updated, changeAt)));
    });
    if (!saved.ok) {
      const known = token !== null && saved.failure.code === 'lease_lost';
      const recalled = known ? await finals.recall(token, call()) : null;
      return recalled === null ? saved : ok(recalled);
    }
    const answer = updateAnswer(saved.value, { sheetNum, update: asked });
    if (token !== null && answer.status !== 'running') {
      await finals.remember(token, call(), answer);
      await leaseStore.removeQuietly(token.leaseKey);
    }
    return ok(answer);
  }

  return { update };
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
  const reason = `The sheet is at attempt ${current}: a later one has not started, and only the next one can`;
  return fail({ code: 'invalid', faults: [{ path: '/attempt', reason }] });
}
