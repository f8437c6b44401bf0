import { describe, expect, it } from 'vitest';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { countBucket, operationsIn } from '../cost/counted-bucket.ts';
import { openJobShards } from '../stores/store-kinds.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';

const clock = frozenClock();

/** The statistics of a service that lists so many objects of each kind. */
function statsOf(store: ObjectStore, countedObjects: number) {
  const memory = createProcessMemory({ cacheBytes: 1 << 20 });
  const random = seededRandom(3);
  return createRepository({ store, clock, random, memory, countedObjects }).stats.read('');
}

async function fillBucket() {
  const counted = countBucket(createBucketFake());
  const store = createR2Store({ bucket: counted.bucket });
  const app = openApp({ store, clock });
  for (const job_id of ['a', 'b', 'c', 'd', 'e', 'f']) await app.create({ job_id });
  for (const job of ['a', 'b', 'c']) await acquire(app, { path: `/v1/jobs/${job}` });
  counted.takeCalls();
  return { counted, store };
}

describe('counts of the first objects', () => {
  it('are exact where all are among them', async () => {
    const { counted, store } = await fillBucket();
    expect(await statsOf(store, 6)).toMatchObject({
      total: 6,
      standing: { held: 3, waiting: 3, zombie: 0, resting: 0 },
      at_least: false,
    });
    expect(operationsIn(counted.takeCalls())).toBe('list jobs, list leases, list ready');
  });

  it('count no standing of a job whose hint may be one that was not listed', async () => {
    const store = createR2Store({ bucket: createBucketFake() });
    const moving = frozenClock();
    const app = openApp({ store, clock: moving });
    for (const job_id of ['d', 'c', 'b', 'a']) {
      await app.create({ job_id });
      moving.advance(1);
    }
    expect(await statsOf(store, 2)).toMatchObject({
      total: 2,
      jobs: { pending: 2 },
      standing: { waiting: 0, resting: 0 },
      at_least: true,
    });
  });

  it('say that there are more, and count no zombie whose lease was not listed', async () => {
    const { store } = await fillBucket();
    expect(await statsOf(store, 2)).toMatchObject({
      total: 2,
      jobs: { running: 2 },
      standing: { held: 2, zombie: 0 },
      at_least: true,
    });
    const some = await statsOf(store, 5);
    expect(some).toMatchObject({ total: 5, standing: { held: 3, waiting: 2 }, at_least: true });
  });
});

describe('counts of a store with lists by place', () => {
  it('have all jobs by their status, and the standings of the first that are not finished', async () => {
    const store = await openJobShards(() => clock.millis());
    const app = openApp({ store, clock });
    for (const job_id of ['a', 'b', 'c', 'd', 'e', 'f']) await app.create({ job_id });
    for (const job of ['a', 'b', 'c']) await acquire(app, { path: `/v1/jobs/${job}` });
    for (const job of ['e', 'f']) await app.ask('POST', `/v1/jobs/${job}/cancel`);
    const jobs = { running: 3, pending: 1, cancelled: 2 };
    expect(await statsOf(store, 4)).toMatchObject({
      total: 6,
      jobs,
      standing: { held: 3, waiting: 1, finished: 2, unleased: 0, resting: 0 },
      at_least: false,
    });
    const part = await statsOf(store, 2);
    expect(part).toMatchObject({ total: 6, jobs, standing: { finished: 2 }, at_least: true });
    expect(part.standing.unleased + part.standing.zombie + part.standing.resting).toBe(0);
    expect(part.standing.held + part.standing.waiting).toBeLessThanOrEqual(2);
  });
});
