import { fail, ok, type Result } from './failure.ts';
import { createFinalMarks } from './final-marks.ts';
import type { JobControl, JobTarget } from './job-control.ts';
import { type Expectation, meets, present } from './job-expectation.ts';
import { jobIdFault, jobKey } from './job-id.ts';
import { createJobList, type JobListQuery, type JobPage } from './job-list.ts';
import type { StoredJob } from './job-reader.ts';
import { createJobRemoval } from './job-removal.ts';
import { shown, shownAsZombie } from './job-view.ts';
import { keeping, saving } from './job-writer.ts';
import { writeLayout } from './layout/writer.ts';
import { afterChange, isFinished } from './lease/job-handover.ts';
import { namedLeaseOf } from './lease/job-lease.ts';
import type { PresentedToken } from './lease/lease-token.ts';
import type { LeaseParts } from './lease-parts.ts';
import type { LostLeases } from './lost-lease.ts';
import { type Integer, integerText } from './schema/integer.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { requestedState } from './state/codec.ts';
import { changeTime, withAddedFields } from './state/owned.ts';
import { hasSheet, nextSheet, type Progress, progress } from './state/progress.ts';
import { isRepeated } from './state/repeated-mark.ts';
import { applyMark, type SheetMark } from './state/sheet-mark.ts';
import type { JobStatus } from './state/status.ts';
import type { Bytes, Version } from './store.ts';
import type { WriteAccess } from './write-access.ts';

/** A stored job as a reader gets it. */
export interface JobDocument {
  readonly version: Version;
  readonly jobId: string;
  /** UTF-8 JSON of the whole state, strict, in the layout of the files, without what proves a lease. */
  readonly body: Bytes;
}

/** A job as a load gives it. */
export interface LoadedDocument extends JobDocument {
  /** Whether it is shown otherwise than it is stored: as paused, because its holder is dead. */
  readonly zombie: boolean;
}

export interface MarkAnswer {
  readonly version: Version;
  readonly job_id: string;
  /** Of the job. */
  readonly status: JobStatus;
  readonly sheet: number;
  readonly next_sheet: Integer | null;
  readonly progress: Progress;
}

/** What a caller may say of himself and of the job he changes. */
export interface WriteOptions {
  readonly expectation: Expectation;
  /** The holder's. */
  readonly token: PresentedToken | null;
}

/**
 * The operations on jobs. While a job is leased its holder alone may change it: `lease_held` for who has
 * no token, `lease_lost` for who has another. Each rejects with a `StoreError` where the medium fails.
 */
export interface Jobs {
  /** Creates a job from a partial state. Failures: the body's, `job_exists`, `job_id_collision`. */
  create(body: Uint8Array): Promise<Result<JobDocument>>;
  /**
   * Writes nothing: a zombie is shown as it will be. Failures: `job_not_found`, `state_corrupt`,
   * `job_id_collision`, `invalid` for a bad id.
   */
  load(jobId: string): Promise<Result<LoadedDocument>>;
  /** Saves a whole state. Failures: those of `load`, the body's, `version_conflict`. */
  save(
    jobId: string,
    body: Uint8Array,
    options: WriteOptions,
  ): Promise<Result<JobDocument & { readonly created: boolean }>>;
  /** `force` takes a held job from its holder. */
  remove(jobId: string, options: WriteOptions & { readonly force: boolean }): Promise<Result<null>>;
  /** An unknown job has sheet 1 before it, as a new one will. */
  nextSheet(jobId: string): Promise<Result<{ nextSheet: Integer | null; version: Version | null }>>;
  /** The same call again by the same holder changes nothing. */
  mark(
    jobId: string,
    sheetNum: number,
    options: WriteOptions & { readonly mark: SheetMark },
  ): Promise<Result<MarkAnswer>>;
  /** Failures: `invalid` for a cursor that is none. */
  list(query: JobListQuery): Promise<Result<JobPage>>;
  /** Reads what the first list would have to read. */
  warm(): Promise<void>;
  /** Asks the store for an object that need not exist. The store's name, once it has answered. */
  probe(): Promise<string>;
}

export function createJobs(
  parts: LeaseParts,
  { access, control, lost }: { access: WriteAccess; control: JobControl; lost: LostLeases },
): Jobs {
  const { store, clock, reader, writer, book, holdings } = parts;
  const locate = (key: string) => store.locate(key);
  const list = createJobList({ store, reader });
  const removal = createJobRemoval(parts, lost);
  const finals = createFinalMarks<MarkAnswer>();

  function bodyState(body: Uint8Array, nonFiniteOf?: CheckpointState): Result<CheckpointState> {
    return requestedState(body, { now: clock.now(), nonFiniteOf });
  }

  async function create(body: Uint8Array): Promise<Result<JobDocument>> {
    const draft = bodyState(body);
    if (!draft.ok) return draft;
    const jobId = draft.value.job_id;
    const key = keyOf(jobId, '/job_id');
    if (!key.ok) return key;
    const saved = await writer.change(key.value, current => {
      if (current === null) return saving(draft.value);
      if (current.kind === 'corrupt') return fail({ code: 'job_exists', jobId });
      const taken = present(jobId, current, locate);
      return taken.ok ? fail({ code: 'job_exists', jobId }) : taken;
    });
    return saved.ok ? ok(documentOf(saved.value)) : saved;
  }

  async function load(jobId: string): Promise<Result<LoadedDocument>> {
    const key = keyOf(jobId, '{id}');
    if (!key.ok) return key;
    const loaded = present(jobId, await reader.load(key.value), locate);
    if (!loaded.ok) return loaded;
    const { version, body, held } = loaded.value;
    if (held === null || held.state.status !== 'running') {
      return ok({ version, jobId, body, zombie: false });
    }
    const holding = await holdings.of(held.state);
    if (holding.kind !== 'dead') return ok({ version, jobId, body, zombie: false });
    return ok({ version, jobId, body: shownAsZombie(held.state, holding.lease), zombie: true });
  }

  async function save(
    jobId: string,
    body: Uint8Array,
    { expectation, token }: WriteOptions,
  ): Promise<Result<JobDocument & { created: boolean }>> {
    const key = keyOf(jobId, '{id}');
    if (!key.ok) return key;
    const sent = bodyState(body);
    let created = false;
    const target = { key: key.value, jobId };
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

  async function mark(
    jobId: string,
    sheetNum: number,
    { mark: asked, expectation, token }: WriteOptions & { mark: SheetMark },
  ): Promise<Result<MarkAnswer>> {
    const key = keyOf(jobId, '{id}');
    if (!key.ok) return key;
    const call = token === null ? '' : `${sheetNum} ${writeLayout(asked, 'word')}`;
    const target = { key: key.value, jobId };
    const saved = await access.change(target, token, (current, caller, now) => {
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      const met = meets(jobId, current, expectation);
      if (!met.ok) return met;
      const { state } = job.value;
      if (!hasSheet(state, sheetNum)) return noSuchSheet(state);
      if (caller.kind === 'free')
        return saving(afterChange(state, applyMark(state, sheetNum, asked, now)));
      const since = caller.named.acquired_at;
      if (isRepeated(state, { sheetNum, mark: asked, since })) return keeping(job.value);
      // The time of the change is later than that of the grant, however close the two are.
      const marked = applyMark(state, sheetNum, asked, changeTime(state, now));
      return saving(afterChange(state, marked));
    });
    if (!saved.ok) {
      const known = token !== null && saved.failure.code === 'lease_lost';
      const recalled = known ? finals.recall(token, call) : null;
      return recalled === null ? saved : ok(recalled);
    }
    const answer = markAnswer(saved.value, sheetNum);
    if (token !== null && answer.status !== 'running') {
      finals.remember(token, call, answer);
      await book.removeQuietly(token.leaseKey);
    }
    return ok(answer);
  }

  return {
    create,
    load,
    save,
    mark,

    async remove(jobId, options) {
      const key = keyOf(jobId, '{id}');
      return key.ok ? removal.remove({ key: key.value, jobId }, options) : key;
    },

    async nextSheet(jobId) {
      const key = keyOf(jobId, '{id}');
      if (!key.ok) return key;
      const current = await reader.read(key.value);
      if (current === null) return ok({ nextSheet: 1, version: null });
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      return ok({ nextSheet: nextSheet(job.value.state), version: job.value.version });
    },

    warm: () => list.warm(),

    async probe() {
      await store.head(jobKey('probe'));
      return store.traits.name;
    },

    list: query => list.page(query),
  };
}

/** Where the job of a legal id is stored; `path` is where the id was given. */
function keyOf(jobId: string, path: string): Result<string> {
  const fault = jobIdFault(jobId, path);
  return fault === null ? ok(jobKey(jobId)) : fail({ code: 'invalid', faults: [fault] });
}

function documentOf(job: StoredJob): JobDocument {
  return { version: job.version, jobId: job.state.job_id, body: shown(job) };
}

function markAnswer({ version, state }: StoredJob, sheetNum: number): MarkAnswer {
  return {
    version,
    job_id: state.job_id,
    status: state.status,
    sheet: sheetNum,
    next_sheet: nextSheet(state),
    progress: progress(state),
  };
}

function foreignBody(jobId: string): Result<never> {
  const reason = `The state is of another job: expected ${JSON.stringify(jobId)}`;
  return fail({ code: 'invalid', faults: [{ path: '/job_id', reason }] });
}

function noSuchSheet(state: CheckpointState): Result<never> {
  const total = integerText(state.total_sheets);
  return fail({
    code: 'invalid',
    faults: [{ path: '{n}', reason: `The job has sheets 1 to ${total}` }],
  });
}
