import { resolve } from 'node:path';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { placeText, type StorePlace } from './store-place.ts';

export interface StoreSettings {
  /** The mode of new files. */
  readonly mode: number;
  /** Whether a folder may be on a file system that machines share. */
  readonly allowNetwork: boolean;
  /** Called where the index of the folder is not usable. */
  readonly rememberLabels: (reason: string) => void;
}

export interface OpenedStore {
  readonly store: ObjectStore;
  /** Where it is, for people: nothing secret. */
  readonly text: string;
  /** Whether servers of this kind differ in what they keep, so that the store is examined before it is used. */
  readonly isToExamine: boolean;
  /** Whether services of several machines may use it. */
  readonly hasMachines: boolean;
}

/** Opens the store of a place. Rejects where that can never serve; a database need not be there yet. */
export async function openStore(place: StorePlace, settings: StoreSettings): Promise<OpenedStore> {
  switch (place.kind) {
    case 'file': {
      const { createFileStore } = await import('../../../lib/stores/file.ts');
      const { directory } = place;
      const store = await createFileStore({
        directory,
        now: () => systemClock.millis(),
        random: () => systemRandom.fraction(),
        ...settings,
      });
      return { store, text: resolve(directory), isToExamine: false, hasMachines: false };
    }
    case 'memory': {
      const { createMemoryStore } = await import('../../../lib/stores/memory.ts');
      return {
        store: createMemoryStore(),
        text: placeText(place),
        isToExamine: false,
        hasMachines: false,
      };
    }
    case 'postgres': {
      // Only now: the driver takes a while to load.
      const { openPostgres } = await import('./open-postgres.ts');
      return {
        store: openPostgres(place),
        text: placeText(place),
        isToExamine: false,
        hasMachines: true,
      };
    }
    case 's3': {
      const { openS3 } = await import('./open-s3.ts');
      return { ...(await openS3(place)), isToExamine: true, hasMachines: true };
    }
    default:
      return place satisfies never;
  }
}
