import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { recordChange } from '../lease/history.ts';
import { type HistoryEvent } from '../lease/history-entry.ts';
import type { Lease, LeaseRequest } from '../lease/lease.ts';
import { type Requested } from '../lease/rules.ts';
import { applyRequest } from '../lease/transfer.ts';

const EVENTS: { readonly [Request in LeaseRequest]: HistoryEvent } = {
  pause: 'paused',
  cancel: 'cancelled',
  fail: 'failed',
};

/** Applies a request to the job and records it. `before` is the state that the change began with, if another one. */
export function applyAndRecord(
  state: CheckpointState,
  { request, message, by }: Requested,
  { before = state, now }: { readonly before?: CheckpointState; readonly now: Timestamp },
): CheckpointState {
  const after = applyRequest(state, { request, message, now });
  return recordChange(before, after, { event: EVENTS[request], by, reason: message, now });
}

/** Applies the request of an operator that was waiting in the lease, when the lease ends. */
export function carryOutRequest(
  state: CheckpointState,
  {
    lease: { request_message: message, requested_by: by },
    request,
    ...times
  }: {
    readonly lease: Lease;
    readonly request: LeaseRequest;
    readonly before?: CheckpointState;
    readonly now: Timestamp;
  },
): CheckpointState {
  return applyAndRecord(state, { request, message, by }, times);
}
