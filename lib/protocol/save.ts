import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { type BodyOptions, parseStateBody, textsOf } from '../checkpoint/codec.ts';
import { checkLimits } from '../checkpoint/limits.ts';
import { withAddedFields } from '../checkpoint/owned.ts';
import { LEAST_SLICED_BYTES } from '../checkpoint/sliced-sheets.ts';
import type { JobStatus } from '../checkpoint/status.ts';
import { fail, ok, type Result } from '../failure.ts';
import { type JobTarget, targetOf } from '../keys/job-id.ts';
import { countedBytes, recordStatus } from '../lease/history.ts';
import type { IdempotencyKey } from '../lease/idempotency-key.ts';
import { namedLeaseOf, withCreation, withEpoch } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { provesLease } from '../lease/token.ts';
import { isFinished, updateJobLease } from '../lease/transfer.ts';
import { documentOf, type JobDocument } from '../storage/job-view.ts';
import { checkPrecondition, requireJob } from '../storage/precondition.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { Bytes } from '../store.ts';
import type { ProtocolContext } from './context.ts';
import { leaseHeld } from './holding.ts';
import { createKeyedCreates } from './keyed-creates.ts';
import { carryOutRequest } from './pending-request.ts';
import { allowsChange } from './status-rule.ts';
import {
  type Decide,
  expireFirst,
  keep,
  save,
  saveFromClient,
  type TransactOptions,
} from './transact.ts';
import { authorOf, type WriteOptions, withWriteAccess } from './write-access.ts';

export interface CreateOptions {
  readonly allow: AllowCreate;
  /** Null if the caller sent none. */
  readonly key: IdempotencyKey | null;
}

/** Saves whole states from clients. */
export interface JobSave {
  /**
   * Creates a job from a partial state, if `allow` permits its id and status. The same call again, with the
   * same idempotency key within a day, gets the job as it is stored. Failures: the body's, `job_exists`,
   * `job_id_collision`, `idempotency_key_reused`.
   */
  create(body: Bytes, options: CreateOptions): Promise<Result<JobDocument>>;
  /** Saves a whole state. The bytes of the body must not change afterwards. Failures: the body's, those of a load, `version_conflict`, those of a writer. */
  save(
    target: JobTarget,
    body: Bytes,
    options: WriteOptions,
  ): Promise<Result<JobDocument & { readonly created: boolean }>>;
}

/** Whether the caller may create a job with this id and this status. */
export type AllowCreate = (jobId: string, status: JobStatus) => Result<null>;

/** The outcome of a save. */
type Saved =
  | { readonly kind: 'saved'; readonly job: StoredJob; readonly isCreated: boolean }
  /**
   * The stored state holds NaN or infinite numbers, which strict JSON cannot express. The body must be parsed
   * again together with that state.
   */
  | { readonly kind: 'unmerged'; readonly stored: StoredJob };

const UNAVAILABLE: Result<never> = fail({ code: 'store_unavailable', retryAfterSeconds: 1 });

/** With the job as this call has just read it, if it has. */
type SaveOptions = WriteOptions & Pick<TransactOptions, 'startFrom'>;

/** A parsed body. `mergedWith` is the stored job that it was parsed together with, if any. */
interface Body {
  readonly state: Result<CheckpointState>;
  readonly mergedWith: StoredJob | null;
}

export function createJobSave({
  store,
  clock,
  reader,
  leaseStore,
  memory,
  limits,
  retry,
  transact,
  endLease,
}: Pick<
  ProtocolContext,
  | 'store'
  | 'clock'
  | 'reader'
  | 'leaseStore'
  | 'memory'
  | 'limits'
  | 'retry'
  | 'transact'
  | 'endLease'
>): JobSave {
  const locate = (key: string) => store.locate(key);
  const calls = createKeyedCreates(memory.keys);

  /** Parses the body. A body that is invalid or too large fails before anything is written. */
  async function bodyState(
    body: Bytes,
    { known, nonFiniteOf }: Pick<BodyOptions, 'known' | 'nonFiniteOf'> = {},
  ): Promise<Result<CheckpointState>> {
    return parseStateBody(body, { now: clock.now(), limits, known, nonFiniteOf });
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
    const options = { token: null, isNew: true };
    const created = await transact<StoredJob>(target.value, options, ({ current, now }) => {
      if (current === null) {
        if (call === null) return saveFromClient(draft.value, asSaved);
        return saveFromClient(withCreation(draft.value, { ...call, at: now }), asSaved);
      }
      if (current.kind === 'corrupt') return fail({ code: 'job_exists', jobId });
      const taken = requireJob(jobId, current, locate);
      if (!taken.ok) return taken;
      const repeated = call === null ? null : calls.repeated(taken.value.state, call, now);
      if (repeated === null) return fail({ code: 'job_exists', jobId });
      return repeated.ok ? keep(taken.value) : repeated;
    });
    return created.ok ? ok(documentOf(created.value)) : created;
  }

  /** `lease` is the holder's lease if the save ends it: the save then carries out its pending request. */
  function decideOn(
    jobId: string,
    options: WriteOptions,
    { body, lease }: { readonly body: Body; readonly lease: Lease | null },
  ): Decide<Saved> {
    const { precondition, token, allowStatus } = options;
    return withWriteAccess(jobId, ({ current, holding, now }, writer) => {
      const isCorrupt = current?.kind === 'corrupt';
      // An unreadable state names no lease. Only the lease objects say whether the job is leased.
      if (isCorrupt && holding.kind === 'unknown') return expireFirst();
      const isProved = holding.kind === 'live' && provesLease(token, holding.lease);
      if (isCorrupt && holding.kind === 'live' && !isProved) return leaseHeld(holding, now);
      const stored = current?.kind === 'job' ? current : null;
      const before = stored?.state ?? null;
      if (stored !== null && isUnmerged(stored, body.mergedWith))
        return keep({ kind: 'unmerged', stored });
      const { state } = body;
      if (!state.ok) return state;
      if (state.value.job_id !== jobId) return foreignBody(jobId);
      const met = checkPrecondition(jobId, current, precondition);
      if (!met.ok) return met;
      const known = isCorrupt ? withEpoch(state.value, current.epoch) : state.value;
      const after = updateJobLease(before, withAddedFields(known, before));
      const saved = (job: StoredJob): Saved => ({
        kind: 'saved',
        job,
        isCreated: current === null,
      });
      if (writer.kind === 'free' && !isProved) {
        const allowed = allowsChange(allowStatus, {
          before: before?.status ?? null,
          after: after.status,
        });
        if (!allowed.ok) return allowed;
      }
      const recorded = recordStatus(before, after, { by: authorOf(writer, options), now });
      if (lease === null) return saveFromClient(recorded, saved);
      // The lease has already been ended, so the job must be saved whatever its size.
      const { requested: request } = lease;
      if (request === null || isFinished(after.status)) return save(recorded, saved);
      const requested = carryOutRequest(after, { lease, request, before: before ?? after, now });
      return save(requested, saved, 'withhold');
    });
  }

  async function saveOnce(
    target: JobTarget,
    body: Body,
    { startFrom, ...options }: SaveOptions,
  ): Promise<Result<Saved>> {
    const { token } = options;
    const { jobId } = target;
    const ends =
      token === null ? ok(false) : await endsLease(target, body, { ...options, startFrom });
    if (!ends.ok) return ends;
    if (token !== null && ends.value) {
      return endLease(target, { kind: 'holder', token }, (input, lease) => {
        const decided = decideOn(jobId, options, { body, lease })(input);
        // Another program has just written NaN or infinite numbers. A failure keeps the lease object for the retry.
        return decided.ok && decided.value.kind === 'keep' ? UNAVAILABLE : decided;
      });
    }
    const saved = await transact(
      target,
      { token, startFrom },
      decideOn(jobId, options, { body, lease: null }),
    );
    const isReleased =
      saved.ok && saved.value.kind === 'saved' && namedLeaseOf(saved.value.job.state) === null;
    if (isReleased && token !== null) await leaseStore.tryRemove(token.leaseKey);
    return saved;
  }

  async function saveBody(
    target: JobTarget,
    bytes: Bytes,
    options: WriteOptions,
  ): Promise<Result<JobDocument & { created: boolean }>> {
    const recalled = bytes.byteLength < LEAST_SLICED_BYTES ? null : await reader.recall(target.key);
    const known = recalled?.sheets;
    let body: Body = { state: await bodyState(bytes, { known }), mergedWith: null };
    let startFrom = recalled?.job ?? undefined;
    return retry(async () => {
      const saved = await saveOnce(target, body, { ...options, startFrom });
      startFrom = undefined;
      if (!saved.ok) return saved;
      if (saved.value.kind === 'saved') {
        const { job, isCreated } = saved.value;
        return ok(Object.assign(documentOf(job), { created: isCreated }));
      }
      const { stored } = saved.value;
      const state = await bodyState(bytes, { nonFiniteOf: stored.state });
      body = { state, mergedWith: stored };
      return 'again';
    });
  }

  /** Whether the save takes the job from its holder. The lease is then ended before the job changes. */
  async function endsLease(
    target: JobTarget,
    { state: sent, mergedWith }: Body,
    { precondition, startFrom }: SaveOptions,
  ): Promise<Result<boolean>> {
    if (!sent.ok || sent.value.job_id !== target.jobId) return ok(false);
    if (sent.value.status === 'running' || isFinished(sent.value.status)) return ok(false);
    const current = startFrom ?? (await reader.read(target.key));
    if (current?.kind !== 'job' || !checkPrecondition(target.jobId, current, precondition).ok)
      return ok(false);
    if (isUnmerged(current, mergedWith)) return ok(false);
    // A body that is refused must not end a lease.
    const before = current.state;
    const after = withAddedFields(sent.value, before);
    const bytes = countedBytes(after, textsOf(after).file.byteLength);
    const allowed = checkLimits(limits, { before, after, bytes });
    return allowed.ok ? ok(true) : allowed;
  }

  return { create, save: saveBody };
}

function isUnmerged(job: StoredJob, mergedWith: StoredJob | null): boolean {
  if (!job.nonFinite || mergedWith?.state === job.state) return false;
  // A state that the cache has no room for is another object at each read. What is not stored yet has no version of its own.
  const isStored = job.bytesAtMost === undefined && mergedWith?.bytesAtMost === undefined;
  return !isStored || mergedWith?.version !== job.version;
}

function asSaved(job: StoredJob): StoredJob {
  return job;
}

function foreignBody(jobId: string): Result<never> {
  const reason = `The state is of another job: expected ${JSON.stringify(jobId)}`;
  return fail({ code: 'invalid', faults: [{ path: '/job_id', reason }] });
}
