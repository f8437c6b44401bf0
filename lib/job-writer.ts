import type { Clock } from './clock.ts';
import { fail, ok, type Result } from './failure.ts';
import type { CorruptObject, JobReader, StoredJob } from './job-reader.ts';
import { createKeyedQueue } from './keyed-queue.ts';
import type { CheckpointState } from './state/checkpoint.ts';
import { encodeState } from './state/codec.ts';
import { stamp } from './state/owned.ts';
import { ABSENT, atVersion, type ObjectStore, type Precondition } from './store.ts';

/** What is stored under the key, as the decision is to take it. */
export type Current = StoredJob | CorruptObject | null;

export interface JobWriter {
  /**
   * Reads, decides, and writes by compare-and-swap; where another writer was faster it decides
   * again on what that one left. `decide` is pure and may be called several times.
   */
  change(
    key: string,
    decide: (current: Current) => Result<CheckpointState>,
  ): Promise<Result<StoredJob>>;
  /** Removes what is stored, if `allow` lets it go. Absence is for `allow` to refuse. */
  remove(key: string, allow: (current: Current) => Result<null>): Promise<Result<null>>;
}

/** Racing processes give way to each other; beyond this many lost races something else is wrong. */
const MAX_ATTEMPTS = 50;

/** The one place that does compare-and-swap. */
export function createJobWriter(options: {
  store: ObjectStore;
  reader: JobReader;
  clock: Clock;
  /** Waits before another attempt, longer and with jitter as they grow in number. */
  backOff(attempt: number): Promise<void>;
}): JobWriter {
  const { store, reader, clock } = options;
  // Writers of this process take turns, so that they only ever race those of other processes.
  const queue = createKeyedQueue();

  async function attempts<T>(once: () => Promise<Result<T> | 'lost'>): Promise<Result<T>> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const outcome = await once();
      if (outcome !== 'lost') return outcome;
      await options.backOff(attempt);
    }
    return fail({ code: 'store_unavailable', retryAfterSeconds: 1 });
  }

  async function changeOnce(
    key: string,
    decide: (current: Current) => Result<CheckpointState>,
  ): Promise<Result<StoredJob> | 'lost'> {
    const current = await reader.read(key);
    const decided = decide(current);
    if (!decided.ok) return decided;
    const before = current?.kind === 'job' ? current.state : null;
    const state = stamp(decided.value, before, clock.now());
    const encoded = encodeState(state);
    const version = await store.put(key, encoded.file, expectation(current));
    return version === null ? 'lost' : ok(reader.written(key, version, state, encoded));
  }

  async function removeOnce(
    key: string,
    allow: (current: Current) => Result<null>,
  ): Promise<Result<null> | 'lost'> {
    const current = await reader.read(key);
    const allowed = allow(current);
    if (!allowed.ok) return allowed;
    const outcome = await store.delete(key, expectation(current));
    if (outcome === 'refused') return 'lost';
    reader.forget(key);
    return ok(null);
  }

  return {
    change: (key, decide) => queue.run(key, () => attempts(() => changeOnce(key, decide))),
    remove: (key, allow) => queue.run(key, () => attempts(() => removeOnce(key, allow))),
  };
}

function expectation(current: Current): Precondition {
  return current === null ? ABSENT : atVersion(current.version);
}
