import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, keysOf } from '../support/leasing.ts';

/** Zombies on a store whose reads of leases a test may hook, and their lease keys in order. */
async function openZombies(count: number) {
  const inner = createMemoryStore();
  const reads = { hook: async (_key: string): Promise<void> => {} };
  const store: ObjectStore = {
    ...inner,
    async get(key) {
      if (key.startsWith('leases/')) await reads.hook(key);
      return inner.get(key);
    },
  };
  const clock = frozenClock();
  const app = openApp({ store, clock });
  for (let nth = 10; nth < 10 + count; nth += 1) {
    await app.create({ job_id: `job-${nth}` });
    await acquire(app, { path: `/v1/jobs/job-${nth}`, ttl_seconds: 60 });
  }
  clock.advance(60_000);
  const keys = await keysOf(store, 'leases/');
  return { inner, store, clock, reads, keys, sweeper: app.repository.sweeper };
}

const ALL = { cursor: null, limit: 500 };

describe('sweep()', () => {
  it('recovers 8 jobs at a time', async () => {
    const { reads, sweeper } = await openZombies(20);
    const running = new Set<string>();
    const counts: number[] = [];
    reads.hook = async key => {
      running.add(key);
      counts.push(running.size);
      await new Promise(resolve => setImmediate(resolve));
      running.delete(key);
    };
    expect(await sweeper.sweep(ALL)).toMatchObject({ ok: true, value: { recovered: 20 } });
    expect(Math.max(...counts)).toBe(8);
  });

  it('counts the leases that the store fails on, and recovers the others', async () => {
    const { reads, sweeper, keys } = await openZombies(20);
    reads.hook = async key => {
      if (key === keys[3] || key === keys[11]) throw new StoreError('The store is away');
    };
    const swept = await sweeper.sweep(ALL);
    const faults = [{ lease: keys[3] }, { lease: keys[11] }];
    const value = { examined: 20, recovered: 18, errors: 2, faults, cursor: null };
    expect(swept).toMatchObject({ ok: true, value });
  });

  it('ends with the leases that have begun once it is aborted, and the next pass continues behind them', async () => {
    const { reads, sweeper, keys } = await openZombies(20);
    const stopping = new AbortController();
    reads.hook = async key => {
      if (key === keys[9]) stopping.abort();
    };
    const swept = await sweeper.sweep({ ...ALL, signal: stopping.signal });
    const report = swept.ok ? swept.value : null;
    expect(report?.examined).toBeGreaterThanOrEqual(10);
    expect(report?.examined).toBeLessThan(20);
    expect(report).toMatchObject({ recovered: report?.examined, errors: 0 });
    expect(report?.cursor).toBe(keys[(report?.examined ?? 0) - 1]);
    const rest = await sweeper.sweep({ ...ALL, cursor: report?.cursor ?? null });
    const left = 20 - (report?.examined ?? 0);
    expect(rest).toMatchObject({ ok: true, value: { recovered: left, cursor: null } });
  });

  it('begins no lease where it is aborted before', async () => {
    const { sweeper, store } = await openZombies(2);
    const swept = await sweeper.sweep({ ...ALL, signal: AbortSignal.abort() });
    expect(swept).toMatchObject({ ok: true, value: { examined: 0, cursor: 'leases/' } });
    expect(await keysOf(store, 'leases/')).toHaveLength(2);
  });

  it('rejects where the list breaks off, once what has begun is finished', async () => {
    const { inner, clock, keys } = await openZombies(4);
    const list: ObjectStore['list'] = async function* (prefix, after) {
      for await (const entry of inner.list(prefix, after)) {
        if (entry.key === keys[2]) throw new StoreError('The store is away');
        yield entry;
      }
    };
    const { sweeper } = openApp({ store: { ...inner, list }, clock }).repository;
    await expect(sweeper.sweep(ALL)).rejects.toThrow('The store is away');
    expect(await keysOf(inner, 'leases/')).toEqual(keys.slice(2));
  });
});

describe('begin()', () => {
  it('counts the leases that its caller has taken', async () => {
    const { sweeper, keys } = await openZombies(4);
    const pass = sweeper.begin({ cursor: null, limit: 500 });
    for await (const { key } of pass.leases) {
      pass.advanceTo(key);
      await pass.recover(key);
      if (key === keys[1]) break;
    }
    expect(pass.report()).toMatchObject({ examined: 2, recovered: 2, cursor: keys[1] });
    expect(pass.leasedJobs()).toBeNull();
  });

  it('knows all jobs that are leased once the list has ended', async () => {
    const { sweeper, keys } = await openZombies(3);
    const pass = sweeper.begin({ cursor: null, limit: 3 });
    const listed: string[] = [];
    for await (const { key } of pass.leases) listed.push(key);
    expect(listed).toEqual(keys);
    const jobs = ['jobs/job-10.json', 'jobs/job-11.json', 'jobs/job-12.json'];
    expect([...(pass.leasedJobs() ?? [])]).toEqual(jobs);
  });
});
