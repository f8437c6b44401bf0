import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { hasSheet, nextSheet, progress } from '../checkpoint/progress.ts';
import { isRepeated } from '../checkpoint/repeated-update.ts';
import { attemptOf, isStaleAttempt, judgeAttempt } from '../checkpoint/sheet-attempt.ts';
import { applyMark, type SheetMark } from '../checkpoint/sheet-update.ts';
import { fail, ok, type Result } from '../failure.ts';
import { writeLayout } from '../json/writer.ts';
import type { JobTarget } from '../keys/job-id.ts';
import { afterChange, completeIfDone } from '../lease/transfer.ts';
import { integerText } from '../schema/integer.ts';
import { keeping, savingSent } from '../storage/job-writer.ts';
import { meets, present } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { MarkAnswer } from '../storage/update-answers.ts';
import type { LeaseParts } from './context.ts';
import { obeying } from './status-rule.ts';
import type { WriteAccess, WriteOptions } from './write-access.ts';

export interface MarkOptions extends WriteOptions {
  readonly mark: SheetMark;
}

/** Makes the transitions of sheets. */
export interface JobMark {
  mark(target: JobTarget, sheetNum: number, options: MarkOptions): Promise<Result<MarkAnswer>>;
}

export function createJobMark(parts: LeaseParts, access: WriteAccess): JobMark {
  const { store, book } = parts;
  const { finals } = parts.memory;
  const locate = (key: string) => store.locate(key);

  async function mark(
    target: JobTarget,
    sheetNum: number,
    { mark: asked, expectation, token, allowStatus }: MarkOptions,
  ): Promise<Result<MarkAnswer>> {
    const { jobId } = target;
    // Written out where it is needed alone: it holds the output of the sheet.
    const call = () => `${sheetNum} ${writeLayout(asked, 'word')}`;
    const saved = await access.change(target, token, (current, caller, now) => {
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      const met = meets(jobId, current, expectation);
      if (!met.ok) return met;
      const { state } = job.value;
      if (!hasSheet(state, sheetNum)) return noSuchSheet(state);
      const verdict = judgeAttempt(state, sheetNum, asked);
      if (verdict === 'ahead') return noSuchAttempt(state, sheetNum);
      if (verdict === 'repeated' || verdict === 'stale') return keeping(job.value);
      if (caller.kind === 'free') {
        const change = savingSent(afterChange(state, applyMark(state, sheetNum, asked, now)));
        return obeying(allowStatus, { before: state.status, change });
      }
      const since = caller.named.acquired_at;
      if (verdict === 'unnamed' && isRepeated(state, { sheetNum, mark: asked, since })) {
        return keeping(job.value);
      }
      // The time of the change is later than that of the grant, however close the two are.
      const changeAt = changeTime(state, now);
      const marked = applyMark(state, sheetNum, asked, changeAt);
      return savingSent(afterChange(state, completeIfDone(marked, changeAt)));
    });
    if (!saved.ok) {
      const known = token !== null && saved.failure.code === 'lease_lost';
      const recalled = known ? await finals.recall(token, call()) : null;
      return recalled === null ? saved : ok(recalled);
    }
    const answer = markAnswer(saved.value, { sheetNum, mark: asked });
    if (token !== null && answer.status !== 'running') {
      await finals.remember(token, call(), answer);
      await book.removeQuietly(token.leaseKey);
    }
    return ok(answer);
  }

  return { mark };
}

function markAnswer(
  { version, state }: StoredJob,
  { sheetNum, mark }: { readonly sheetNum: number; readonly mark: SheetMark },
): MarkAnswer {
  const stale = isStaleAttempt(state, sheetNum, mark);
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
