import { describe, expect, it } from 'vitest';
import { createStoredAvailability } from '../../lib/availability/stored.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { type ObjectStore, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { meterBucket } from '../../lib/stores/r2/meter.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import type { SweepBudget } from '../../lib/sweep/budget.ts';
import { createBudgetedSweep, type ScheduledReport } from '../../lib/sweep/budgeted.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { acquire, keysOf, storedText, write } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';

const FREE: SweepBudget = {
  operations: 48,
  bodyBytes: 128 * 1024,
  leases: 500,
  jobs: 100,
  concurrency: 1,
};
const AMPLE: SweepBudget = {
  operations: 10_000,
  bodyBytes: 2 ** 30,
  leases: 50_000,
  jobs: 1_000,
  concurrency: 6,
};

/** A bucket with jobs, of which some are held, and calls of a timer upon it. */
async function openBucket(options: Parameters<typeof createBucketFake>[0] = {}) {
  const inner = createBucketFake(options);
  const store = createR2Store({ bucket: inner });
  const clock: MovableClock = frozenClock();
  const app = openApp({ store, clock });
  const memory = createProcessMemory({ cacheBytes: 1 << 20 });

  /** One call, as the platform makes it. */
  async function call(
    budget: SweepBudget,
    deadly: string | null = null,
  ): Promise<ScheduledReport & { operations: number }> {
    const { bucket, spending } = meterBucket(inner);
    const metered = killedBy(deadly, createR2Store({ bucket }));
    const random = seededRandom(7);
    const repository = createRepository({
      store: metered,
      clock,
      random,
      memory,
      availability: createStoredAvailability(metered, memory.availability),
    });
    const { availability } = memory;
    const parts = { ...repository, store: metered, clock, availability, budget, spending };
    const sweep = createBudgetedSweep(parts);
    const report = await sweep.run();
    return { ...report, operations: spending.operations };
  }

  async function hold(count: number, prefix = 'job'): Promise<void> {
    for (let nth = 0; nth < count; nth += 1) {
      const jobId = `${prefix}-${String(nth).padStart(3, '0')}`;
      await app.create({ job_id: jobId });
      await acquire(app, { path: `/v1/jobs/${jobId}`, ttl_seconds: 60 });
    }
  }

  return { app, store, inner, clock, call, hold };
}

/** What the platform does to a call that takes too much: no error of the store, and nobody catches it. */
class Killed extends Error {
  override readonly name = 'Killed';
}

function killedBy(key: string | null, store: ObjectStore): ObjectStore {
  const get: ObjectStore['get'] = async asked => {
    if (asked === key) throw new Killed();
    return store.get(asked);
  };
  return { ...store, get };
}

function ended(error: unknown): void {
  if (!(error instanceof Killed)) throw error;
}

async function collectStatuses(store: ObjectStore): Promise<string[]> {
  const statuses: string[] = [];
  for (const key of await keysOf(store, 'jobs/')) {
    statuses.push(String(JSON.parse(await storedText(store, key)).status));
  }
  return statuses;
}

function recoveredIn(report: ScheduledReport): number {
  return report.passes.reduce((sum, { recovered }) => sum + recovered, 0);
}

describe('a scheduled sweep', () => {
  it('run() recovers the dead in calls that stay within 50 operations each', async () => {
    const { call, hold, clock, store } = await openBucket();
    await hold(40);
    clock.advance(60_000);
    const calls: Awaited<ReturnType<typeof call>>[] = [];
    do calls.push(await call(FREE));
    while (calls.at(-1)?.complete === false);
    expect(calls.map(({ operations }) => operations).filter(spent => spent > 50)).toEqual([]);
    expect(calls.reduce((sum, report) => sum + recoveredIn(report), 0)).toBe(40);
    expect(calls.length).toBeGreaterThan(5);
    expect(calls.length).toBeLessThanOrEqual(10);
    expect(await keysOf(store, 'leases/')).toEqual([]);
  });

  it('run() lists no more pages than the budget has operations, and goes through all leases and jobs', async () => {
    const { call, hold, store } = await openBucket({ pageWithMetadata: 1 });
    await hold(70);
    const last = (await keysOf(store, 'leases/')).at(-1) ?? '';
    await store.delete(last, UNCONDITIONAL);
    const calls: Awaited<ReturnType<typeof call>>[] = [];
    for (let nth = 0; nth < 80; nth += 1) calls.push(await call(FREE));
    const spent = calls.map(({ operations }) => operations);
    expect(Math.max(...spent)).toBeLessThanOrEqual(FREE.operations);
    const first = calls.slice(0, 3).flatMap(({ passes }) => passes[0] ?? []);
    expect(first.reduce((sum, { examined }) => sum + examined, 0)).toBe(69);
    expect(first.at(-1)?.cursor).toBeNull();
    expect(calls.reduce((sum, { missingLeases }) => sum + missingLeases, 0)).toBe(1);
  });

  it('run() lists no page without budget for it', async () => {
    const { call, hold } = await openBucket();
    await hold(1);
    const { operations, passes } = await call({ ...FREE, operations: 4 });
    expect([operations, passes[0]?.examined, passes[0]?.cursor]).toEqual([3, 0, 'leases/']);
  });

  it('run() recovers all of them in one call where there is room', async () => {
    const { call, hold, clock } = await openBucket();
    await hold(40);
    clock.advance(60_000);
    const report = await call(AMPLE);
    expect([recoveredIn(report), report.complete]).toEqual([40, true]);
  });

  it('run() costs 5 operations where nobody is dead: its place, the leases, the jobs, its place', async () => {
    const { call, hold } = await openBucket();
    await hold(10);
    const { operations, passes } = await call(FREE);
    expect(passes).toMatchObject([{ examined: 10, recovered: 0 }]);
    expect(operations).toBe(5);
  });

  it('run() goes on behind what cannot be recovered, and comes back to it', async () => {
    const { call, hold, clock, inner } = await openBucket();
    await hold(10);
    // Corrupt jobs keep their leases: a call that began with them each time would come to nothing else.
    for (let nth = 0; nth < 6; nth += 1) await inner.put(`jobs/job-00${nth}.json`, bytes('{'), {});
    clock.advance(60_000);
    const first = await call(FREE);
    const second = await call(FREE);
    const third = await call(FREE);
    const recovered = [first, second, third].map(recoveredIn);
    expect(recovered.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(third.passes.flatMap(({ faults }) => faults).length).toBeGreaterThan(0);
  });

  it('run() comes in the same call to what died before the place where the last one stopped', async () => {
    const { call, hold, clock, app } = await openBucket();
    await hold(5, 'm');
    clock.advance(60_000);
    const first = await call({ ...FREE, operations: 30 });
    expect([first.complete, recoveredIn(first)]).toEqual([false, 2]);
    await app.create({ job_id: 'a' });
    await acquire(app, { path: '/v1/jobs/a', ttl_seconds: 5 });
    clock.advance(5_000);
    const report = await call(AMPLE);
    expect([report.passes.length, recoveredIn(report)]).toEqual([2, 4]);
  });

  it('run() reads no more bodies than the budget has bytes, and one', async () => {
    const { call, hold, clock } = await openBucket();
    await hold(8);
    clock.advance(60_000);
    const report = await call({ ...AMPLE, bodyBytes: 1, concurrency: 1 });
    expect(recoveredIn(report)).toBe(1);
    expect(report.complete).toBe(false);
  });

  const unreadable = [
    'nonsense',
    '{"leases":"zzz","jobs":null,"call":1}',
    '{"leases":null,"jobs":"","call":1}',
  ];

  it.each(unreadable)('run() begins anew where the place cannot be read: %s', async text => {
    const { call, hold, clock, store } = await openBucket();
    await hold(1);
    await write(store, 'sweep/place.json', text);
    clock.advance(60_000);
    expect(recoveredIn(await call(AMPLE))).toBe(1);
  });

  it('run() recovers running jobs whose lease objects are gone, a part in each call', async () => {
    const { call, hold, store } = await openBucket();
    await hold(4);
    const [first = '', , third = ''] = await keysOf(store, 'leases/');
    await store.delete(first, UNCONDITIONAL);
    await store.delete(third, UNCONDITIONAL);
    const missingLeases = [];
    for (let nth = 0; nth < 3; nth += 1)
      missingLeases.push((await call({ ...AMPLE, jobs: 2 })).missingLeases);
    expect(missingLeases).toEqual([1, 1, 0]);
  });

  it('run() finds those also where there are more leases than a call looks at', async () => {
    const { call, hold, store } = await openBucket();
    await hold(8);
    const [first = ''] = await keysOf(store, 'leases/');
    await store.delete(first, UNCONDITIONAL);
    const missingLeases = [];
    for (let nth = 0; nth < 3; nth += 1)
      missingLeases.push((await call({ ...AMPLE, leases: 2 })).missingLeases);
    expect(missingLeases.reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  const deaths = [
    ['of a zombie', 'leases', 6],
    ['that lost its lease object', 'jobs', 3],
  ] as const;

  it.each(deaths)(
    'run() comes by a job %s whose state ends every call that reads it',
    async (_, kind, calls) => {
      const { call, hold, clock, inner, store } = await openBucket();
      await hold(6);
      const poison = 'jobs/job-002.json';
      if (kind === 'jobs')
        for (const key of await keysOf(store, 'leases/')) await inner.delete(key);
      else clock.advance(60_000);
      for (let nth = 0; nth < calls; nth += 1) await call(FREE, poison).catch(ended);
      const list = await collectStatuses(store);
      expect(list.filter(status => status === 'running')).toHaveLength(1);
      expect((await call(AMPLE)).afterBreak || (await call(AMPLE)).complete).toBe(true);
      await call(AMPLE);
      expect((await collectStatuses(store)).filter(status => status === 'running')).toEqual([]);
    },
  );

  it('run() reads no job where all that run are leased', async () => {
    const { call, hold } = await openBucket();
    await hold(4);
    const { passes, missingLeases, operations } = await call(AMPLE);
    expect([passes.length, missingLeases, operations]).toEqual([1, 0, 5]);
  });

  it('run() looks at every job on a store that keeps no labels', async () => {
    const store = createMemoryStore();
    const clock = frozenClock();
    const app = openApp({ store, clock });
    await app.create();
    await app.create({ job_id: 'job-2' });
    const { key } = await acquire(app);
    await store.delete(key, UNCONDITIONAL);
    const spending = { operations: 0, bodyBytes: 0 };
    const { availability } = createProcessMemory({ cacheBytes: 1 });
    const parts = { ...app.repository, store, clock, availability, budget: AMPLE, spending };
    expect((await createBudgetedSweep(parts).run()).missingLeases).toBe(1);
  });
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
