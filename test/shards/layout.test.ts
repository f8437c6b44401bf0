import { describe, expect, it } from 'vitest';
import { LAYOUT_KEY, readShardCount } from '../../functions/cloudflare/shards/layout.ts';
import { StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { storedText } from '../support/leasing.ts';

describe('readShardCount()', () => {
  it('makes the number at the first call, and keeps it', async () => {
    const store = createMemoryStore();
    expect(await readShardCount(store, 4)).toBe(4);
    expect(await readShardCount(store, 8)).toBe(4);
    expect(await storedText(store, LAYOUT_KEY)).toBe('{"shards":4}');
  });

  it('gives one number to all that call at one time', async () => {
    const store = createMemoryStore();
    const counts = await Promise.all([4, 8, 16].map(wanted => readShardCount(store, wanted)));
    expect(new Set(counts).size).toBe(1);
  });

  it.each(['', '{}', '{"shards":0}', '{"shards":65}', '{"shards":"8"}', 'null'])(
    'rejects where the file is %j',
    async text => {
      const store = createMemoryStore();
      await store.put(LAYOUT_KEY, new TextEncoder().encode(text), UNCONDITIONAL);
      const read = readShardCount(store, 8);
      await expect(read).rejects.toBeInstanceOf(StoreError);
      await expect(read).rejects.toThrow('"shards/layout.json" in R2 must be {"shards": N}');
    },
  );
});
