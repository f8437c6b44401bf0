import type { Clock } from './clock.ts';
import { fail, ok, type Result } from './failure.ts';
import { type Expectation, meets, present } from './job-expectation.ts';
import { jobIdFault, jobKey } from './job-id.ts';
import { createJobList, type JobListQuery, type JobPage } from './job-list.ts';
import { createJobReader, type StoredJob } from './job-reader.ts';
import { createJobWriter } from './job-writer.ts';
import type { Random } from './random.ts';
import { type Integer, integerText } from './schema/integer.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { requestedState } from './state/codec.ts';
import { withAddedFields } from './state/owned.ts';
import { hasSheet, nextSheet, type Progress, progress } from './state/progress.ts';
import { applyMark, type SheetMark } from './state/sheet-mark.ts';
import type { JobStatus } from './state/status.ts';
import type { Bytes, ObjectStore, Version } from './store.ts';

/** A stored job as a reader gets it. */
export interface JobDocument {
  readonly version: Version;
  readonly jobId: string;
  /** UTF-8 JSON of the whole state, strict, in the layout of the files. */
  readonly body: Bytes;
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

/** The operations on jobs. Each rejects with a `StoreError` where the medium fails. */
export interface Jobs {
  /** Creates a job from a partial state. Failures: the body's, `job_exists`, `job_id_collision`. */
  create(body: Uint8Array): Promise<Result<JobDocument>>;
  /** Failures: `job_not_found`, `state_corrupt`, `job_id_collision`, `invalid` for a bad id. */
  load(jobId: string): Promise<Result<JobDocument>>;
  /** Saves a whole state. Failures: those of `load`, the body's, `version_conflict`. */
  save(
    jobId: string,
    body: Uint8Array,
    expectation: Expectation,
  ): Promise<Result<JobDocument & { readonly created: boolean }>>;
  remove(jobId: string, expectation: Expectation): Promise<Result<null>>;
  /** An unknown job has sheet 1 before it, as a new one will. */
  nextSheet(jobId: string): Promise<Result<{ nextSheet: Integer | null; version: Version | null }>>;
  mark(
    jobId: string,
    sheetNum: number,
    mark: SheetMark,
    expectation: Expectation,
  ): Promise<Result<MarkAnswer>>;
  /** Failures: `invalid` for a cursor that is none. */
  list(query: JobListQuery): Promise<Result<JobPage>>;
  /** Reads what the first list would have to read. */
  warm(): Promise<void>;
  /** Asks the store for an object that need not exist. The store's name, once it has answered. */
  probe(): Promise<string>;
}

export interface JobsOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly random: Random;
  /** How much memory parsed jobs may take. */
  readonly cacheBytes: number;
}

const LONGEST_BACK_OFF_MS = 50;

export function createJobs({ store, clock, random, cacheBytes }: JobsOptions): Jobs {
  const reader = createJobReader({ store, clock, cacheBytes });
  const writer = createJobWriter({ store, reader, clock, backOff });
  const locate = (key: string) => store.locate(key);
  const list = createJobList({ store, reader });

  function backOff(attempt: number): Promise<void> {
    const milliseconds = random.fraction() * Math.min(2 ** attempt, LONGEST_BACK_OFF_MS);
    return new Promise(resolve => setTimeout(resolve, milliseconds));
  }

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
      if (current === null) return ok(draft.value);
      if (current.kind === 'corrupt') return fail({ code: 'job_exists', jobId });
      const taken = present(jobId, current, locate);
      return taken.ok ? fail({ code: 'job_exists', jobId }) : taken;
    });
    return saved.ok ? ok(documentOf(saved.value)) : saved;
  }

  async function load(jobId: string): Promise<Result<JobDocument>> {
    const key = keyOf(jobId, '{id}');
    if (!key.ok) return key;
    return present(jobId, await reader.load(key.value), locate);
  }

  async function save(
    jobId: string,
    body: Uint8Array,
    expectation: Expectation,
  ): Promise<Result<JobDocument & { created: boolean }>> {
    const key = keyOf(jobId, '{id}');
    if (!key.ok) return key;
    const sent = bodyState(body);
    let created = false;
    const saved = await writer.change(key.value, current => {
      const met = meets(jobId, current, expectation);
      const stored = current?.kind === 'job' ? current : null;
      // Only where the stored state cannot be shown in strict JSON must the text be read again.
      const state = stored?.nonFinite === true ? bodyState(body, stored.state) : sent;
      if (!state.ok) return state;
      if (state.value.job_id !== jobId) return foreignBody(jobId);
      if (!met.ok) return met;
      created = current === null;
      return ok(withAddedFields(state.value, stored?.state ?? null));
    });
    return saved.ok ? ok({ ...documentOf(saved.value), created }) : saved;
  }

  async function remove(jobId: string, expectation: Expectation): Promise<Result<null>> {
    const key = keyOf(jobId, '{id}');
    if (!key.ok) return key;
    return writer.remove(key.value, current => {
      if (current === null) return fail({ code: 'job_not_found', jobId });
      return meets(jobId, current, expectation);
    });
  }

  return {
    create,
    load,
    save,
    remove,

    async nextSheet(jobId) {
      const key = keyOf(jobId, '{id}');
      if (!key.ok) return key;
      const current = await reader.read(key.value);
      if (current === null) return ok({ nextSheet: 1, version: null });
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      return ok({ nextSheet: nextSheet(job.value.state), version: job.value.version });
    },

    async mark(jobId, sheetNum, mark, expectation) {
      const key = keyOf(jobId, '{id}');
      if (!key.ok) return key;
      const saved = await writer.change(key.value, current => {
        const job = present(jobId, current, locate);
        if (!job.ok) return job;
        const met = meets(jobId, current, expectation);
        if (!met.ok) return met;
        const { state } = job.value;
        if (!hasSheet(state, sheetNum)) return noSuchSheet(state);
        return ok(applyMark(state, sheetNum, mark, clock.now()));
      });
      if (!saved.ok) return saved;
      const { state } = saved.value;
      return ok({
        version: saved.value.version,
        job_id: state.job_id,
        status: state.status,
        sheet: sheetNum,
        next_sheet: nextSheet(state),
        progress: progress(state),
      });
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
  return { version: job.version, jobId: job.state.job_id, body: job.body };
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
