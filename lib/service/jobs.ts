import { nextSheet } from '../checkpoint/progress.ts';
import { attemptOf } from '../checkpoint/sheet-attempt.ts';
import { ok, type Result } from '../failure.ts';
import type { JobTarget } from '../keys/job-id.ts';
import type { CountQuery, FilteredCount } from '../live/filtered-count.ts';
import type { Listing, ListView, LiveList } from '../live/live-list.ts';
import type { ProtocolContext } from '../protocol/context.ts';
import { createJobRemoval, type JobRemoval } from '../protocol/remove.ts';
import { createJobSave, type JobSave } from '../protocol/save.ts';
import { createSheetUpdates, type SheetUpdates } from '../protocol/update.ts';
import type { Integer } from '../schema/integer.ts';
import type { JobDocument } from '../storage/job-view.ts';
import { zombieBody } from '../storage/job-view.ts';
import type { JobList, JobListQuery, JobPage } from '../storage/lists/job-list.ts';
import { requireJob } from '../storage/precondition.ts';
import type { Version } from '../store.ts';

/** A job as `load` returns it. */
export interface LoadedDocument extends JobDocument {
  /** Whether it is shown as paused because its holder is dead, though the stored state says running. */
  readonly zombie: boolean;
}

/** Where a job continues. */
export interface NextSheet {
  readonly nextSheet: Integer | null;
  /** The attempt of that sheet, 0 where it has never started; null where no sheet is next. */
  readonly attempt: Integer | null;
  /** Null if the job does not exist. */
  readonly version: Version | null;
}

/**
 * The operations on jobs. While a job is leased only its holder may change it: without a token a change fails with
 * `lease_held`, with another token with `lease_lost`. Each rejects with a `StoreError` where the store fails.
 */
export interface Jobs extends JobSave, SheetUpdates, JobRemoval {
  /**
   * Writes nothing: a zombie is shown as it will be stored. Failures: `job_not_found`, `state_corrupt`,
   * `job_id_collision`.
   */
  load(target: JobTarget): Promise<Result<LoadedDocument>>;
  /** An unknown job has sheet 1 next, as a new job has. */
  nextSheet(target: JobTarget): Promise<Result<NextSheet>>;
  /** Failures: `invalid` for a cursor that is none. */
  list(query: JobListQuery): Promise<Result<JobPage>>;
  /** A list of which the caller may have the tag. */
  openList(query: JobListQuery, view: ListView): Promise<Listing>;
  /** Failures: `invalid` for a cursor that is none. */
  count(query: CountQuery): Promise<Result<FilteredCount>>;
  /** Reads in advance what the first list needs. */
  warm(): Promise<void>;
}

export function createJobs(
  context: ProtocolContext,
  { list, liveList }: { list: JobList; liveList: LiveList },
): Jobs {
  const { store, reader, holdings } = context;
  const locate = (key: string) => store.locate(key);

  async function load({ key, jobId }: JobTarget): Promise<Result<LoadedDocument>> {
    const loaded = requireJob(jobId, await reader.load(key), locate);
    if (!loaded.ok) return loaded;
    const { version, body, held } = loaded.value;
    if (held === null || held.state.status !== 'running') {
      return ok({ version, jobId, body, zombie: false });
    }
    const holding = await holdings.of(held.state);
    if (holding.kind !== 'dead') return ok({ version, jobId, body, zombie: false });
    return ok({ version, jobId, body: zombieBody(held.state, holding.lease), zombie: true });
  }

  return {
    ...createJobSave(context),
    ...createSheetUpdates(context),
    ...createJobRemoval(context),
    load,

    async nextSheet({ key, jobId }) {
      const current = await reader.read(key);
      if (current === null) return ok({ nextSheet: 1, attempt: 0, version: null });
      const job = requireJob(jobId, current, locate);
      if (!job.ok) return job;
      const { state, version } = job.value;
      const next = nextSheet(state);
      const attempt = next === null ? null : attemptOf(state, next);
      return ok({ nextSheet: next, attempt, version });
    },

    warm: () => list.warm(),

    list: query => liveList.list(query),

    count: query => liveList.count(query),

    openList: (query, view) => liveList.open(query, view),
  };
}
