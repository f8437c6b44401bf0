import { systemClock } from '../../lib/clock.ts';
import { createJobs, type Jobs } from '../../lib/jobs.ts';
import { systemRandom } from '../../lib/random.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createFileStore } from '../../lib/stores/file.ts';

/** What the service has if nobody configures it. */
const CACHE_BYTES = 64 * 1024 * 1024;

export function openStore(
  directory: string,
  now = () => systemClock.millis(),
): Promise<ObjectStore> {
  return createFileStore({ directory, now, random: () => systemRandom.fraction() });
}

export function openJobs(store: ObjectStore): Jobs {
  return createJobs({ store, clock: systemClock, random: systemRandom, cacheBytes: CACHE_BYTES });
}

/** The value of a call that has no reason to fail here. */
export async function must<T>(
  call: Promise<{ ok: true; value: T } | { ok: false; failure: object }>,
): Promise<T> {
  const result = await call;
  if (!result.ok) throw new Error(`The bench was refused: ${JSON.stringify(result.failure)}`);
  return result.value;
}
