import { resolve } from 'node:path';
import { systemClock } from '../../../lib/base/clock.ts';
import { systemRandom } from '../../../lib/base/random.ts';
import { type OpenedStore, openShared } from '../../store/open-shared.ts';
import { nodeMachine } from './machine.ts';
import { placeText, type StorePlace } from './store-place.ts';

export interface StoreSettings {
  /** The mode of new files. */
  readonly mode: number;
  /** Whether a folder may be on a file system that machines share. */
  readonly allowNetwork: boolean;
  /** Called where the index of the folder is not usable. */
  readonly rememberLabels: (reason: string) => void;
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
    case 'postgres':
    case 's3':
      return openShared(place, nodeMachine());
    default:
      return place satisfies never;
  }
}
