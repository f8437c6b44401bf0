import { unreachable } from '../base/unreachable.ts';
import { type Failure, fail, ok, type Result } from '../failure.ts';
import { jobKey } from '../keys/job-id.ts';
import type { LoadedJob } from './job-reader.ts';
import type { Current } from './job-writer.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** The stored job that a caller requires for a change. */
export type JobPrecondition =
  | { readonly kind: 'none' }
  /** `If-None-Match: *`: no job is stored. */
  | { readonly kind: 'absent' }
  /** `If-Match: *`: any job, even with a corrupt state. */
  | { readonly kind: 'any' }
  /** `If-Match: "v", "w"`: one of these versions. */
  | { readonly kind: 'versions'; readonly versions: readonly string[] };

/**
 * The stored job if it is readable and has this id. `locate` returns where a key is stored. Failures:
 * `job_not_found`, `state_corrupt`, `job_id_collision`.
 */
export function requireJob<T extends StoredJob | LoadedJob>(
  jobId: string,
  current: T | CorruptObject | null,
  locate: (key: string) => string,
): Result<T> {
  if (current === null) return fail({ code: 'job_not_found', jobId });
  if (current.kind === 'corrupt') return fail(corruption(jobId, current, locate));
  return ownerFailure(jobId, current) ?? ok(current);
}

/** Checks a caller's precondition. Failures: `version_conflict`, `job_id_collision` for a job of another id. */
export function checkPrecondition(
  jobId: string,
  current: Current,
  precondition: JobPrecondition,
): Result<null> {
  const owner = ownerFailure(jobId, current);
  if (owner !== null) return owner;
  return holds(current, precondition)
    ? ok(null)
    : fail({ code: 'version_conflict', jobId, current: current?.version ?? null });
}

function holds(current: Current, precondition: JobPrecondition): boolean {
  switch (precondition.kind) {
    case 'none':
      return true;
    case 'absent':
      return current === null;
    case 'any':
      return current !== null;
    case 'versions':
      return current !== null && precondition.versions.includes(current.version);
    default:
      return unreachable(precondition);
  }
}

function ownerFailure(jobId: string, current: Current | LoadedJob): ReturnType<typeof fail> | null {
  if (current?.kind !== 'job') return null;
  const storedJobId = 'jobId' in current ? current.jobId : current.state.job_id;
  return storedJobId === jobId
    ? null
    : fail({ code: 'job_id_collision', jobId, otherJobId: storedJobId });
}

function corruption(
  jobId: string,
  object: CorruptObject,
  locate: (key: string) => string,
): Failure {
  const { errorType, detail } = object;
  return { code: 'state_corrupt', jobId, path: locate(jobKey(jobId)), errorType, detail };
}
