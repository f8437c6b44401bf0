import { describe, expect, it } from 'vitest';
import { createAvailabilityMemory } from '../../lib/availability/stored.ts';
import type { Clock } from '../../lib/base/clock.ts';
import { createRepository } from '../../lib/service/service.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createBudgetedSweep } from '../../lib/sweep/budgeted.ts';
import { advanceTrust } from '../../lib/sweep/retention-rule.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { afterNoon, NOON } from '../support/lease.ts';
import { acquire, allKeysOf } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAYS = 4;
const UNLIMITED = {
  operations: Number.POSITIVE_INFINITY,
  bodyBytes: Number.POSITIVE_INFINITY,
  leases: 500,
  jobs: 1000,
  concurrency: 6,
};

function repositoryOn(store: ObjectStore, clock: Clock, retentionDays: number | null = DAYS) {
  const memory = createProcessMemory({ cacheBytes: 1 << 22 });
  return createRepository({ store, clock, random: seededRandom(9), memory, retentionDays });
}

/** Runs the passes of so many days, one an hour. How many jobs each day deleted. */
async function runDays(clock: MovableClock, days: number, run: () => Promise<number>) {
  const deleted: number[] = [];
  for (let day = 0; day < days; day++) {
    let count = 0;
    for (let hour = 0; hour < 24; hour++) {
      count += await run();
      clock.advance(HOUR);
    }
    deleted.push(count);
  }
  return deleted;
}

/** One finished, one failed and one cancelled job, and one that waits. */
async function someJobs(store: ObjectStore, clock: Clock) {
  const app = openApp({ store, clock });
  for (const job_id of ['done', 'failed', 'cancelled', 'waits'])
    await app.create({ job_id, total_sheets: 1 });
  const { headers } = await acquire(app, { path: '/v1/jobs/done' });
  const json = { status: 'completed' };
  await app.ask('PUT', '/v1/jobs/done/sheets/1', { json, headers });
  await app.ask('POST', '/v1/jobs/failed/fail');
  await app.ask('POST', '/v1/jobs/cancelled/cancel');
  return app;
}

/** The passes of one process on Node, and of the cron of an edge platform. */
const PASSES = {
  'on Node': {
    openStore: createMemoryStore,
    passOn: (store: ObjectStore, clock: Clock, days: number | null = DAYS) => {
      const { retention } = repositoryOn(store, clock, days);
      return async () => (await retention?.run()) ?? 0;
    },
  },
  'at the edge': {
    openStore: () => createR2Store({ bucket: createBucketFake() }),
    passOn: (store: ObjectStore, clock: Clock, days: number | null = DAYS) => {
      const repository = repositoryOn(store, clock, days);
      const sweep = createBudgetedSweep({
        ...repository,
        store,
        clock,
        availability: createAvailabilityMemory(),
        budget: UNLIMITED,
        spending: { operations: 0, bodyBytes: 0 },
      });
      return async () => (await sweep.run()).retired;
    },
  },
};

describe.each(Object.entries(PASSES))('retention %s', (_name, { openStore, passOn }) => {
  it('deletes finished jobs once they are older than the setting, and leaves nothing of them', async () => {
    const clock = frozenClock();
    const store = openStore();
    await someJobs(store, clock);
    const pass = passOn(store, clock);
    expect(await runDays(clock, DAYS + 1, pass)).toEqual([0, 0, 0, 0, 3]);
    const left = (await allKeysOf(store)).filter(key => !key.startsWith('sweep/'));
    expect(left).toEqual(['jobs/waits.json', expect.stringMatching(/^ready\/.*~waits$/)]);
  });

  it('deletes none without the setting', async () => {
    const clock = frozenClock();
    const store = openStore();
    await someJobs(store, clock);
    const pass = passOn(store, clock, null);
    expect(await runDays(clock, 6, pass)).toEqual(Array(6).fill(0));
  });

  it('keeps a job that was changed after it had finished for as long again', async () => {
    const clock = frozenClock();
    const store = openStore();
    const app = await someJobs(store, clock);
    const pass = passOn(store, clock);
    await runDays(clock, 2, pass);
    const { json } = await app.ask('GET', '/v1/jobs/done');
    await app.ask('PUT', '/v1/jobs/done', { json, headers: { 'If-Match': '*' } });
    expect(await runDays(clock, 5, pass)).toEqual([0, 0, 2, 0, 1]);
  });

  it('deletes no job early by more than some hours when the clock jumps by a year', async () => {
    const clock = frozenClock();
    const store = openStore();
    const app = await someJobs(store, clock);
    const pass = passOn(store, clock);
    await runDays(clock, 1, pass);
    clock.advance(365 * DAY);
    // Also where a job is written meanwhile, and where another process goes on.
    await app.create({ job_id: 'new', total_sheets: 1 });
    expect(await runDays(clock, 1, pass)).toEqual([0]);
    expect(await passOn(store, clock)()).toBe(0);
    clock.advance(-365 * DAY);
    expect(await runDays(clock, 1, passOn(store, clock))).toEqual([0]);
  });

  it('deletes at most 100 jobs in a pass', async () => {
    const clock = frozenClock();
    const store = openStore();
    const app = openApp({ store, clock });
    for (let nth = 0; nth < 110; nth++) {
      await app.create({ job_id: `job-${nth}`, status: 'cancelled', total_sheets: 1 });
    }
    const pass = passOn(store, clock);
    await runDays(clock, DAYS, pass);
    clock.advance(HOUR);
    expect([await pass(), await pass(), await pass()]).toEqual([100, 10, 0]);
  });

  it('leaves a job that is resumed while it is about to be deleted', async () => {
    const clock = frozenClock();
    const inner = openStore();
    const app = await someJobs(inner, clock);
    let isDue = false;
    const store: ObjectStore = {
      ...inner,
      async delete(key, ...rest) {
        if (isDue && key === 'jobs/failed.json') {
          isDue = false;
          await app.ask('POST', '/v1/jobs/failed/resume');
        }
        return inner.delete(key, ...rest);
      },
      async get(key) {
        if (isDue && key === 'jobs/failed.json' && !inner.traits.conditionalDelete) {
          isDue = false;
          await app.ask('POST', '/v1/jobs/failed/resume');
        }
        return inner.get(key);
      },
    };
    const pass = passOn(store, clock);
    await runDays(clock, DAYS, pass);
    clock.advance(HOUR);
    isDue = true;
    expect(await pass()).toBe(2);
    expect((await app.ask('GET', '/v1/jobs/failed')).json).toMatchObject({ status: 'paused' });
    expect((await app.ask('POST', '/v1/jobs/failed/lease', { json: { holder: 'w' } })).status).toBe(
      201,
    );
  });
});

describe('advanceTrust()', () => {
  it.each([
    ['follows the clock', 0, 60_000, 60_000],
    ['catches up by twice the time', -DAY, HOUR, HOUR * 2 - DAY],
    ['takes a longer gap as two hours', 0, 365 * DAY, 2 * HOUR],
    ['never goes past the clock', -60_000, HOUR, HOUR],
    ['goes back with the clock', 0, -DAY, -DAY],
  ])('advanceTrust() %s', (_name, behindMs, passedMs, expectedMs) => {
    const record = { trusted: afterNoon(behindMs), at: NOON };
    const trusted = advanceTrust(record, afterNoon(passedMs));
    expect(Date.parse(trusted) - Date.parse(NOON)).toBe(expectedMs);
  });

  it('advanceTrust() takes the clock without a record', () => {
    expect(advanceTrust(null, NOON)).toBe(NOON);
  });
});
