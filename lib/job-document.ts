import { shown } from './job-view.ts';
import type { Bytes, Version } from './store.ts';
import type { StoredJob } from './stored-job.ts';

/** A stored job as a reader gets it. */
export interface JobDocument {
  readonly version: Version;
  readonly jobId: string;
  /** UTF-8 JSON of the whole state, strict, in the layout of the files, without what proves a lease. */
  readonly body: Bytes;
}

export function documentOf(job: StoredJob): JobDocument {
  return { version: job.version, jobId: job.state.job_id, body: shown(job) };
}
