import { describe, expect, it } from 'vitest';
import { createProcessAvailability, TICK_MS } from '../../lib/availability/process.ts';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import { acquire, claimed, type Held, JOB, LEASE, update } from '../support/leasing.ts';

/** A process that has just begun to listen, on a store and a clock that outlive it. */
function start({ store, clock }: { store: ObjectStore; clock: MovableClock }) {
  const availability = createProcessAvailability(clock);
  const app = openApp({ store, clock, availability });
  availability.begin();
  return {
    app,
    /** Lets time pass with a timer that ticks as it should. */
    run: (milliseconds: number): void => {
      for (let passed = 0; passed < milliseconds; passed += TICK_MS) {
        clock.advance(TICK_MS);
        availability.tick();
      }
    },
  };
}

async function open(ttl_seconds = 60) {
  const store = createMemoryStore();
  const clock = frozenClock();
  const first = start({ store, clock });
  await first.app.create();
  const held = await acquire(first.app, { ttl_seconds });
  return { store, clock, held, ...first };
}

const beat = (app: AppClient, { headers }: Held) => app.ask('PUT', LEASE, { headers });
const others = (app: AppClient) => app.ask('POST', LEASE, { json: { holder: 'w-2' } });

describe('a service that was down for longer than a ttl', () => {
  async function restarted() {
    const world = await open();
    world.clock.advance(90_000);
    return { ...world, ...start(world) };
  }

  it('leaves the job to its holder, which goes on', async () => {
    const { app, held } = await restarted();
    await app.ask('POST', '/v1/sweep');
    expect((await beat(app, held)).status).toBe(200);
    expect((await update(app, 1, 'completed', held)).status).toBe(200);
  });

  it.each([
    ['acquired', others, 409],
    [
      'claimed',
      (app: AppClient) => app.ask('POST', '/v1/claims', { json: { holder: 'w-2' } }),
      204,
    ],
    ['written', (app: AppClient) => update(app, 1, 'completed'), 409],
    ['deleted', (app: AppClient) => app.ask('DELETE', JOB), 409],
  ])('lets the job not be %s by another within one ttl', async (_, act, status) => {
    const { app, held } = await restarted();
    expect((await act(app)).status).toBe(status);
    expect((await beat(app, held)).status).toBe(200);
  });

  it('shows the job running, and says by when it may be taken', async () => {
    const { app } = await restarted();
    expect((await app.ask('GET', JOB)).json).toMatchObject({ status: 'running' });
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({
      standing: 'stalled',
      next: expect.stringContaining('in 60 s'),
      evidence: expect.arrayContaining([expect.stringContaining('not taken before')]),
    });
    const stalled = await app.ask('GET', '/v1/jobs?standing=stalled');
    expect(stalled.json).toMatchObject({ jobs: [{ job_id: 'job-1' }] });
    const refused = await others(app);
    expect(refused.json).toMatchObject({ code: 'lease_held', expires_at: '2026-03-04T05:08:37Z' });
    expect(refused.header('retry-after')).toBe('60');
  });

  it('hands the job on one ttl after it listens again, where no holder comes', async () => {
    const { app, run } = await restarted();
    run(59_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0 });
    run(1000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1 });
    expect(await claimed(app)).toBe('job-1');
  });

  it('fails no job, however often it restarts', async () => {
    const world = await open(5);
    for (let time = 0; time < 4; time++) {
      world.clock.advance(6000);
      const { app } = start(world);
      await app.ask('POST', '/v1/sweep');
      expect((await beat(app, world.held)).status).toBe(200);
    }
    expect((await world.app.ask('GET', JOB)).json).toMatchObject({
      status: 'running',
      dalsegno: { recoveries: 0, epoch: 1 },
    });
  });
});

describe('a service that was suspended or stalled', () => {
  it('gives each lease one ttl from its first sign of life', async () => {
    const { app, clock, held } = await open(5);
    clock.advance(6000);
    expect((await others(app)).status).toBe(409);
    expect((await beat(app, held)).status).toBe(200);
  });

  it('hands a job on as ever where its timer ticks', async () => {
    const { app, run } = await open(5);
    run(10_000);
    expect((await others(app)).status).toBe(201);
  });

  it('leaves no dead holder its job because of gaps shorter than the time between renewals', async () => {
    const { app, clock, run } = await open();
    run(30_000);
    for (let time = 0; time < 3; time++) {
      clock.advance(3000);
      run(8000);
    }
    expect((await others(app)).status).toBe(201);
  });

  it('gives each lease one ttl where the clock jumps ahead', async () => {
    const { app, clock, held, run } = await open();
    run(5000);
    clock.advance(86_400_000);
    expect((await others(app)).status).toBe(409);
    expect((await beat(app, held)).status).toBe(200);
  });

  it('gives each lease one ttl where the clock jumps back', async () => {
    const { app, clock, held, run } = await open();
    run(5000);
    clock.advance(-86_400_000);
    expect((await others(app)).status).toBe(409);
    expect((await beat(app, held)).status).toBe(200);
  });

  it('hands a job on one ttl after the clock jumped back, and not when it comes by the old time', async () => {
    const { app, clock, run } = await open();
    run(30_000);
    clock.advance(-86_400_000);
    await others(app);
    run(60_000);
    expect((await others(app)).status).toBe(201);
  });
});

describe('a service whose store fails', () => {
  /** Fails calls for leases while its switch is on. */
  function brokenAtWill() {
    const inner = createMemoryStore();
    let broken = false;
    const store: ObjectStore = {
      ...inner,
      get(key) {
        if (broken && key.startsWith('leases/')) throw new StoreError('The medium is gone');
        return inner.get(key);
      },
    };
    return {
      store,
      fail: (value: boolean): void => {
        broken = value;
      },
    };
  }

  it('gives the lease one ttl from the last renewal that the store failed on', async () => {
    const { store, fail } = brokenAtWill();
    const clock = frozenClock();
    const { app, run } = start({ store, clock });
    await app.create();
    const held = await acquire(app);
    run(50_000);
    fail(true);
    expect((await beat(app, held)).status).toBe(503);
    run(20_000);
    fail(false);
    expect((await others(app)).status).toBe(409);
    expect((await beat(app, held)).status).toBe(200);
  });

  it('gives a lease nothing for the failed renewals of another', async () => {
    const { store, fail } = brokenAtWill();
    const clock = frozenClock();
    const { app, run } = start({ store, clock });
    await app.create();
    await acquire(app);
    await app.create({ job_id: 'job-2' });
    const other = await acquire(app, { path: '/v1/jobs/job-2' });
    run(60_000);
    fail(true);
    await app.ask('PUT', '/v1/jobs/job-2/lease', { headers: other.headers });
    fail(false);
    expect((await others(app)).status).toBe(201);
  });
});
