import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { encodeState } from '../checkpoint/codec.ts';
import { pauseJob } from '../checkpoint/transitions.ts';
import { withoutProof } from '../lease/job-lease.ts';
import { keepProgress } from '../lease/kept-progress.ts';
import type { Lease } from '../lease/lease.ts';
import { recoveryMessage } from '../lease/recovery-message.ts';
import type { Bytes, Version } from '../store.ts';
import type { StoredJob } from './stored-job.ts';

/** The public text of a job: strict JSON without the digests of the lease token and of the idempotency key. */
export function publicBody({ state, text }: Pick<StoredJob, 'state' | 'text'>): Bytes {
  if (text !== null) return text.toBytes();
  const known = texts.get(state);
  if (known !== undefined) return known;
  const body = encodeState(withoutProof(state)).strict;
  texts.set(state, body);
  return body;
}

/** The public texts of leased jobs, which are often read again. */
const texts = new WeakMap<CheckpointState, Bytes>();

/** A job with an expired lease, as it will look after its recovery in most cases: paused, with the reason. */
export function zombieBody(state: CheckpointState, lease: Lease | null): Bytes {
  const open = withoutProof(keepProgress(state, lease));
  return encodeState({ ...pauseJob(open), error_message: recoveryMessage(state, lease) }).strict;
}

/** A stored job as a reader gets it. */
export interface JobDocument {
  readonly version: Version;
  readonly jobId: string;
  /** The public text of the whole state: UTF-8, strict JSON, in the layout of the files. */
  readonly body: Bytes;
}

export function documentOf(job: StoredJob): JobDocument {
  return {
    version: job.version,
    jobId: job.state.job_id,
    // A client may want the version alone.
    get body() {
      return publicBody(job);
    },
  };
}
