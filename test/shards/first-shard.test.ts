import { describe, expect, it } from 'vitest';
import { checkFirstShard } from '../../functions/cloudflare/shards/first-shard.ts';
import {
  type LeaseShardsLike,
  refusalOf,
  SHARD_PROTOCOL,
  type ShardAsk,
  type ShardCalls,
} from '../../functions/cloudflare/shards/ports.ts';

/** The first shard, made for eight. */
function openFirst() {
  const asked: string[] = [];
  const list = async (ask: ShardAsk) => {
    const refusal = refusalOf(ask, { number: 0, of: 8 });
    if (refusal !== null) throw new Error(refusal);
    return { value: { entries: [], next: null }, interruptedAtMs: null };
  };
  const binding: LeaseShardsLike = {
    getByName(name) {
      asked.push(name);
      return { list } as unknown as ShardCalls;
    },
  };
  const check = (number: number, of: number) =>
    checkFirstShard(binding, { protocol: SHARD_PROTOCOL, number, of });
  return { asked, check };
}

describe('checkFirstShard()', () => {
  it('lets a shard be made that is one of as many', async () => {
    const { asked, check } = openFirst();
    await check(5, 8);
    expect(asked).toEqual(['shard-0']);
  });

  it('refuses a shard that never was, where the file with the number says more', async () => {
    const { check } = openFirst();
    await expect(check(12, 16)).rejects.toThrow('This is shard 0 of 8');
  });

  it('asks nobody for the first one', async () => {
    const { asked, check } = openFirst();
    await check(0, 8);
    expect(asked).toEqual([]);
  });
});
