import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import { largeBody } from '../../conformance/body.ts';
import { collect } from '../../conformance/write.ts';
import { countedKv, type KvSpending } from './counted-kv.ts';
import { storeOn } from './medium.ts';

const JOBS = 200;
const BODY_BYTES = 50_000;
const LABEL = 'l'.repeat(300);
const KEY = 'jobs/a.json';

describe('200 jobs of 50 KB', () => {
  it('list() delivers their labels, and none of their bodies', async () => {
    const { store, take } = await filled();
    const entries = await collect(store.list('jobs/'));
    const { lists, reads, deliveredBytes } = take();
    expect(entries).toHaveLength(JOBS);
    expect({ lists, reads }).toEqual({ lists: 2, reads: 0 });
    expect(deliveredBytes).toBeLessThan(JOBS * 400);
  });

  it('list() of more continues in larger pages', async () => {
    const { store, take } = await filled(1_000);
    expect(await collect(store.list('jobs/'))).toHaveLength(1_000);
    expect(take().lists).toBe(3);
  });

  it('poll() delivers the labels of labelled objects', async () => {
    const { store, take } = await filled();
    const changes = await collect(store.follow('jobs/').poll());
    const { reads, deliveredBytes } = take();
    expect(changes).toHaveLength(JOBS);
    expect(reads).toBe(0);
    expect(deliveredBytes).toBeLessThan(JOBS * 400);
  });

  it('poll() reads only the body of the one job without a label', async () => {
    const { store, take } = await filled();
    const follower = store.follow('jobs/');
    await collect(follower.poll());
    await store.put('jobs/7', largeBody(BODY_BYTES), UNCONDITIONAL);
    take();
    await collect(follower.poll());
    const { reads, deliveredBytes } = take();
    expect(reads).toBe(1);
    expect(deliveredBytes).toBeLessThan(JOBS * 400 + BODY_BYTES);
  });

  it('head() and a put() without a precondition deliver no body', async () => {
    const { store, take } = await filled();
    await store.head('jobs/7');
    await store.put('jobs/7', largeBody(BODY_BYTES), UNCONDITIONAL);
    expect(take().deliveredBytes).toBeLessThan(2 * 400);
  });
});

const NOTHING = { reads: 0, lists: 0, commits: 0, sets: 0, deletes: 0 };

describe('the operations of a small body', () => {
  it.each<readonly [string, (store: ObjectStore) => Promise<unknown>, Partial<KvSpending>]>([
    ['get()', store => store.get(KEY), { reads: 1 }],
    ['get() of nothing', store => store.get('jobs/none'), { reads: 1 }],
    ['head()', store => store.head(KEY), { reads: 1 }],
    [
      'put() of a new object',
      store => store.put('jobs/b', largeBody(10), ABSENT),
      { commits: 1, sets: 2 },
    ],
    ['put() at a version', replaced(largeBody(10)), { reads: 1, commits: 1, sets: 2 }],
    [
      'put() without a precondition',
      store => store.put(KEY, largeBody(10), UNCONDITIONAL),
      { reads: 1, commits: 1, sets: 2 },
    ],
    [
      'put() of an empty body',
      store => store.put('ready/a', largeBody(0), ABSENT),
      { commits: 1, sets: 1 },
    ],
    ['delete()', store => store.delete(KEY, UNCONDITIONAL), { reads: 1, commits: 1, deletes: 2 }],
    [
      'delete() of an empty body',
      store => store.delete('ready/b', UNCONDITIONAL),
      { reads: 1, commits: 1, deletes: 1 },
    ],
  ])('%s', async (_, call, expected) => {
    const counted = countedKv(createKvShim({ now: Date.now }));
    const store = storeOn(counted.kv);
    await store.put(KEY, largeBody(BODY_BYTES), ABSENT, LABEL);
    await store.put('ready/b', largeBody(0), ABSENT);
    counted.take();
    await call(store);
    const { deliveredBytes: _bytes, ...operations } = counted.take();
    expect(operations).toEqual({ ...NOTHING, ...expected });
  });
});

/** Replaces the object that a read found; that is the one read. */
function replaced(body: Uint8Array): (store: ObjectStore) => Promise<unknown> {
  return async store => {
    const version = await store.head(KEY);
    return store.put(KEY, body, version === null ? ABSENT : atVersion(version));
  };
}

async function filled(jobs = JOBS) {
  const counted = countedKv(createKvShim({ now: Date.now }));
  const store = storeOn(counted.kv);
  const body = largeBody(BODY_BYTES);
  for (let job = 0; job < jobs; job += 1) await store.put(`jobs/${job}`, body, ABSENT, LABEL);
  counted.take();
  return { store, take: () => counted.take() };
}
