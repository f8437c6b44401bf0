import { systemClock } from '../../lib/base/clock.ts';
import { systemRandom } from '../../lib/base/random.ts';
import { JOB_ORDERING } from '../../lib/storage/job-summary.ts';
import { removeLeakedChunks } from '../../lib/stores/deno-kv/leaked-chunks.ts';
import { createDenoKvStore } from '../../lib/stores/deno-kv.ts';
import { type OpenedStore, openShared } from '../store/open-shared.ts';
import type { DenoConfig } from './config.ts';
import { openDatabaseIn, openDeployedDatabase } from './database.ts';
import { denoMachine } from './machine.ts';

/** The store of the settings. */
export interface DenoStore extends OpenedStore {
  /** Removes what killed writers left behind; to be called now and then. */
  readonly removeLeftovers: () => Promise<void>;
}

/** No upload takes so long: an older chunk belongs to a writer that died. */
const LEAKED_AFTER_MS = 60_000;
/** The platform may suspend a process between two requests. Then nobody answers on its connections any more. */
const LONGEST_IDLE_MS = 30_000;

/** Opens what `STORE` names, else Deno KV. Rejects where that can never serve; a database need not be there yet. */
export async function openDenoStore(
  { STORE: place, STATE_DIR }: DenoConfig,
  { isDeployed }: { readonly isDeployed: boolean },
): Promise<DenoStore> {
  if (place !== undefined) {
    const opened = await openShared(place, denoMachine(), { longestIdleMs: LONGEST_IDLE_MS });
    return { ...opened, removeLeftovers: async () => {} };
  }
  const { kv, changeCount } = await (isDeployed
    ? openDeployedDatabase()
    : openDatabaseIn(STATE_DIR));
  const now = () => systemClock.millis();
  return {
    store: createDenoKvStore({
      kv,
      random: systemRandom,
      now,
      changeCount,
      ordering: JOB_ORDERING,
    }),
    text: 'Deno KV',
    isToExamine: false,
    hasMachines: false,
    async removeLeftovers() {
      await removeLeakedChunks(kv, { olderThan: now() - LEAKED_AFTER_MS });
    },
  };
}
