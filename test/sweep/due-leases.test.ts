import { describe, expect, it } from 'vitest';
import { createMissedRenewals } from '../../lib/availability/missed-renewals.ts';
import { createReportedAvailability } from '../../lib/availability/reported.ts';
import { UNLIMITED } from '../../lib/checkpoint/limits.ts';
import { createContext } from '../../lib/protocol/context.ts';
import { createProcessMemory } from '../../lib/storage/process-memory.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createR2Store } from '../../lib/stores/r2.ts';
import { createDueLeases } from '../../lib/sweep/due-leases.ts';
import { createBucketFake } from '../cost/bucket-fake.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire } from '../support/leasing.ts';
import { seededRandom } from '../support/random.ts';

const LIMITS = { most: 10, concurrency: 2 };
const START_MS = frozenClock().millis();

function open(store: ObjectStore = storeWithLabels()) {
  const clock = frozenClock();
  let interruptedAtMs: number | null = null;
  const availability = createReportedAvailability({
    interruptedAtMs: () => interruptedAtMs,
    missed: createMissedRenewals(),
  });
  const app = openApp({ store, clock, availability });
  const dueLeases = createDueLeases(
    createContext({
      store,
      clock,
      random: seededRandom(),
      memory: createProcessMemory({ cacheBytes: 1 << 20 }),
      limits: UNLIMITED,
      availability,
    }),
  );
  return {
    app,
    clock,
    store,
    recover: (limits = LIMITS) => dueLeases.recover(limits),
    interrupt: () => {
      interruptedAtMs = clock.millis();
    },
  };
}

async function hold(app: AppClient, jobId: string, ttlSeconds: number) {
  await app.create({ job_id: jobId });
  return acquire(app, { path: `/v1/jobs/${jobId}`, ttl_seconds: ttlSeconds });
}

describe('recover()', () => {
  it('recovers the jobs of leases that have ended, and says when the next one ends', async () => {
    const { app, clock, recover } = open();
    await hold(app, 'job-1', 5);
    await hold(app, 'job-2', 60);
    await hold(app, 'job-3', 20);
    clock.advance(5_000);
    expect(await recover()).toMatchObject({
      report: { examined: 3, recovered: 1, errors: 0, cursor: null },
      nextAtMs: START_MS + 20_000,
      left: 0,
    });
    expect((await app.ask('GET', '/v1/jobs/job-1')).json).toMatchObject({ status: 'paused' });
    expect((await app.ask('GET', '/v1/jobs/job-2')).json).toMatchObject({ status: 'running' });
  });

  it('does nothing a moment too early, and nothing twice', async () => {
    const { app, clock, recover } = open();
    await hold(app, 'job-1', 5);
    clock.advance(4_999);
    expect(await recover()).toMatchObject({ report: { recovered: 0 }, nextAtMs: START_MS + 5_000 });
    clock.advance(1);
    expect(await recover()).toMatchObject({ report: { recovered: 1 }, nextAtMs: null });
    expect(await recover()).toMatchObject({ report: { examined: 0, recovered: 0 } });
  });

  it('lets two runs at one time recover each job once', async () => {
    const { app, clock, recover } = open();
    await hold(app, 'job-1', 5);
    clock.advance(5_000);
    const runs = await Promise.all([recover(), recover()]);
    expect(runs.reduce((sum, { report }) => sum + report.recovered, 0)).toBe(1);
    expect(runs.reduce((sum, { report }) => sum + report.errors, 0)).toBe(0);
  });

  it('leaves those beyond the limit', async () => {
    const { app, clock, recover } = open();
    for (let nth = 0; nth < 5; nth += 1) await hold(app, `job-${nth}`, 5);
    clock.advance(5_000);
    expect(await recover({ ...LIMITS, most: 3 })).toMatchObject({
      report: { recovered: 3 },
      left: 2,
    });
    expect(await recover({ ...LIMITS, most: 3 })).toMatchObject({
      report: { recovered: 2 },
      left: 0,
    });
  });

  it('gives each lease one ttl after renewals may have been lost, once', async () => {
    const { app, clock, recover, interrupt } = open();
    await hold(app, 'job-1', 5);
    clock.advance(4_000);
    interrupt();
    clock.advance(1_000);
    expect(await recover()).toMatchObject({ report: { recovered: 0 }, nextAtMs: START_MS + 9_000 });
    clock.advance(4_000);
    expect(await recover()).toMatchObject({ report: { recovered: 1 } });
  });

  it('counts a job that cannot be changed as an error, and goes on with the others', async () => {
    const inner = storeWithLabels();
    let isBroken = false;
    const { app, clock, recover } = open({
      ...inner,
      put: (key, ...rest) =>
        isBroken && key === 'jobs/job-1.json'
          ? Promise.reject(new StoreError('Too many requests'))
          : inner.put(key, ...rest),
    });
    await hold(app, 'job-1', 5);
    await hold(app, 'job-2', 5);
    clock.advance(5_000);
    isBroken = true;
    expect(await recover()).toMatchObject({ report: { recovered: 1, errors: 1 } });
    isBroken = false;
    expect(await recover()).toMatchObject({ report: { recovered: 1, errors: 0 } });
  });
});

function storeWithLabels(): ObjectStore {
  return createR2Store({ bucket: createBucketFake() });
}
