import { systemClock } from '../lib/clock.ts';
import { createMemory } from '../lib/memory.ts';
import { systemRandom } from '../lib/random.ts';
import { createRepository } from '../lib/repository.ts';
import { createScheduledSweep } from '../lib/scheduled-sweep.ts';
import type { KvLike } from '../lib/stores/deno-kv/kv-like.ts';
import { removeLeakedChunks } from '../lib/stores/deno-kv/leaked-chunks.ts';
import { createDenoKvStore } from '../lib/stores/deno-kv.ts';
import { createFetch } from './app.ts';
import type { DenoConfig } from './deno-config.ts';
import { DOCTOR_KEYS, examineAndLog } from './doctor-log.ts';
import { edgeAccess, warnOfNoTokens } from './edge-access.ts';
import { logBrokenSweep, logScheduled } from './sweep-log.ts';

/** The service on a KV. */
export interface DenoSite {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Recovers zombies, and removes what writers that died have left behind. Rejects where it breaks off. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

/** Nothing on Deno counts what a call does. */
const BUDGET = {
  operations: Number.POSITIVE_INFINITY,
  bodyBytes: Number.POSITIVE_INFINITY,
  leases: 50_000,
  jobs: 1_000,
  lanes: 6,
};
const NOTHING_SPENT = { operations: 0, bodyBytes: 0 };

/** No upload takes so long: what is older was left behind by a writer that died. */
const LEAKED_AFTER_MS = 60_000;

export async function openDenoSite(kv: KvLike, config: DenoConfig): Promise<DenoSite> {
  const store = createDenoKvStore({ kv, random: systemRandom, now: () => systemClock.millis() });
  const repository = createRepository({
    store,
    clock: systemClock,
    random: systemRandom,
    memory: createMemory({ cacheBytes: config.CACHE_BYTES }),
  });
  warnOfNoTokens(config);
  if (config.DEVELOPMENT) await examineAndLog(repository.doctor);
  const parts = { ...repository, store, budget: BUDGET, spending: NOTHING_SPENT };
  const scheduled = createScheduledSweep(parts);
  return {
    fetch: createFetch({
      ...repository,
      bodyLimitBytes: config.MAX_BODY_BYTES,
      // Its settings allow development on a loopback address alone.
      access: edgeAccess(config, () => true),
      doctorKeys: DOCTOR_KEYS,
    }),
    async sweep() {
      try {
        logScheduled(await scheduled.run(), NOTHING_SPENT);
        await removeLeakedChunks(kv, { olderThan: systemClock.millis() - LEAKED_AFTER_MS });
      } catch (error) {
        logBrokenSweep(error);
        throw error;
      }
    },
    close: () => store.close(),
  };
}
