import { sameBytes } from '../base/bytes.ts';
import type { Clock } from '../base/clock.ts';
import { createConcurrency } from '../base/concurrently.ts';
import { ownText } from '../base/own-text.ts';
import { stateOfChecked } from '../checkpoint/checked-text.ts';
import type { CheckpointState } from '../checkpoint/checkpoint.ts';
import { decodeStateInTurns, type StateTexts, textsOf } from '../checkpoint/codec.ts';
import { settle } from '../checkpoint/settle.ts';
import { knownSlices, type SheetSlices } from '../checkpoint/sliced-sheets.ts';
import { prepareToWrite } from '../checkpoint/write.ts';
import { type CorruptionType, describeFault, type Fault, shorten } from '../failure.ts';
import { jobIdFault, safeName, safeNameOf } from '../keys/job-id.ts';
import { hasProof, namedLeaseOf } from '../lease/job-lease.ts';
import type { Bytes, ObjectStore, StoredObject, Version } from '../store.ts';
import { highestEpochIn } from './corrupt-epoch.ts';
import type { JobCache } from './job-cache.ts';
import { publicBody } from './job-view.ts';
import type { CorruptObject, StoredJob } from './stored-job.ts';

/** The answer to a load. */
export interface LoadedJob extends Pick<StoredJob, 'kind' | 'version'> {
  readonly jobId: string;
  readonly body: Bytes;
  /** The whole job if it is leased, else null. The caller must check whether the lease still runs. */
  readonly held: StoredJob | null;
}

export type InspectedJob = Pick<StoredJob, 'kind' | 'version' | 'state'>;

export interface JobReader {
  /** The object that is stored under the key now, or null. Costs one `head` if it is cached, else one `get`. */
  read(key: string): Promise<StoredJob | CorruptObject | null>;
  /** The job as this process has read or written it last, if it is cached. Another process may have changed it since. */
  known(key: string): StoredJob | null;
  /** Like `read`, for the answer alone: stored bytes that need no change are not parsed. */
  load(key: string): Promise<LoadedJob | CorruptObject | null>;
  /** Parses an object that has already been read, without the text that an answer needs. */
  inspect(key: string, object: StoredObject): Promise<InspectedJob | CorruptObject>;
  /** Caches a state that was just written. */
  written(key: string, version: Version, state: CheckpointState, texts: StateTexts): StoredJob;
  /**
   * The sheets of the job as far as they are known, whether they are still stored or not. A job that is not in the cache any
   * more, but whose text was checked, is read: then it is the result, too.
   */
  recall(key: string): Promise<{ readonly sheets: SheetSlices; readonly job: StoredJob | null }>;
  forget(key: string): void;
}

/** The detail of a corrupt object stays in memory, so it lists no more faults than this. */
const MAX_DETAILED = 10;

/** Each read may hold a body of megabytes, and a multiple of that while it is parsed. */
const READS_AT_ONCE = 4;

const MEMORY_PER_JOB = 4096;

/**
 * Reads jobs through a bounded cache. Other processes may write: the version in the store shows whether the cached
 * job is still current. A job is parsed once for each version, not once for each read: of one that the cache had no room
 * for, the version stays known, and then only what is around its sheets is parsed.
 */
export function createJobReader(options: {
  store: ObjectStore;
  clock: Clock;
  cache: JobCache;
}): JobReader {
  const { store, clock } = options;
  const { jobs: cache, checked, corrupt: corruption } = options.cache;
  const reading = createConcurrency(READS_AT_ONCE);

  async function cached(key: string): Promise<StoredJob | CorruptObject | null> {
    const known = cache.get(key) ?? corruption.get(key);
    return known !== undefined && (await store.head(key)) === known.version ? known : null;
  }

  async function load(key: string): Promise<LoadedJob | CorruptObject | null> {
    const known = await cached(key);
    if (known !== null) return known.kind === 'job' ? loaded(known) : known;
    return reading.run(async () => {
      const object = await store.get(key);
      if (object === null) return null;
      const { version, body } = object;
      const text = checked.get(key);
      if (text?.version === version && text.isAnswer) {
        return { kind: 'job', version, body, jobId: text.jobId, held: null };
      }
      const job = await parseAndCache(key, object);
      return job.kind === 'job' ? loaded(job) : job;
    });
  }

  async function read(key: string): Promise<StoredJob | CorruptObject | null> {
    const known = await cached(key);
    if (known !== null) return known;
    return reading.run(async () => {
      const object = await store.get(key);
      return object === null ? null : parseAndCache(key, object);
    });
  }

  async function parseAndCache(
    key: string,
    object: StoredObject,
  ): Promise<StoredJob | CorruptObject> {
    const { version, body } = object;
    if (checked.get(key)?.version === version) {
      const state = stateOfChecked(body);
      if (state !== null) {
        const job = withText({ kind: 'job', version, state }, textsOf(state));
        cache.set(ownText(key), job);
        return job;
      }
    }
    const inspected = await inspect(key, object);
    if (inspected.kind === 'corrupt') return inspected;
    await prepareToWrite(inspected.state);
    const texts = textsOf(inspected.state);
    const job = withText(inspected, texts);
    remember(key, job, isFinite(texts) && sameBytes(texts.file.toBytes(), body));
    return job;
  }

  /** `isChecked`: its stored bytes are those that its state is written as. */
  function remember(key: string, job: StoredJob, isChecked: boolean): void {
    cache.set(ownText(key), job);
    if (!isChecked) return;
    checked.set(ownText(key), {
      version: ownText(job.version),
      jobId: ownText(job.state.job_id),
      isAnswer: job.text !== null,
    });
  }

  async function inspect(key: string, object: StoredObject): Promise<InspectedJob | CorruptObject> {
    const { version } = object;
    const known = cache.peek(key) ?? corruption.peek(key);
    if (known?.version === version) return known;
    const inspected = await decode(object, key);
    if (inspected.kind === 'corrupt') corruption.set(ownText(key), inspected);
    return inspected;
  }

  async function decode(object: StoredObject, key: string): Promise<InspectedJob | CorruptObject> {
    const { version } = object;
    const now = clock.now();
    const decoded = await decodeStateInTurns(object.body, { source: 'file', now });
    if (!decoded.ok) {
      const detail = decoded.faults.slice(0, MAX_DETAILED).map(faultText).join('; ');
      return corrupt(object, decoded.errorType, detail);
    }
    const state = decoded.value;
    const fault = jobIdFault(state.job_id, '/job_id') ?? nameFault(state.job_id, key);
    if (fault === null) return { kind: 'job', version, state };
    return corrupt(object, 'validation', faultText(fault));
  }

  return {
    read,
    known: key => cache.get(key) ?? null,
    load,
    inspect,
    written(key, version, state, texts) {
      const job = withText({ kind: 'job', version, state }, texts);
      // A load normalizes a state that a transition left unsettled, so such a state is not cached.
      if (settle(state, state.updated_at) === state) remember(key, job, isFinite(texts));
      else cache.delete(key);
      return job;
    },
    async recall(key) {
      const known = cache.peek(key);
      if (known !== undefined) return { sheets: knownSlices(known.state.sheets), job: null };
      const job = checked.has(key) ? await read(key) : null;
      if (job?.kind !== 'job') return { sheets: NONE, job: null };
      return { sheets: knownSlices(job.state.sheets), job };
    },
    forget(key) {
      cache.delete(key);
      checked.delete(key);
      corruption.delete(key);
    },
  };
}

const NONE: SheetSlices = new Map();

function loaded(job: StoredJob): LoadedJob {
  const { kind, version, state } = job;
  const held = namedLeaseOf(state) === null ? null : job;
  return { kind, version, jobId: state.job_id, body: publicBody(job), held };
}

/** Whether the state has no NaN and no infinity. */
function isFinite({ file, strict }: StateTexts): boolean {
  return file === strict;
}

function withText(inspected: InspectedJob, { strict, file }: StateTexts): StoredJob {
  const nonFinite = strict !== file;
  return {
    ...inspected,
    textBytes: strict.byteLength,
    memoryBytes: file.memoryBytes + (nonFinite ? strict.byteLength : 0) + MEMORY_PER_JOB,
    text: hasProof(inspected.state) ? null : strict,
    nonFinite,
  };
}

function corrupt(
  { version, body }: StoredObject,
  errorType: CorruptionType,
  detail: string,
): CorruptObject {
  return {
    kind: 'corrupt',
    version,
    errorType,
    detail: ownText(detail),
    epoch: highestEpochIn(body),
  };
}

function nameFault(jobId: string, key: string): Fault | null {
  if (safeName(jobId) === safeNameOf(key)) return null;
  return { path: '/job_id', reason: 'The job id does not belong to the name of the object' };
}

function faultText(fault: Fault): string {
  return shorten(describeFault(fault));
}
