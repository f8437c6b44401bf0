import { nextSheet } from '../checkpoint/progress.ts';
import { attemptOf } from '../checkpoint/sheet-attempt.ts';
import { ok, type Result } from '../failure.ts';
import { targetOf } from '../keys/job-id.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { createJobRemoval, type RemovalOptions } from '../protocol/remove.ts';
import { type CreateOptions, createJobSave } from '../protocol/save.ts';
import { createSheetUpdates, type UpdateOptions } from '../protocol/update.ts';
import type { WriteOptions } from '../protocol/write-access.ts';
import type { Integer } from '../schema/integer.ts';
import type { JobList, JobListQuery, JobPage } from '../storage/job-list.ts';
import type { JobDocument } from '../storage/job-view.ts';
import { shownAsZombie } from '../storage/job-view.ts';
import { present } from '../storage/precondition.ts';
import type { UpdateAnswer } from '../storage/update-answers.ts';
import type { Bytes, Version } from '../store.ts';

/** A job as a load gives it. */
export interface LoadedDocument extends JobDocument {
  /** Whether it is shown otherwise than it is stored: as paused, because its holder is dead. */
  readonly zombie: boolean;
}

/** Where a job goes on. */
export interface NextSheet {
  readonly nextSheet: Integer | null;
  /** At which that sheet is, 0 where it has never started; null where no sheet is next. */
  readonly attempt: Integer | null;
  /** Null where there is no such job. */
  readonly version: Version | null;
}

/**
 * The operations on jobs. While a job is leased its holder alone may change it: `lease_held` for who has
 * no token, `lease_lost` for who has another. Each rejects with a `StoreError` where the medium fails.
 */
export interface Jobs {
  /**
   * Creates a job from a partial state, if `allow` lets it have its id and status. The same call again, with the same
   * idempotency key within a day, gets the job as it stands. Failures: the body's, `job_exists`,
   * `job_id_collision`, `idempotency_key_reused`.
   */
  create(body: Bytes, options: CreateOptions): Promise<Result<JobDocument>>;
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
  remove(jobId: string, options: RemovalOptions): Promise<Result<null>>;
  /** An unknown job has sheet 1 before it, as a new one will. */
  nextSheet(jobId: string): Promise<Result<NextSheet>>;
  /** The same call again by the same holder changes nothing. */
  update(jobId: string, sheetNum: number, options: UpdateOptions): Promise<Result<UpdateAnswer>>;
  /** Failures: `invalid` for a cursor that is none. */
  list(query: JobListQuery): Promise<Result<JobPage>>;
  /** Reads what the first list would have to read. */
  warm(): Promise<void>;
}

export function createJobs(context: ProtocolContext, list: JobList): Jobs {
  const { store, reader, holdings } = context;
  const locate = (key: string) => store.locate(key);
  const saves = createJobSave(context);
  const updates = createSheetUpdates(context);
  const removal = createJobRemoval(context);

  async function load(jobId: string): Promise<Result<LoadedDocument>> {
    const target = targetOf(jobId, '{id}');
    if (!target.ok) return target;
    const loaded = present(jobId, await reader.load(target.value.key), locate);
    if (!loaded.ok) return loaded;
    const { version, body, held } = loaded.value;
    if (held === null || held.state.status !== 'running') {
      return ok({ version, jobId, body, zombie: false });
    }
    const holding = await holdings.of(held.state);
    if (holding.kind !== 'dead') return ok({ version, jobId, body, zombie: false });
    return ok({ version, jobId, body: shownAsZombie(held.state, holding.lease), zombie: true });
  }

  return {
    create: (body, options) => saves.create(body, options),
    load,

    async save(jobId, body, options) {
      const target = targetOf(jobId, '{id}');
      return target.ok ? saves.save(target.value, body, options) : target;
    },

    async update(jobId, sheetNum, options) {
      const target = targetOf(jobId, '{id}');
      return target.ok ? updates.update(target.value, sheetNum, options) : target;
    },

    async remove(jobId, options) {
      const target = targetOf(jobId, '{id}');
      return target.ok ? removal.remove(target.value, options) : target;
    },

    async nextSheet(jobId) {
      const target = targetOf(jobId, '{id}');
      if (!target.ok) return target;
      const current = await reader.read(target.value.key);
      if (current === null) return ok({ nextSheet: 1, attempt: 0, version: null });
      const job = present(jobId, current, locate);
      if (!job.ok) return job;
      const { state, version } = job.value;
      const next = nextSheet(state);
      const attempt = next === null ? null : attemptOf(state, next);
      return ok({ nextSheet: next, attempt, version });
    },

    warm: () => list.warm(),

    list: query => list.page(query),
  };
}
