import { describe, expect, it } from 'vitest';
import { createJobCache } from '../../lib/storage/job-cache.ts';
import { createJobReader } from '../../lib/storage/job-reader.ts';
import { JOB_FOLDER, JOB_ORDERING } from '../../lib/storage/job-summary.ts';
import { atVersion, type ObjectStore, UNCONDITIONAL } from '../../lib/store.ts';
import { createKvShim } from '../../lib/stores/deno-kv/in-memory.ts';
import type { KvLike } from '../../lib/stores/deno-kv/kv-like.ts';
import { createDenoKvStore } from '../../lib/stores/deno-kv.ts';
import { completeJobLists } from '../../lib/sweep/complete-lists.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { seededRandom } from '../support/random.ts';

const HOUR_MS = 3_600_000;
const TIME = '2026-01-02T03:04:05Z';

interface World {
  readonly kv: KvLike;
  readonly clock: MovableClock;
  readonly store: ObjectStore;
  /** What a version without lists writes with. */
  readonly old: ObjectStore;
}

function openWorld(): World {
  const clock = frozenClock();
  const kv = createKvShim({ now: () => clock.millis() });
  const old = createDenoKvStore({ kv, random: seededRandom(4), now: () => clock.millis() });
  return { kv, clock, store: openStore({ kv, clock }), old };
}

function openStore({ kv, clock }: Pick<World, 'kv' | 'clock'>): ObjectStore {
  const parts = { kv, random: seededRandom(3), now: () => clock.millis() };
  return createDenoKvStore({ ...parts, ordering: JOB_ORDERING });
}

/** As a version without labels and without lists wrote it. */
async function putOld({ old }: World, jobId: string, text = stateText(jobId)): Promise<void> {
  await old.put(keyOf(jobId), new TextEncoder().encode(text), UNCONDITIONAL);
}

function stateText(jobId: string, status = 'paused'): string {
  return JSON.stringify({
    job_id: jobId,
    job_name: 'A job',
    total_sheets: 3,
    status,
    created_at: TIME,
    updated_at: TIME,
  });
}

const keyOf = (jobId: string): string => `${JOB_FOLDER}/${jobId}.json`;

function sweep({ store, clock }: World): Promise<number> {
  const reader = createJobReader({ store, clock, cache: createJobCache(1 << 20) });
  return completeJobLists({ store, reader, clock });
}

async function pageOf(store: ObjectStore, group: string | null) {
  const query = { group, after: null, before: null, descending: true, limit: 2000 };
  return (await store.ordered?.page(JOB_FOLDER, query)) ?? [];
}

async function objectOf(store: ObjectStore, jobId: string) {
  const object = await store.get(keyOf(jobId));
  if (object === null) throw new Error(`No job ${jobId}`);
  return { version: object.version, text: new TextDecoder().decode(object.body) };
}

describe('completeJobLists() on Deno KV', () => {
  it('gives a job without a label its place, with the bytes that it had', async () => {
    const world = openWorld();
    await putOld(world, 'a');
    await putOld(world, 'b', stateText('b', 'failed'));
    const before = await objectOf(world.store, 'a');
    expect(await world.store.ordered?.isComplete(JOB_FOLDER)).toBe(false);
    await sweep(world);
    const after = await objectOf(world.store, 'a');
    expect(after.text).toBe(before.text);
    expect(after.version).not.toBe(before.version);
    expect(await world.store.ordered?.isComplete(JOB_FOLDER)).toBe(true);
    expect((await pageOf(world.store, 'paused')).map(({ key }) => key)).toEqual([keyOf('a')]);
    const [placed] = await pageOf(world.store, 'failed');
    expect(placed?.order).not.toBeNull();
    expect(JSON.parse(placed?.label ?? '')).toMatchObject({ job_id: 'b', status: 'failed' });
  });

  it('gives more jobs than a page their places', async () => {
    const world = openWorld();
    for (let nth = 0; nth < 520; nth++) await putOld(world, `job-${nth}`);
    await sweep(world);
    const page = await pageOf(world.store, null);
    expect(page).toHaveLength(520);
    expect(page.filter(({ order }) => order === null)).toEqual([]);
  });

  it('leaves a corrupt job as it is, and gives the others their places', async () => {
    const world = openWorld();
    await putOld(world, 'a');
    await putOld(world, 'cut', '{"job_id": "c');
    const before = await objectOf(world.store, 'cut');
    await sweep(world);
    expect(await objectOf(world.store, 'cut')).toEqual(before);
    const page = await pageOf(world.store, null);
    expect(page.map(({ key, order }) => [key, order === null])).toEqual([
      [keyOf('cut'), true],
      [keyOf('a'), false],
    ]);
  });

  it('does not replace a job that is changed or deleted after it was read', async () => {
    const world = openWorld();
    for (const jobId of ['changed', 'gone', 'still']) await putOld(world, jobId);
    const changed = new TextEncoder().encode(stateText('changed', 'failed'));
    const store: ObjectStore = {
      ...world.store,
      async get(key) {
        const object = await world.store.get(key);
        if (object === null) return null;
        const { version } = object;
        if (key === keyOf('gone')) await world.store.delete(key, UNCONDITIONAL);
        if (key === keyOf('changed')) await world.store.put(key, changed, atVersion(version));
        return object;
      },
    };
    await sweep({ ...world, store });
    expect((await objectOf(world.store, 'changed')).text).toBe(stateText('changed', 'failed'));
    expect(await world.store.get(keyOf('gone'))).toBeNull();
    expect((await pageOf(world.store, 'paused')).map(({ key }) => key)).toEqual([keyOf('still')]);
  });

  it('writes no job again that has its place, in the same day and after it', async () => {
    const world = openWorld();
    await putOld(world, 'a');
    await sweep(world);
    const { version } = await objectOf(world.store, 'a');
    await putOld(world, 'later');
    expect(await sweep(world)).toBe(0);
    world.clock.advance(25 * HOUR_MS);
    expect(await sweep(world)).toBeGreaterThan(0);
    expect((await objectOf(world.store, 'a')).version).toBe(version);
    expect(await pageOf(world.store, 'paused')).toHaveLength(2);
    world.clock.advance(25 * HOUR_MS);
    expect(await sweep(world)).toBe(0);
  });

  it('goes on where a sweep before it was interrupted', async () => {
    const world = openWorld();
    for (const jobId of ['a', 'b', 'c']) await putOld(world, jobId);
    let writes = 0;
    const dying: ObjectStore = {
      ...world.store,
      async put(...put) {
        writes += 1;
        if (writes > 1) throw new Error('The process is killed');
        return world.store.put(...put);
      },
    };
    await expect(sweep({ ...world, store: dying })).rejects.toThrow('The process is killed');
    const restarted = { ...world, store: openStore(world) };
    world.clock.advance(25 * HOUR_MS);
    await sweep(restarted);
    expect(await pageOf(restarted.store, 'paused')).toHaveLength(3);
  });
});
