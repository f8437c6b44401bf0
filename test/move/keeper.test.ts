import { describe, expect, it } from 'vitest';
import { createMoveKeeper } from '../../functions/cloudflare/shards/move-keeper.ts';
import { bodyOfMove, type Medium, MOVE_KEY, moveTo, readMove } from '../../lib/move/record.ts';
import { type ObjectStore, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { frozenClock } from '../support/clock.ts';

function open(wanted: Medium, hasShards = true) {
  const clock = frozenClock();
  const memory = createMemoryStore();
  let reads = 0;
  const bodies: ObjectStore = {
    ...memory,
    get(key) {
      reads += 1;
      return memory.get(key);
    },
  };
  const keeper = createMoveKeeper({ wanted, hasShards, delayMs: 1_000, clock });
  const store = (record: ReturnType<typeof moveTo>) =>
    memory.put(MOVE_KEY, bodyOfMove(record), UNCONDITIONAL);
  return { clock, keeper, bodies, store, reads: () => reads };
}

describe('createMoveKeeper()', () => {
  it('reads a settled record once', async () => {
    const { clock, keeper, bodies, store, reads } = open('shards');
    await store({ ...moveTo('shards', 0, 0), done_at_ms: 1 });
    expect(keeper.usableUntilMs()).toBe(0);
    for (let nth = 0; nth < 3; nth += 1) {
      expect(await keeper.current(bodies)).toMatchObject({ to: 'shards', done_at_ms: 1 });
      clock.advance(3_600_000);
    }
    expect(reads()).toBe(1);
    expect(keeper.usableUntilMs()).toBe(Number.POSITIVE_INFINITY);
  });

  it('reads the record of a move that is under way every 15 seconds', async () => {
    const { clock, keeper, bodies, store, reads } = open('shards');
    const record = moveTo('shards', clock.millis(), 1_000);
    await store(record);
    await keeper.current(bodies);
    clock.advance(14_999);
    await keeper.current(bodies);
    expect(reads()).toBe(1);
    expect(keeper.usableUntilMs()).toBe(clock.millis() + 1);
    await store({ ...record, done_at_ms: clock.millis() });
    clock.advance(1);
    expect(await keeper.current(bodies)).toMatchObject({ done_at_ms: clock.millis() - 1 });
    expect(reads()).toBe(2);
  });

  it.each([
    ['leases are in shards', { ...moveTo('shards', 0, 0), done_at_ms: 1 }],
    ['they are on their way out of shards', moveTo('r2', 0, 0)],
  ])('refuses to run without the binding where %s', async (_, record) => {
    const { keeper, bodies, store } = open('r2', false);
    await store(record);
    await expect(keeper.current(bodies)).rejects.toThrow('Cannot run without LEASE_SHARDS');
  });

  it('begins no move without the binding: it could not go on, and would empty the shards once they are bound again', async () => {
    const { keeper, bodies, store } = open('r2', false);
    const record = { ...moveTo('shards', 0, 0), done_at_ms: 1 };
    await store(record);
    await expect(keeper.current(bodies)).rejects.toThrow('Cannot run without LEASE_SHARDS');
    expect(await readMove(bodies)).toMatchObject({ record });
  });

  it('runs without the binding when everything is back in R2', async () => {
    const { keeper, bodies, store } = open('r2', false);
    await store({ ...moveTo('r2', 0, 0), done_at_ms: 1 });
    expect(await keeper.current(bodies)).toMatchObject({ to: 'r2' });
  });

  it('reads again after a read that failed', async () => {
    const { keeper, bodies } = open('r2');
    const failing = { ...bodies, get: () => Promise.reject(new Error('down')) };
    await expect(keeper.current(failing)).rejects.toThrow('down');
    expect(keeper.usableUntilMs()).toBe(0);
    expect(await keeper.current(bodies)).toBeNull();
  });
});
