import type { Result } from '../failure.ts';
import type { StoredJob } from './stored-job.ts';

/** What the caller of a change requires of the job, as it is stored when the change is decided. Pure. */
export type JobGuard = (job: StoredJob) => Result<null>;
