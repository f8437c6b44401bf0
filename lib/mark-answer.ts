import type { Integer } from './schema/integer.ts';
import type { Progress } from './state/progress.ts';
import type { JobStatus } from './state/status.ts';
import type { Version } from './store.ts';

/** What a transition of a sheet is answered with. */
export interface MarkAnswer {
  readonly version: Version;
  readonly job_id: string;
  /** Of the job. */
  readonly status: JobStatus;
  readonly sheet: number;
  readonly next_sheet: Integer | null;
  readonly progress: Progress;
  /** The sheet's `attempt_count`. */
  readonly attempt: Integer;
  /** There where the update named an attempt that is over: it changed nothing. */
  readonly stale_attempt?: true;
}
