import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import type { CorruptionType } from '../failure.ts';
import type { Bytes, Version } from '../store.ts';

/** A job as it is stored, read and checked. */
export interface StoredJob {
  readonly kind: 'job';
  readonly version: Version;
  readonly state: CheckpointState;
  /** Strict JSON, the stored bytes themselves where those need no change. It may hold proofs: see `shown`. */
  readonly text: Bytes;
  /** Whether the state holds numbers that strict JSON cannot show. */
  readonly nonFinite: boolean;
}

/** An object under a job's key that is no checkpoint state of that job. */
export interface CorruptObject {
  readonly kind: 'corrupt';
  readonly version: Version;
  readonly errorType: CorruptionType;
  readonly detail: string;
  /** The last fencing number that can be made out in it, 0 where there is none: epochs never fall. */
  readonly epoch: number;
}
