import { fail, ok, type Result } from './failure.ts';
import { jobIdFault, jobKey } from './job-id.ts';

/** A job by its id, and where it is stored. */
export interface JobTarget {
  readonly key: string;
  readonly jobId: string;
}

/** The job of a legal id; `path` is where the id was given. */
export function targetOf(jobId: string, path: string): Result<JobTarget> {
  const fault = jobIdFault(jobId, path);
  if (fault !== null) return fail({ code: 'invalid', faults: [fault] });
  return ok({ key: jobKey(jobId), jobId });
}
