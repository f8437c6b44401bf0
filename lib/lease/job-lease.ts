import * as z from 'zod';
import type { Timestamp } from '../base/timestamp.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { addedTo, withAdded } from '../checkpoint/owned.ts';
import { isObject, type JsonValue } from '../json/value.ts';
import { dictionary, entriesOf } from '../schema/dictionary.ts';
import { Integer } from '../schema/integer.ts';
import { Time } from '../schema/timestamp.ts';

/** The lease that a job names: whoever proves to be its holder may write the job. */
export const NamedLease = z.object({
  id: z.string().min(1),
  holder: z.string(),
  token_sha256: z.string(),
  acquired_at: Time,
});
export type NamedLease = z.infer<typeof NamedLease>;

/** The call that created the job, where it came with an idempotency key: by this a repeated one is known. */
export const Creation = z.object({ key_sha256: z.string(), body_sha256: z.string(), at: Time });
export type Creation = z.infer<typeof Creation>;

const Count = Integer.pipe(z.int().min(0));

/** A job whose last grants nobody used: claims do not get it before this time. */
export const Delay = z.object({ unused_grants: Count, until: Time });
export type Delay = z.infer<typeof Delay>;

/**
 * What a state holds of leases, under its last key `dalsegno`, once the job has been leased. Another
 * program may have written anything there: what cannot be read counts as not there, member by member.
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
  /** The fencing number: one more at every grant, never less. */
  readonly epoch: number;
  /** How often the job was recovered from a holder that had used its grant, since it last completed a sheet. */
  readonly recoveries: number;
  readonly lease: NamedLease | null;
  /** Null where the last grant was used. */
  readonly delay: Delay | null;
  /** Null where the job was created without an idempotency key. */
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
  const entry = addedTo(state);
  return entry === undefined ? NEVER_LEASED : JobLease.parse(entry);
}

export function namedLeaseOf(state: CheckpointState): NamedLease | null {
  return jobLeaseOf(state).lease;
}

/** The state with this in place of what it held of leases. */
export function withJobLease(state: CheckpointState, jobLease: JobLease): CheckpointState {
  const { epoch, recoveries, lease, delay, created } = jobLease;
  return withAdded(state, {
    epoch,
    recoveries,
    lease,
    ...(delay === null ? {} : { delay }),
    ...(created === null ? {} : { created }),
  });
}

/** The state of a new job, with the call that creates it. */
export function withCreation(state: CheckpointState, created: Creation): CheckpointState {
  return withJobLease(state, { ...jobLeaseOf(state), created });
}

/** A state with nothing of leases in it, of a job whose epoch is known from elsewhere. */
export function withEpoch(state: CheckpointState, epoch: number): CheckpointState {
  return epoch === 0 ? state : withJobLease(state, { ...NEVER_LEASED, epoch });
}

/** The state naming no lease, in a job that was never leased the state as it is. */
export function withoutLease(state: CheckpointState): CheckpointState {
  const jobLease = jobLeaseOf(state);
  return jobLease.lease === null ? state : withJobLease(state, { ...jobLease, lease: null });
}

/** Of a paused job that waits to be claimed, where a change since has left it waiting: its place in the queue. */
const Waiting = z.object({
  waiting: z.object({ since: Time, updated_at: Time }),
});

/** Null where the state names no place: then the job waits since its last change, if it waits. */
export function waitingSinceOf(state: CheckpointState): Timestamp | null {
  const parsed = Waiting.safeParse(addedTo(state));
  // What another program has changed since is not what was left waiting.
  if (!parsed.success || parsed.data.waiting.updated_at !== state.updated_at) return null;
  return parsed.data.waiting.since;
}

/** The state, as it is to be stored, with its place in the queue; null names none. */
export function withWaitingSince(state: CheckpointState, since: Timestamp | null): CheckpointState {
  const added = addedTo(state);
  const entries = new Map(isObject(added) ? entriesOf<JsonValue>(added) : []);
  if (since === null) {
    return entries.delete('waiting') ? withAdded(state, dictionary(entries)) : state;
  }
  if (!isObject(added)) return withWaitingSince(withJobLease(state, NEVER_LEASED), since);
  return withAdded(
    state,
    dictionary(entries.set('waiting', { since, updated_at: state.updated_at })),
  );
}

/** The state as it may be shown: who holds the job, without what proves it or tells of a key. */
export function withoutProof(state: CheckpointState): CheckpointState {
  const added = addedTo(state);
  if (!isObject(added)) return state;
  const entries = new Map(entriesOf<JsonValue>(added));
  const hidesKey = entries.delete('created');
  const lease = entries.get('lease');
  // Also where the lease is not one that we would read: another program may have written it by halves.
  const shown = isObject(lease) ? new Map(entriesOf<JsonValue>(lease)) : null;
  const hidesProof = shown?.delete('token_sha256') ?? false;
  if (shown !== null) entries.set('lease', dictionary(shown));
  return hidesKey || hidesProof ? withAdded(state, dictionary(entries)) : state;
}
