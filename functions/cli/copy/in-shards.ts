import { readMove } from '../../../lib/move/record.ts';
import type { ObjectStore } from '../../../lib/store.ts';
import { Refusal } from './refusal.ts';

/**
 * Throws a `Refusal` when the leases and hints of the jobs in this bucket are in Durable Objects. Those cannot be bound from another
 * machine, so a copy would be half of what there is.
 */
export async function requireAllInR2(bucket: Pick<ObjectStore, 'get'>): Promise<void> {
  const move = await readMove(bucket);
  if (move === null || (move.record.to === 'r2' && move.record.done_at_ms !== null)) return;
  throw new Refusal(
    'The leases and hints of this bucket are in Durable Objects, which its service alone can open: copy from or to service:<its URL>',
  );
}
