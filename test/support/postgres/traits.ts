import type { StoreTraits } from '../../../lib/store.ts';

/** What the store of PostgreSQL promises. */
export const POSTGRES_TRAITS: StoreTraits = {
  name: 'postgres',
  compareAndSwap: true,
  sharedBetweenProcesses: true,
  durable: true,
  readAfterWrite: true,
  distinctVersions: true,
  conditionalDelete: true,
  labels: true,
};
