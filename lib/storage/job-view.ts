import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { encodeState } from '../checkpoint/codec.ts';
import { pauseJob } from '../checkpoint/transitions.ts';
import { withoutProof } from '../lease/job-lease.ts';
import type { Lease } from '../lease/lease.ts';
import { recoveryMessage } from '../lease/transfer.ts';
import type { Bytes, Version } from '../store.ts';
import type { StoredJob } from './stored-job.ts';

/** What may be shown of a job: strict JSON without what proves the holder's right to it. */
export function shown({ state, text }: { state: CheckpointState; text: Bytes }): Bytes {
  const open = withoutProof(state);
  if (open === state) return text;
  const known = texts.get(state);
  if (known !== undefined) return known;
  const body = encodeState(open).strict;
  texts.set(state, body);
  return body;
}

/** Of jobs that are read again and again while they are held. */
const texts = new WeakMap<CheckpointState, Bytes>();

/** A job whose holder is dead, as nearly all are when they are recovered: paused, and saying why. */
export function shownAsZombie(state: CheckpointState, lease: Lease | null): Bytes {
  const open = withoutProof(state);
  return encodeState({ ...pauseJob(open), error_message: recoveryMessage(state, lease) }).strict;
}

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
