import { systemClock } from '../../lib/clock.ts';
import type { Jobs } from '../../lib/jobs.ts';
import { createMemory } from '../../lib/memory.ts';
import { systemRandom } from '../../lib/random.ts';
import { createRepository, type Repository } from '../../lib/repository.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createFileStore } from '../../lib/stores/file.ts';
import type { WriteOptions } from '../../lib/write-access.ts';

/** What the service has if nobody configures it. */
const CACHE_BYTES = 64 * 1024 * 1024;

export function openStore(
  directory: string,
  now = () => systemClock.millis(),
): Promise<ObjectStore> {
  return createFileStore({ directory, now, random: () => systemRandom.fraction() });
}

/** Whatever is stored, by nobody in particular. */
export const UNGUARDED: WriteOptions = { expectation: { kind: 'none' }, token: null };

export function openRepository(store: ObjectStore): Repository {
  return createRepository({
    store,
    clock: systemClock,
    random: systemRandom,
    memory: createMemory({ cacheBytes: CACHE_BYTES }),
  });
}

export function openJobs(store: ObjectStore): Jobs {
  return openRepository(store).jobs;
}

/** The value of a call that has no reason to fail here. */
export async function must<T>(
  call: Promise<{ ok: true; value: T } | { ok: false; failure: object }>,
): Promise<T> {
  const result = await call;
  if (!result.ok) throw new Error(`The bench was refused: ${JSON.stringify(result.failure)}`);
  return result.value;
}
