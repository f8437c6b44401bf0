import type { ObjectStore } from '../../../lib/store.ts';
import { lendSchema } from './lent-schemas.ts';
import { openShared } from './shared-client.ts';

/** In the place of the store in memory, where the suite runs on PostgreSQL: each store has a schema of its own. */
export function createMemoryStore(): ObjectStore {
  return openShared(lendSchema());
}
