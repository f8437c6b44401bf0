import type { LeaseShardsLike, ShardAsk } from './ports.ts';

/** How the first shard is asked what it was made as. */
const QUESTION = { prefix: 'place/', after: '', tag: null, limit: 1 } as const;

/**
 * Before a shard is made: the first one must be of as many. Where it is not, the file with the number of shards is wrong, and a
 * shard that is made for it would take jobs that another one has. Rejects with what the first one says, or where it does not answer.
 */
export async function checkFirstShard(binding: LeaseShardsLike, ask: ShardAsk): Promise<void> {
  if (ask.number !== 0) await binding.getByName('shard-0').list({ ...ask, number: 0 }, QUESTION);
}
