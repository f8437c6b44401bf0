import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { type JobTarget, jobKey } from '../../../lib/keys/job-id.ts';
import type { WriteOptions } from '../../../lib/protocol/write-access.ts';
import type { Jobs } from '../../../lib/service/jobs.ts';
import { createRepository, type Repository } from '../../../lib/service/service.ts';
import { createProcessMemory } from '../../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { createFileStore } from '../../../lib/stores/file.ts';

/** What the service has if nobody configures it. */
const CACHE_BYTES = 64 * 1024 * 1024;

export function openStore(
  directory: string,
  now = () => systemClock.millis(),
): Promise<ObjectStore> {
  return createFileStore({ directory, now, random: () => systemRandom.fraction() });
}

/** Whatever is stored, by nobody in particular. */
export const UNGUARDED: WriteOptions = { precondition: { kind: 'none' }, token: null };

export function openRepository(store: ObjectStore): Repository {
  return createRepository({
    store,
    clock: systemClock,
    random: systemRandom,
    memory: createProcessMemory({ cacheBytes: CACHE_BYTES }),
  });
}

export function openJobs(store: ObjectStore): Jobs {
  return openRepository(store).jobs;
}

/** The job of an id that is known to be legal. */
export function targetFor(jobId: string): JobTarget {
  return { jobId, key: jobKey(jobId) };
}

/** The value of a call that has no reason to fail here. */
export async function must<T>(
  call: Promise<{ ok: true; value: T } | { ok: false; failure: object }>,
): Promise<T> {
  const result = await call;
  if (!result.ok) throw new Error(`The bench was refused: ${JSON.stringify(result.failure)}`);
  return result.value;
}
