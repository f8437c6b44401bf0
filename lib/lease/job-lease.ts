import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { addedMemberOf, addedValueOf, withAdded, withAddedMember } from '../checkpoint/owned.ts';
import { isObject, type JsonValue } from '../json/value.ts';
import { dictionary, entriesOf, entryAt, hasEntry } from '../schema/dictionary.ts';
import { Integer } from '../schema/integer.ts';
import { Time } from '../schema/timestamp.ts';
import { type HistoryEntry, readHistory } from './history-entry.ts';
import { keptProgressEntry } from './kept-progress.ts';

/** The lease in the state of a job. A caller with its token may write the job. */
export const NamedLease = z.object({
  id: z.string().min(1),
  holder: z.string(),
  token_sha256: z.string(),
  acquired_at: Time,
});
export type NamedLease = z.infer<typeof NamedLease>;

/** The call that created the job with an idempotency key. A repeated call is recognized by it. */
export const Creation = z.object({ key_sha256: z.string(), body_sha256: z.string(), at: Time });
export type Creation = z.infer<typeof Creation>;

const Count = Integer.pipe(z.int().min(0));

/** The delay of a job whose last grants were not used. Claims do not get the job before `until`. */
export const Delay = z.object({ unused_grants: Count, until: Time });
export type Delay = z.infer<typeof Delay>;

/**
 * The lease data of a state, under its last key `dalsegno`. It exists once the job has been leased or controlled. Another
 * program may have written any value there, so each invalid member counts as absent.
 */
const JobLease = z
  .object({
    epoch: Count.catch(0),
    recoveries: Count.catch(0),
    lease: NamedLease.nullable().catch(null),
    delay: Delay.nullable().catch(null),
    created: Creation.nullable().catch(null),
  })
  .catch({ epoch: 0, recoveries: 0, lease: null, delay: null, created: null });

export interface JobLease {
  /** The fencing number. It grows by one at every grant and never falls. */
  readonly epoch: number;
  /** The recoveries since the last completed sheet. Recoveries of unused grants do not count. */
  readonly recoveries: number;
  readonly lease: NamedLease | null;
  /** Null if the last grant was used. */
  readonly delay: Delay | null;
  /** Null if the job was created without an idempotency key. */
  readonly created: Creation | null;
}

const NEVER_LEASED: JobLease = {
  epoch: 0,
  recoveries: 0,
  lease: null,
  delay: null,
  created: null,
};

export function jobLeaseOf(state: CheckpointState): JobLease {
  const entry = addedValueOf(state);
  if (entry === undefined) return NEVER_LEASED;
  if (!isObject(entry)) return JobLease.parse(entry);
  const known = leaseData.get(entry);
  if (known !== undefined) return known;
  const jobLease = JobLease.parse(entry);
  leaseData.set(entry, jobLease);
  return jobLease;
}

/** The lease data of the states in memory, which an operation asks for several times. States are never changed in place. */
const leaseData = new WeakMap<object, JobLease>();

export function namedLeaseOf(state: CheckpointState): NamedLease | null {
  return jobLeaseOf(state).lease;
}

/** The state with its lease data replaced. Its history stays. */
export function withJobLease(state: CheckpointState, jobLease: JobLease): CheckpointState {
  return withLeaseData(state, jobLease, historyOf(state));
}

/** The last changes of hands of a job, the oldest one first. */
export function historyOf(state: CheckpointState): readonly HistoryEntry[] {
  return readHistory(addedMemberOf(state, 'history'));
}

/** The state with its history replaced. Its place in the queue is dropped, as by every change of hands. */
export function withHistory(
  state: CheckpointState,
  history: readonly HistoryEntry[],
): CheckpointState {
  return withLeaseData(state, jobLeaseOf(state), history);
}

function withLeaseData(
  state: CheckpointState,
  { epoch, recoveries, lease, delay, created }: JobLease,
  history: readonly HistoryEntry[],
): CheckpointState {
  const added = {
    epoch,
    recoveries,
    lease,
    ...(delay === null ? {} : { delay }),
    ...(created === null ? {} : { created }),
    ...keptProgressEntry(state),
    ...(history.length === 0 ? {} : { history }),
  };
  leaseData.set(added, { epoch, recoveries, lease, delay, created });
  return withAdded(state, added);
}

/** The state of a new job with the call that creates it. */
export function withCreation(state: CheckpointState, created: Creation): CheckpointState {
  return withJobLease(state, { ...jobLeaseOf(state), created });
}

/** Adds the epoch to a state without lease data. The epoch comes from another source. */
export function withEpoch(state: CheckpointState, epoch: number): CheckpointState {
  return epoch === 0 ? state : withJobLease(state, { ...NEVER_LEASED, epoch });
}

/** The state without its lease. The state of a job that is not leased does not change. */
export function withoutLease(state: CheckpointState): CheckpointState {
  const jobLease = jobLeaseOf(state);
  return jobLease.lease === null ? state : withJobLease(state, { ...jobLease, lease: null });
}

/** The place in the queue of a paused job that waits for a claim and was changed while it waited. */
const Waiting = z.object({
  waiting: z.object({ since: Time, updated_at: Time }),
});

/** Null if the state contains no place. Then the job waits since its last change, if it waits. */
export function waitingSinceOf(state: CheckpointState): Timestamp | null {
  const added = addedValueOf(state);
  if (!isObject(added) || !hasEntry(added, 'waiting')) return null;
  const parsed = Waiting.safeParse(added);
  // If another program has changed the job since, the place is no longer valid.
  if (!parsed.success || parsed.data.waiting.updated_at !== state.updated_at) return null;
  return parsed.data.waiting.since;
}

/** The state to store, with this place in the queue. Null removes the place. */
export function withWaitingSince(state: CheckpointState, since: Timestamp | null): CheckpointState {
  const added = addedValueOf(state);
  if (since === null && !(isObject(added) && hasEntry(added, 'waiting'))) return state;
  if (since === null) return withAddedMember(state, 'waiting', undefined);
  const whole = isObject(added) ? state : withJobLease(state, NEVER_LEASED);
  return withAddedMember(whole, 'waiting', { since, updated_at: state.updated_at });
}

/** The state for responses: with the holder, but without the digests of the token and of the idempotency key. */
export function withoutProof(state: CheckpointState): CheckpointState {
  const added = addedValueOf(state);
  if (!isObject(added) || !hasProof(state)) return state;
  const entries = new Map(entriesOf<JsonValue>(added));
  entries.delete('created');
  const lease = entries.get('lease');
  // Also hides the digest of an incomplete lease, which another program may have written.
  if (isObject(lease)) {
    const shown = new Map(entriesOf<JsonValue>(lease));
    shown.delete('token_sha256');
    entries.set('lease', dictionary(shown));
  }
  return withAdded(state, dictionary(entries));
}

/** Whether `withoutProof` changes the state: its stored text may not be shown. */
export function hasProof(state: CheckpointState): boolean {
  const added = addedValueOf(state);
  if (!isObject(added)) return false;
  const lease = entryAt<JsonValue>(added, 'lease');
  return hasEntry(added, 'created') || (isObject(lease) && hasEntry(lease, 'token_sha256'));
}

/** The job without the delay that its last unused grants gave it. */
export function withoutDelay(state: CheckpointState): CheckpointState {
  const jobLease = jobLeaseOf(state);
  return jobLease.delay === null ? state : withJobLease(state, { ...jobLease, delay: null });
}
