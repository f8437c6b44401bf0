import { jobLeaseOf } from '../lease/job-lease.ts';
import { entriesOf, entryAt } from '../schema/dictionary.ts';
import type { CheckpointState } from '../state/checkpoint.ts';
import type { SheetState } from '../state/sheet.ts';
import { toUnixMicros } from '../timestamp.ts';

/**
 * Whether the one state is an earlier one of the same job, and tells of nothing done that the other does
 * not know of. So a job that went on at the source after it was copied may be copied again, and one that
 * was worked on at the target may not: a lease that was granted there has another epoch, a sheet that was
 * completed there is not completed here, and any change there is later than what it was made of.
 */
export function isEarlier(there: CheckpointState, here: CheckpointState): boolean {
  if (there.job_id !== here.job_id) return false;
  if (toUnixMicros(there.created_at) !== toUnixMicros(here.created_at)) return false;
  if (toUnixMicros(there.updated_at) >= toUnixMicros(here.updated_at)) return false;
  if (isOver(there) && there.status !== here.status) return false;
  return hasLeasesOf(there, here) && hasDoneSheetsOf(there, here);
}

function isOver({ status }: CheckpointState): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

function hasLeasesOf(there: CheckpointState, here: CheckpointState): boolean {
  const before = jobLeaseOf(there);
  const after = jobLeaseOf(here);
  if (before.epoch !== after.epoch) return before.epoch < after.epoch;
  return before.lease === null || after.lease === null || before.lease.id === after.lease.id;
}

function hasDoneSheetsOf(there: CheckpointState, here: CheckpointState): boolean {
  for (const [number, { status }] of entriesOf<SheetState>(there.sheets)) {
    const isDone = status === 'completed' || status === 'skipped';
    if (isDone && entryAt(here.sheets, number)?.status !== status) return false;
  }
  return true;
}
