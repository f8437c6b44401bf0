import { describe, expect, it } from 'vitest';
import { LAYOUT_KEY } from '../../functions/cloudflare/shards/layout.ts';
import { createMoveKeeper } from '../../functions/cloudflare/shards/move-keeper.ts';
import type { LeaseShardsLike, ShardCalls } from '../../functions/cloudflare/shards/ports.ts';
import { createStoreOpener } from '../../functions/cloudflare/store-opener.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { StoreError } from '../../lib/store.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { frozenClock } from '../support/clock.ts';
import { keysOf } from '../support/leasing.ts';

const text = (value: string) => new TextEncoder().encode(value);

function open(wantedShards?: number) {
  const bucket = createBucketFake();
  const asked: string[] = [];
  const shards: LeaseShardsLike = {
    getByName(name) {
      asked.push(name);
      const apply: ShardCalls['apply'] = async () => ({
        value: [{ of: 'get', object: null }],
        interruptedAtMs: null,
      });
      return { apply } as ShardCalls;
    },
  };
  const store = createR2Store({ bucket });
  const opener = createStoreOpener({
    chosen: {
      name: 'r2',
      open: () => ({ store, spending: null, tidy: async () => {} }),
      bucket,
      reason: 'a test',
    },
    shards,
    wantedShards,
    memory: createProcessMemory({ cacheBytes: 1 << 20 }),
    moves: createMoveKeeper({
      wanted: 'shards',
      hasShards: true,
      delayMs: 0,
      clock: frozenClock(),
    }),
    movedAtOnce: 10,
  });
  return { bucket, asked, opener };
}

describe('createStoreOpener()', () => {
  it('opens eight shards where the setting says nothing', async () => {
    const { bucket, opener } = open();
    expect((await opener.open()).sharded?.shards).toBe(8);
    expect(await bucket.get(LAYOUT_KEY)).not.toBeNull();
  });

  it('keeps the number of the first start, whatever the setting says later', async () => {
    const { bucket, opener } = open(16);
    await bucket.put(LAYOUT_KEY, text('{"shards":3}'), {});
    expect((await opener.open()).sharded?.shards).toBe(3);
  });

  it('opens a store that says what is wrong where the layout is broken, until it is right', async () => {
    const { bucket, opener } = open();
    await bucket.put(LAYOUT_KEY, text('oops'), {});
    const { isOpen, store, renewalPlaces } = await opener.open();
    expect([isOpen, renewalPlaces, store.traits.name]).toEqual([false, null, 'durable-objects']);
    await expect(store.get('leases/a.b.json')).rejects.toThrow(
      '"shards/layout.json" in R2 must be',
    );
    await expect(keysOf(store, 'jobs/')).rejects.toBeInstanceOf(StoreError);
    await bucket.put(LAYOUT_KEY, text('{"shards":2}'), {});
    expect((await opener.open()).isOpen).toBe(true);
  });

  it('counts operations on R2 and calls of shards', async () => {
    const { asked, opener } = open();
    await opener.open();
    const metered = await opener.openMetered();
    await metered?.store.get('leases/a.b.json');
    await metered?.store.get('jobs/a.json');
    expect(asked).toHaveLength(1);
    expect(metered?.spending.operations).toBe(2);
  });
});
