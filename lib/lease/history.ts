import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { addedValueOf, changeTime } from '../checkpoint/owned.ts';
import { writeLayout } from '../json/writer.ts';
import { addEntry, type HistoryEvent } from './history-entry.ts';
import { historyOf, jobLeaseOf, namedLeaseOf, withHistory } from './job-lease.ts';
import { isFinished } from './transfer.ts';

/*
 * The last changes of hands of a job, inside its state. They are recorded by the decision that makes the change, so
 * they are stored by the same save.
 */

/** A change as its decision knows it. */
export interface Change {
  /** What happened, unless the job is finished by the change: then its new status says it. */
  readonly event: HistoryEvent;
  /** The holder or the name of an access token; null for the service itself, or if there are no tokens. */
  readonly by: string | null;
  readonly reason?: string | null;
  readonly now: Timestamp;
}

/**
 * The state after a change, with the change in its history. `before` is the state that the change began with. A repeated
 * request, which changes nothing about the job, is not recorded again.
 */
export function recordChange(
  before: CheckpointState,
  after: CheckpointState,
  { event, by, reason = null, now }: Change,
): CheckpointState {
  const { status } = after;
  const history = historyOf(after);
  const lease = namedLeaseOf(after) ?? namedLeaseOf(before);
  const isSame = status === before.status;
  if (isSame && lease === null && history.at(-1)?.event === event) return after;
  const entry = {
    at: changeTime(before, now),
    event: !isSame && isFinished(status) ? status : event,
    epoch: jobLeaseOf(after).epoch,
    holder: lease?.holder ?? null,
    by,
    reason,
  };
  return withHistory(after, addEntry(history, entry));
}

/**
 * Records the change of a status that a client has saved. A job that was neither leased nor controlled has nothing of
 * the service in its state, and stays so.
 */
export function recordStatus(
  before: CheckpointState | null,
  after: CheckpointState,
  { by, now }: Pick<Change, 'by' | 'now'>,
): CheckpointState {
  if (before === null || before.status === after.status) return after;
  const event = eventOf(before, after);
  if (event === null || addedValueOf(after) === undefined) return after;
  return recordChange(before, after, { event, by, now });
}

/** Null for a change of status that is no change of hands: a job that starts. */
function eventOf(before: CheckpointState, after: CheckpointState): HistoryEvent | null {
  const { status } = after;
  if (isFinished(status)) return status;
  if (status === 'paused' || status === 'paused_at_chain') return 'paused';
  return before.status === 'pending' ? null : 'resumed';
}

/**
 * The bytes of a state that its limit counts: all but those of the history. So a change that fits without the history
 * is never refused because of it.
 */
export function countedBytes(state: CheckpointState, bytes: number): number {
  const history = historyOf(state);
  if (history.length === 0) return bytes;
  const text = (value: object) => writeLayout({ dalsegno: value }, 'word').length;
  return bytes - (text({ epoch: 0, history }) - text({ epoch: 0 }));
}
