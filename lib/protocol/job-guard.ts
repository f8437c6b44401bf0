import type { Result } from '../failure.ts';
import type { StoredJob } from '../storage/stored-job.ts';
import type { DecisionInput } from './transact.ts';

/**
 * What the caller of a change requires of the job, as it is stored when the change is decided, and of its lease, which is not
 * always known yet: then it is asked again. Pure.
 */
export type JobGuard = (
  job: StoredJob,
  known: Pick<DecisionInput, 'holding' | 'now'>,
) => Result<null>;
