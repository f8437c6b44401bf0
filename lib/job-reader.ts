import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';
import type { CorruptionType, Fault } from './failure.ts';
import { safeName, safeNameOf } from './job-id.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { decodeState, type EncodedState, encodeState } from './state/codec.ts';
import { settle } from './state/settle.ts';
import type { Bytes, ObjectStore, StoredObject, Version } from './store.ts';

/** A job as it is stored, read and checked. */
export interface StoredJob {
  readonly kind: 'job';
  readonly version: Version;
  readonly state: CheckpointState;
  /** What a load answers: strict JSON. The stored bytes themselves where those need no change. */
  readonly body: Bytes;
  /** Whether the state holds numbers that strict JSON cannot show. */
  readonly nonFinite: boolean;
}

export type InspectedJob = Pick<StoredJob, 'kind' | 'version' | 'state'>;

/** An object under a job's key that is no checkpoint state of that job. */
export interface CorruptObject {
  readonly kind: 'corrupt';
  readonly version: Version;
  readonly errorType: CorruptionType;
  readonly detail: string;
}

export interface JobReader {
  /** What is stored under the key now, or null. Costs one `head` where it has been read before. */
  read(key: string): Promise<StoredJob | CorruptObject | null>;
  /** The state in an object that was read already, without what only an answer needs. */
  inspect(key: string, object: StoredObject): InspectedJob | CorruptObject;
  /** Takes note of a state that was just written. */
  written(key: string, version: Version, state: CheckpointState, encoded: EncodedState): StoredJob;
  forget(key: string): void;
}

/** Rough memory of a decoded state for each byte of its text, the text included. */
const MEMORY_PER_BYTE = 6;
const MEMORY_PER_JOB = 2048;

/**
 * Reads jobs through a bounded cache. The store's version tells whether what is cached is still
 * what is stored, so other processes may write: a job is parsed once a version, not once a read.
 */
export function createJobReader(options: {
  store: ObjectStore;
  clock: Clock;
  cacheBytes: number;
}): JobReader {
  const { store, clock } = options;
  const cache = new LRUCache<string, StoredJob>({
    maxSize: options.cacheBytes,
    sizeCalculation: job => job.body.byteLength * MEMORY_PER_BYTE + MEMORY_PER_JOB,
  });

  async function read(key: string): Promise<StoredJob | CorruptObject | null> {
    const known = cache.get(key);
    if (known !== undefined && (await store.head(key)) === known.version) return known;
    const object = await store.get(key);
    if (object === null) return null;
    const inspected = inspect(key, object);
    if (inspected.kind === 'corrupt') return inspected;
    const job = withBody(inspected, object.body);
    cache.set(key, job);
    return job;
  }

  function inspect(key: string, object: StoredObject): InspectedJob | CorruptObject {
    const { version } = object;
    const known = cache.peek(key);
    if (known?.version === version) return known;
    const decoded = decodeState(object.body, { source: 'file', now: clock.now() });
    if (!decoded.ok) {
      const detail = decoded.faults.map(describeFault).join('; ');
      return { kind: 'corrupt', version, errorType: decoded.errorType, detail };
    }
    const state = decoded.value;
    if (safeName(state.job_id) === safeNameOf(key)) return { kind: 'job', version, state };
    const detail = '/job_id: The job id does not belong to the name of the object';
    return { kind: 'corrupt', version, errorType: 'validation', detail };
  }

  return {
    read,
    inspect,
    written(key, version, state, encoded) {
      const nonFinite = encoded.strict !== encoded.file;
      const job: StoredJob = { kind: 'job', version, state, body: encoded.strict, nonFinite };
      // A load settles what a transition leaves open, so such a state is read back before it is used.
      if (settle(state, state.updated_at) === state) cache.set(key, job);
      else cache.delete(key);
      return job;
    },
    forget(key) {
      cache.delete(key);
    },
  };
}

function withBody(inspected: InspectedJob, stored: Bytes): StoredJob {
  const encoded = encodeState(inspected.state);
  const body = sameBytes(encoded.strict, stored) ? stored : encoded.strict;
  return { ...inspected, body, nonFinite: encoded.strict !== encoded.file };
}

function describeFault(fault: Fault): string {
  return fault.path === '' ? fault.reason : `${fault.path}: ${fault.reason}`;
}

export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.byteLength !== right.byteLength) return false;
  for (let index = 0; index < left.byteLength; index++) {
    if (left[index] !== right[index]) return false;
  }
  return true;
}
