import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { StateText } from '../checkpoint/text/state-text.ts';
import type { CorruptionType } from '../failure.ts';
import type { Version } from '../store.ts';

/** A stored job, parsed and validated. */
export interface StoredJob {
  readonly kind: 'job';
  readonly version: Version;
  readonly state: CheckpointState;
  /** The size of the state as strict JSON. */
  readonly textBytes: number;
  /** The bytes that it takes in memory at most. */
  readonly memoryBytes: number;
  /**
   * Strict JSON: the stored text itself if it needs no change. Null while the text has secrets, as that of a leased
   * job has: `publicBody` then makes another one.
   */
  readonly text: StateText | null;
  /** Whether the state holds NaN or infinite numbers, which strict JSON cannot express. */
  readonly nonFinite: boolean;
  /** Only for a state that is not stored yet: how many bytes its text has at most. It is encoded when it is read. */
  readonly bytesAtMost?: number;
}

/** NaN has three bytes and -Infinity has nine where strict JSON has null. */
const NON_FINITE_FACTOR = 3;

/** How many bytes the stored text of a job has at most. */
export function maxBytesOf(job: StoredJob): number {
  // To read more than this member would encode a state that is not stored yet.
  if (job.bytesAtMost !== undefined) return job.bytesAtMost;
  return job.textBytes * (job.nonFinite ? NON_FINITE_FACTOR : 1);
}

/** An object under a job's key that is not a checkpoint state of that job. */
export interface CorruptObject {
  readonly kind: 'corrupt';
  readonly version: Version;
  readonly errorType: CorruptionType;
  readonly detail: string;
  /** The highest epoch found in its bytes, 0 if none is found. A repaired job must not fall below it. */
  readonly epoch: number;
}
