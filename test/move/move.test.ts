import { describe, expect, it } from 'vitest';
import { advanceMove, ensureMove, type MoveParts } from '../../lib/move/move.ts';
import { type Medium, MOVE_KEY, type MoveRecord, readMove } from '../../lib/move/record.ts';
import { ABSENT, type ObjectStore, StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createMovingStore } from '../../lib/stores/moving.ts';
import type { CheckCursor } from '../../lib/stores/shards/catalogue-check.ts';
import { frozenClock } from '../support/clock.ts';
import { keysOf } from '../support/leasing.ts';

const bytes = (value: string) => new TextEncoder().encode(value);
const DELAY_MS = 10_000;

function open() {
  const clock = frozenClock();
  const bodies = createMemoryStore();
  const shards = createMemoryStore();
  const storeOf = (medium: Medium): ObjectStore => (medium === 'r2' ? bodies : shards);
  const checks: (CheckCursor | null)[] = [];
  /** Where each part of the comparison ends. */
  const ends: (CheckCursor | null)[] = [];
  const parts: MoveParts = {
    bodies,
    storeOf,
    movingStoreOf: ({ to, starts_at_ms: startsAtMs }) =>
      createMovingStore({
        from: storeOf(to === 'r2' ? 'shards' : 'r2'),
        to: storeOf(to),
        stays: 'jobs',
        startsAtMs,
        nowMs: () => clock.millis(),
        labelOf: () => undefined,
      }),
    async checkCatalogues({ cursor }) {
      checks.push(cursor);
      return { cursor: ends.shift() ?? null, compared: 0, corrected: 0 };
    },
    clock,
  };
  const ensure = (wanted: Medium) => ensureMove(bodies, { wanted, delayMs: DELAY_MS, clock });
  const advance = (limit = 100) => advanceMove(parts, { limit });
  const recordOf = async () => (await readMove(bodies))?.record ?? null;
  return { clock, bodies, shards, checks, ends, parts, ensure, advance, recordOf };
}

async function withJob(bodies: ObjectStore): Promise<void> {
  await bodies.put('jobs/job-1.json', bytes('{}'), ABSENT);
}

describe('ensureMove()', () => {
  it('writes nothing where everything is to be in R2 and was never elsewhere', async () => {
    const { bodies, ensure } = open();
    expect(await ensure('r2')).toBeNull();
    expect(await bodies.get(MOVE_KEY)).toBeNull();
  });

  it('is done at once where there are no jobs', async () => {
    const { clock, ensure } = open();
    expect(await ensure('shards')).toMatchObject({ to: 'shards', done_at_ms: clock.millis() });
  });

  it('begins a move after the delay where there are jobs', async () => {
    const { clock, bodies, ensure } = open();
    await withJob(bodies);
    expect(await ensure('shards')).toMatchObject({
      to: 'shards',
      starts_at_ms: clock.millis() + DELAY_MS,
      done_at_ms: null,
    });
  });

  it('leaves a move that is under way as it is, also where the other medium is wanted now', async () => {
    const { clock, bodies, ensure, recordOf } = open();
    await withJob(bodies);
    const begun = await ensure('shards');
    clock.advance(60_000);
    expect(await ensure('shards')).toEqual(begun);
    expect(await ensure('r2')).toEqual(begun);
    expect(await recordOf()).toEqual(begun);
  });

  it('begins the move back when the last one is done', async () => {
    const { bodies, ensure } = open();
    await ensure('shards');
    await withJob(bodies);
    expect(await ensure('r2')).toMatchObject({ to: 'r2', done_at_ms: null });
  });

  it('begins one move where two processes begin one', async () => {
    const { bodies, ensure, recordOf } = open();
    await withJob(bodies);
    const begun = await Promise.all([ensure('shards'), ensure('shards')]);
    expect(begun).toEqual([await recordOf(), await recordOf()]);
  });

  it('gives up where others write the record all the time', async () => {
    const { clock, bodies } = open();
    await withJob(bodies);
    const busy = { ...bodies, put: async () => null };
    const asked = { wanted: 'shards', delayMs: 0, clock } as const;
    await expect(ensureMove(busy, asked)).rejects.toBeInstanceOf(StoreError);
  });

  it('refuses a record that it cannot read', async () => {
    const { bodies, ensure } = open();
    await bodies.put(MOVE_KEY, bytes('oops'), UNCONDITIONAL);
    await expect(ensure('r2')).rejects.toThrow('is not the record of a move');
  });
});

describe('advanceMove()', () => {
  /** A move that has started, with leases and a hint in R2. */
  async function openStarted() {
    const opened = open();
    const { bodies, clock, ensure } = opened;
    await withJob(bodies);
    for (const key of ['leases/a.1.json', 'leases/b.1.json', 'ready/1~a']) {
      await bodies.put(key, bytes(key), ABSENT);
    }
    await ensure('shards');
    clock.advance(DELAY_MS);
    return opened;
  }

  it('is null where nothing was ever moved', async () => {
    expect(await open().advance()).toBeNull();
  });

  it('moves nothing before the start', async () => {
    const { clock, shards, advance } = await openStarted();
    clock.advance(-1_500);
    expect(await advance()).toEqual({
      to: 'shards',
      state: 'waiting',
      startsInSeconds: 2,
      moved: 0,
    });
    expect(await keysOf(shards, 'leases/')).toEqual([]);
  });

  it('moves so many objects at a time, and goes on behind them', async () => {
    const { bodies, shards, advance } = await openStarted();
    expect(await advance(2)).toMatchObject({ state: 'moving', moved: 2 });
    expect(await keysOf(bodies, 'leases/')).toEqual([]);
    expect(await keysOf(bodies, 'ready/')).toEqual(['ready/1~a']);
    expect(await advance(2)).toMatchObject({ state: 'moving', moved: 3 });
    expect(await keysOf(shards, 'ready/')).toEqual(['ready/1~a']);
    expect(await keysOf(bodies, 'jobs/')).toEqual(['jobs/job-1.json']);
  });

  it('is done after a pass that finds nothing, and not before what was begun earlier has ended', async () => {
    const { clock, advance } = await openStarted();
    await advance();
    expect(await advance()).toMatchObject({ state: 'moving' });
    clock.advance(DELAY_MS);
    expect(await advance()).toMatchObject({ state: 'done', moved: 3 });
  });

  it('compares the jobs with the catalogues, part by part, before it is done', async () => {
    const { clock, checks, ends, advance } = await openStarted();
    const cursor = { after: 'jobs/job-1.json', moments: ['m'] };
    ends.push(cursor);
    await advance();
    clock.advance(DELAY_MS);
    expect(await advance()).toMatchObject({ state: 'comparing' });
    expect(await advance()).toMatchObject({ state: 'done' });
    expect(checks).toEqual([null, cursor]);
  });

  it('moves what a late process writes in the first day after the end, and then nothing', async () => {
    const { clock, bodies, shards, advance } = await openStarted();
    await advance();
    clock.advance(DELAY_MS);
    await advance();
    await bodies.put('leases/late.1.json', bytes('late'), ABSENT);
    clock.advance(3_600_000);
    expect(await advance()).toMatchObject({ state: 'done', moved: 4 });
    expect(await keysOf(shards, 'leases/')).toContain('leases/late.1.json');
    await bodies.put('leases/later.1.json', bytes('later'), ABSENT);
    clock.advance(48 * 3_600_000);
    expect(await advance()).toMatchObject({ state: 'done', moved: 4 });
    expect(await keysOf(bodies, 'leases/')).toEqual(['leases/later.1.json']);
  });

  it('moves each object once where two processes move at once', async () => {
    const { bodies, shards, advance } = await openStarted();
    await Promise.all([advance(), advance()]);
    expect(await keysOf(shards, 'leases/')).toEqual(['leases/a.1.json', 'leases/b.1.json']);
    expect(await keysOf(bodies, 'leases/')).toEqual([]);
  });

  it('records nothing where a store fails, and repeats the part', async () => {
    const opened = await openStarted();
    const before = await opened.recordOf();
    const failing: MoveParts = {
      ...opened.parts,
      storeOf: () => ({
        ...opened.bodies,
        list: () => ({
          [Symbol.asyncIterator]: () => ({
            next: () => Promise.reject(new StoreError('Cannot list')),
          }),
        }),
      }),
    };
    await expect(advanceMove(failing, { limit: 9 })).rejects.toBeInstanceOf(StoreError);
    expect(await opened.recordOf()).toEqual(before satisfies MoveRecord | null);
    expect(await opened.advance()).toMatchObject({ moved: 3 });
  });
});
