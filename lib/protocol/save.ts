import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { encodeState, requestedState } from '../checkpoint/codec.ts';
import { allowedWithin } from '../checkpoint/limits.ts';
import { withAddedFields } from '../checkpoint/owned.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { fail, ok, type Result } from '../failure.ts';
import { type JobTarget, targetOf } from '../keys/job-id.ts';
import type { IdempotencyKey } from '../lease/idempotency-key.ts';
import { namedLeaseOf, withCreation, withEpoch } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { type PresentedToken, provesDigest } from '../lease/token.ts';
import { afterChange, applyRequest, isFinished } from '../lease/transfer.ts';
import { documentOf, type JobDocument } from '../storage/job-view.ts';
import { keeping, saving, savingSent } from '../storage/job-writer.ts';
import { type JobPrecondition, meets, present } from '../storage/precondition.ts';
import type { Bytes } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { heldBy } from './holding.ts';
import { createKeyedCreates } from './keyed-creates.ts';
import { obeying } from './status-rule.ts';
import type { WriteAccess, WriteOptions } from './write-access.ts';

export interface CreateOptions {
  readonly allow: AllowCreate;
  /** Null where the caller chose none. */
  readonly key: IdempotencyKey | null;
}

/** Saves states that come whole from a client. */
export interface JobSave {
  create(body: Bytes, options: CreateOptions): Promise<Result<JobDocument>>;
  save(
    target: JobTarget,
    body: Uint8Array,
    options: WriteOptions,
  ): Promise<Result<JobDocument & { readonly created: boolean }>>;
}

/** What the leases say of the caller where the state cannot be read: it holds the job, or nobody does. */
type Guard = 'holder' | 'free';

/** Whether the caller may create a job of this id with this status. */
export type AllowCreate = (jobId: string, status: JobStatus) => Result<null>;

/** What a save comes to that finds a state which says nothing of who holds the job. */
const UNREADABLE: ReturnType<typeof fail> = fail({ code: 'internal' });

/** And one that finds a state with numbers that strict JSON has not: the text is to be read beside that one. */
const UNMERGED: ReturnType<typeof fail> = fail({ code: 'internal' });

/** Another writer may change the state between two looks at it. */
const MAX_ATTEMPTS = 20;

export function createJobSave(
  { store, clock, reader, writer, leaseStore, holdings, memory, limits }: ProtocolContext,
  access: WriteAccess,
): JobSave {
  const locate = (key: string) => store.locate(key);
  const calls = createKeyedCreates(memory.keys);

  /** What is wrong with it, or what there is too much of, is found before anything is written. */
  async function bodyState(
    body: Uint8Array,
    nonFiniteOf?: CheckpointState,
  ): Promise<Result<CheckpointState>> {
    return requestedState(body, { now: clock.now(), nonFiniteOf, limits });
  }

  async function create(body: Bytes, { allow, key }: CreateOptions): Promise<Result<JobDocument>> {
    const draft = await bodyState(body);
    if (!draft.ok) return draft;
    const jobId = draft.value.job_id;
    const target = targetOf(jobId, '/job_id');
    if (!target.ok) return target;
    const allowed = allow(jobId, draft.value.status);
    if (!allowed.ok) return allowed;
    const keyed = key === null ? ok(null) : await calls.of(body, key);
    if (!keyed.ok) return keyed;
    const call = keyed.value;
    const saved = await writer.change(target.value.key, (current, now) => {
      if (current === null) {
        if (call === null) return savingSent(draft.value);
        return savingSent(withCreation(draft.value, { ...call, at: now }));
      }
      if (current.kind === 'corrupt') return fail({ code: 'job_exists', jobId });
      const taken = present(jobId, current, locate);
      if (!taken.ok) return taken;
      const repeated = call === null ? null : calls.repeated(taken.value.state, call, now);
      if (repeated === null) return fail({ code: 'job_exists', jobId });
      return repeated.ok ? keeping(taken.value) : repeated;
    });
    return saved.ok ? ok(documentOf(saved.value)) : saved;
  }

  /*
   * A save that takes the job out of its holder's hands is a release with a state:
   * 1. the lease is ended, 2. the job changed, 3. the lease object removed
   *
   * The change of the job is the point of no return. What an operator had asked of the holder is done
   * with it.
   */
  async function save(
    target: JobTarget,
    body: Uint8Array,
    { precondition, token, allowStatus }: WriteOptions,
  ): Promise<Result<JobDocument & { created: boolean }>> {
    const sent = await bodyState(body);
    const over = token === null ? ok(null) : await endIfOver(target, sent, { precondition, token });
    if (!over.ok) return over;
    const { requested: request = null, request_message: message = null } = over.value ?? {};
    let created = false;
    let merged: { readonly with: CheckpointState; readonly state: Result<CheckpointState> } | null =
      null;
    let toMerge: CheckpointState | null = null;
    const write = (guard: Guard | null) =>
      access.change(target, token, (current, caller, now) => {
        if (current?.kind === 'corrupt' && guard === null) return UNREADABLE;
        const met = meets(target.jobId, current, precondition);
        const stored = current?.kind === 'job' ? current : null;
        // Only where the stored state cannot be shown in strict JSON must the text be read again.
        toMerge = stored?.nonFinite === true ? stored.state : null;
        if (toMerge !== null && merged?.with !== toMerge) return UNMERGED;
        const state = toMerge === null || merged === null ? sent : merged.state;
        if (!state.ok) return state;
        if (state.value.job_id !== target.jobId) return foreignBody(target.jobId);
        if (!met.ok) return met;
        created = current === null;
        const before = stored?.state ?? null;
        const known =
          current?.kind === 'corrupt' ? withEpoch(state.value, current.epoch) : state.value;
        const after = afterChange(before, withAddedFields(known, before));
        // With a lease that is over already the job must follow, however large it is.
        const followed =
          request === null || isFinished(after.status)
            ? saving(after)
            : saving(applyRequest(after, { request, message, now }), 'withhold');
        const change = over.value === null ? savingSent(after) : followed;
        const isHolder =
          caller.kind === 'holder' || (current?.kind === 'corrupt' && guard === 'holder');
        return isHolder ? change : obeying(allowStatus, { before: before?.status ?? null, change });
      });
    let guard: Guard | null = null;
    let saved = await write(guard);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (saved === UNREADABLE) {
        const guarded = await guardUnreadable(target, token);
        if (!guarded.ok) return guarded;
        guard = guarded.value;
      } else if (saved === UNMERGED && toMerge !== null) {
        merged = { with: toMerge, state: await bodyState(body, toMerge) };
      } else break;
      saved = await write(guard);
    }
    if (saved === UNMERGED) return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
    if (!saved.ok) return saved;
    const left = token !== null && namedLeaseOf(saved.value.state) === null;
    if (left) await leaseStore.removeQuietly(token.leaseKey);
    return ok({ ...documentOf(saved.value), created });
  }

  /** Ends the holder's lease where the save will; null where it will not, or will not be made. */
  async function endIfOver(
    target: JobTarget,
    sent: Result<CheckpointState>,
    { precondition, token }: { precondition: JobPrecondition; token: PresentedToken },
  ): Promise<Result<Lease | null>> {
    if (!sent.ok || sent.value.job_id !== target.jobId) return ok(null);
    if (sent.value.status === 'running' || isFinished(sent.value.status)) return ok(null);
    const current = await reader.read(target.key);
    if (current?.kind !== 'job' || !meets(target.jobId, current, precondition).ok) return ok(null);
    // What will be refused must not have ended a lease.
    const before = current.state;
    const after = withAddedFields(sent.value, before);
    const bytes = encodeState(after).file.byteLength;
    const allowed = allowedWithin(limits, { before, after, bytes });
    return allowed.ok ? access.end(target, token) : allowed;
  }

  /** A state that cannot be read names no lease: the leases themselves say whether somebody holds the job. */
  async function guardUnreadable(
    { jobId }: JobTarget,
    token: PresentedToken | null,
  ): Promise<Result<Guard>> {
    const live = await holdings.ofUnreadable(jobId);
    if (live === null) return ok('free');
    const { lease } = live;
    const own = token?.leaseId === lease.lease_id && provesDigest(token, lease.token_sha256);
    return own ? ok('holder') : heldBy(live, clock);
  }

  return { create, save };
}

function foreignBody(jobId: string): Result<never> {
  const reason = `The state is of another job: expected ${JSON.stringify(jobId)}`;
  return fail({ code: 'invalid', faults: [{ path: '/job_id', reason }] });
}
