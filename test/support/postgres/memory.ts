import type { ObjectStore } from '../../../lib/store.ts';
import { nextSchema } from './open-store.ts';
import { openShared } from './shared-client.ts';

/** In the place of the store in memory, where the suite runs on PostgreSQL: each store has a schema. */
export function createMemoryStore(): ObjectStore {
  return openShared(nextSchema());
}
