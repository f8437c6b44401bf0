import type { ObjectStore } from '../../lib/store.ts';
import type { Machine } from './machine.ts';
import type { PostgresSettings } from './open-postgres.ts';
import { type SharedPlace, sharedPlaceText } from './store-url.ts';

export interface OpenedStore {
  readonly store: ObjectStore;
  /** Where it is, for people: nothing secret. */
  readonly text: string;
  /** Whether servers of this kind differ in what they keep, so that the store is examined before it is used. */
  readonly isToExamine: boolean;
  /** Whether services of several machines may use it. */
  readonly hasMachines: boolean;
}

/** What a runtime asks of the store besides what the URL says. */
export type SharedSettings = Pick<PostgresSettings, 'longestIdleMs'>;

/** Opens a store that machines may share. Rejects where it can never serve; a database need not be there yet. */
export async function openShared(
  place: SharedPlace,
  machine: Machine,
  settings: SharedSettings = {},
): Promise<OpenedStore> {
  switch (place.kind) {
    case 'postgres': {
      // Only now: the driver takes a while to load.
      const { openPostgres } = await import('./open-postgres.ts');
      const store = await openPostgres(place, { machine, ...settings });
      return { store, text: sharedPlaceText(place), isToExamine: false, hasMachines: true };
    }
    case 's3': {
      const { openS3 } = await import('./open-s3.ts');
      return { ...(await openS3(place, machine)), isToExamine: true, hasMachines: true };
    }
    default:
      return place satisfies never;
  }
}
