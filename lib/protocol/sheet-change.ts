import type { Timestamp } from '../base/timestamp.ts';
import { unreachable } from '../base/unreachable.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { changeTime } from '../checkpoint/owned.ts';
import { hasSheet, nextSheet } from '../checkpoint/progress.ts';
import { isRepeated } from '../checkpoint/repeated-update.ts';
import { type StartRequest, startRequestOf } from '../checkpoint/sheet-start.ts';
import { applyUpdate, type SheetUpdate } from '../checkpoint/sheet-update.ts';
import { sheetOf, startSheet } from '../checkpoint/transitions.ts';
import { fail, ok, type Result } from '../failure.ts';
import { namedLeaseOf } from '../lease/job-lease.ts';
import { completeIfDone, updateJobLease } from '../lease/transfer.ts';
import { type Integer, integerText } from '../schema/integer.ts';
import { allowsChange, type StatusRule } from './status-rule.ts';
import type { Writer } from './write-access.ts';

/** A job after an update, and the sheet that the update also started; null for none. */
export interface SheetChange {
  readonly state: CheckpointState;
  readonly started: Integer | null;
}

interface ChangeOptions {
  readonly sheetNum: number;
  readonly update: SheetUpdate;
  readonly writer: Writer;
  readonly allowStatus: StatusRule | undefined;
  readonly now: Timestamp;
}

/**
 * Applies an update, and then the start that it asks for: the result is that of two updates, one after the other. Pure.
 * Failures: `invalid` for a sheet that cannot be started, and those of the caller's rule of statuses.
 */
export function changeSheets(state: CheckpointState, options: ChangeOptions): Result<SheetChange> {
  const { sheetNum, update, writer } = options;
  const request = startRequestOf(update);
  const fault = request === null ? null : requestFault(state, sheetNum, request);
  if (fault !== null) return cannotStart(fault);
  const updated = changeOnce(state, options, at => applyUpdate(state, sheetNum, update, at));
  if (!updated.ok) return updated;
  const after = updated.value;
  const chosen = request === null ? ok(null) : chooseSheet(after, request, writer);
  if (!chosen.ok) return chosen;
  const sheet = chosen.value;
  if (sheet === null) return ok({ state: after, started: null });
  if (request?.kind === 'sheet' && hasStarted(after, request.sheet, writer)) {
    return ok({ state: after, started: sheet });
  }
  const started = changeOnce(after, options, at => startSheet(after, sheet, at));
  return started.ok ? ok({ state: started.value, started: sheet }) : started;
}

/** One transition by this caller. Its time is later than that of the grant, even if both happen at once. */
function changeOnce(
  before: CheckpointState,
  { writer, allowStatus, now }: ChangeOptions,
  transition: (at: Timestamp) => CheckpointState,
): Result<CheckpointState> {
  if (writer.kind === 'holder') {
    const at = changeTime(before, now);
    return ok(updateJobLease(before, completeIfDone(transition(at), at)));
  }
  const after = updateJobLease(before, transition(now));
  const statuses = { before: before.status, after: after.status };
  const allowed = allowsChange(allowStatus, statuses);
  return allowed.ok ? ok(after) : allowed;
}

/** Why a sheet can never be started with the update, whatever the update changes; null if it may be. */
function requestFault(
  state: CheckpointState,
  sheetNum: number,
  request: StartRequest,
): string | null {
  if (request.kind === 'next') return null;
  if (request.sheet === sheetNum)
    return `The update completes sheet ${sheetNum}: it cannot start it`;
  if (hasSheet(state, request.sheet)) return null;
  return `The job has sheets 1 to ${integerText(state.total_sheets)}`;
}

/** The sheet to start; null if no sheet is left, or if the completion has ended the lease. */
function chooseSheet(
  after: CheckpointState,
  request: StartRequest,
  writer: Writer,
): Result<Integer | null> {
  const isOver = writer.kind === 'holder' && namedLeaseOf(after) === null;
  switch (request.kind) {
    case 'next':
      return ok(isOver ? null : nextSheet(after));
    case 'sheet':
      if (isOver) return cannotStart(`The completion ends the lease: the job is ${after.status}`);
      return isCompletedBy(after, request.sheet, writer)
        ? cannotStart(`Sheet ${request.sheet} is completed under this lease`)
        : ok(request.sheet);
    default:
      return unreachable(request);
  }
}

/** Whether the holder has completed the sheet. A plain start without an attempt would then change nothing. */
function isCompletedBy(state: CheckpointState, sheetNum: number, writer: Writer): boolean {
  if (!hasStarted(state, sheetNum, writer)) return false;
  return sheetOf(state, sheetNum).status === 'completed';
}

/** Whether a plain start of the sheet by the holder would be a repetition, and change nothing. */
function hasStarted(state: CheckpointState, sheetNum: number, writer: Writer): boolean {
  if (writer.kind === 'free') return false;
  const since = writer.named.acquired_at;
  return isRepeated(state, {
    sheetNum,
    update: { status: 'in_progress', error_message: null },
    since,
  });
}

function cannotStart(reason: string): Result<never> {
  return fail({ code: 'invalid', faults: [{ path: '/start', reason }] });
}
