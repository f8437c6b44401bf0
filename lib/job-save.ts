import { fail, ok, type Result } from './failure.ts';
import type { JobControl } from './job-control.ts';
import { documentOf, type JobDocument } from './job-document.ts';
import { meets, present } from './job-expectation.ts';
import type { StoredJob } from './job-reader.ts';
import { type JobTarget, targetOf } from './job-target.ts';
import { saving } from './job-writer.ts';
import { afterChange, isFinished } from './lease/job-handover.ts';
import { namedLeaseOf } from './lease/job-lease.ts';
import type { PresentedToken } from './lease/lease-token.ts';
import type { LeaseParts } from './lease-parts.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { requestedState } from './state/codec.ts';
import { withAddedFields } from './state/owned.ts';
import type { WriteAccess, WriteOptions } from './write-access.ts';

/** Saves states that come whole from a client. */
export interface JobSave {
  create(body: Uint8Array): Promise<Result<JobDocument>>;
  save(
    target: JobTarget,
    body: Uint8Array,
    options: WriteOptions,
  ): Promise<Result<JobDocument & { readonly created: boolean }>>;
}

export function createJobSave(
  { store, clock, writer, book }: LeaseParts,
  { access, control }: { access: WriteAccess; control: JobControl },
): JobSave {
  const locate = (key: string) => store.locate(key);

  function bodyState(body: Uint8Array, nonFiniteOf?: CheckpointState): Result<CheckpointState> {
    return requestedState(body, { now: clock.now(), nonFiniteOf });
  }

  async function create(body: Uint8Array): Promise<Result<JobDocument>> {
    const draft = bodyState(body);
    if (!draft.ok) return draft;
    const jobId = draft.value.job_id;
    const target = targetOf(jobId, '/job_id');
    if (!target.ok) return target;
    const saved = await writer.change(target.value.key, current => {
      if (current === null) return saving(draft.value);
      if (current.kind === 'corrupt') return fail({ code: 'job_exists', jobId });
      const taken = present(jobId, current, locate);
      return taken.ok ? fail({ code: 'job_exists', jobId }) : taken;
    });
    return saved.ok ? ok(documentOf(saved.value)) : saved;
  }

  async function save(
    target: JobTarget,
    body: Uint8Array,
    { expectation, token }: WriteOptions,
  ): Promise<Result<JobDocument & { created: boolean }>> {
    const { jobId } = target;
    const sent = bodyState(body);
    let created = false;
    const saved = await access.change(target, token, current => {
      const met = meets(jobId, current, expectation);
      const stored = current?.kind === 'job' ? current : null;
      // Only where the stored state cannot be shown in strict JSON must the text be read again.
      const state = stored?.nonFinite === true ? bodyState(body, stored.state) : sent;
      if (!state.ok) return state;
      if (state.value.job_id !== jobId) return foreignBody(jobId);
      if (!met.ok) return met;
      created = current === null;
      const before = stored?.state ?? null;
      return saving(afterChange(before, withAddedFields(state.value, before)));
    });
    if (!saved.ok) return saved;
    if (token !== null) await settleRequest(target, token, saved.value);
    return ok({ ...documentOf(saved.value), created });
  }

  /** A save that puts the job out of its holder's hands leaves what an operator had asked of him to be done. */
  async function settleRequest(
    target: JobTarget,
    token: PresentedToken,
    { state }: StoredJob,
  ): Promise<void> {
    if (namedLeaseOf(state) !== null) return;
    const over = isFinished(state.status) ? null : await book.end(token);
    const { requested = null, request_message: message = null } = over?.ok
      ? (over.value ?? {})
      : {};
    if (requested !== null) {
      await control.request(target, requested, { message, token: null, force: false });
    }
    await book.removeQuietly(token.leaseKey);
  }

  return { create, save };
}

function foreignBody(jobId: string): Result<never> {
  const reason = `The state is of another job: expected ${JSON.stringify(jobId)}`;
  return fail({ code: 'invalid', faults: [{ path: '/job_id', reason }] });
}
