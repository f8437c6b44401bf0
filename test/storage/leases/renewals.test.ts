import { describe, expect, it } from 'vitest';
import { createProcessAvailability } from '../../../lib/availability/process.ts';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { type AppClient, type AppClientOptions, openApp } from '../../support/app.ts';
import { frozenClock, type MovableClock } from '../../support/clock.ts';
import { countsOf, createCountingStore } from '../../support/counting-store.ts';
import { makeFolder } from '../../support/folder.ts';
import { acquire, beat, type Held, JOB, keysOf, LEASE, storedText } from '../../support/leasing.ts';
import { settled } from '../../support/settling/under-way.ts';
import { type ManualAlarm, manualAlarm } from '../manual-alarm.ts';

/** A process that keeps renewals in memory, and the lease of `job-1`, which it has just granted for a minute. */
interface Holding {
  readonly app: AppClient;
  readonly store: ObjectStore;
  readonly clock: MovableClock;
  readonly alarm: ManualAlarm;
  readonly held: Held;
  /** What other processes see of the lease. */
  readonly stored: () => Promise<Record<string, unknown>>;
  /** Another process on the same store. */
  readonly openOther: (options?: AppClientOptions) => AppClient & Pick<Holding, 'alarm'>;
}

async function hold(
  store: ObjectStore = createMemoryStore(),
  options: AppClientOptions = {},
): Promise<Holding> {
  const clock = options.clock === undefined ? frozenClock() : (options.clock as MovableClock);
  const alarm = manualAlarm(clock);
  const app = openApp({ store, clock, alarm: alarm.alarm, ...options });
  await app.create();
  const held = await acquire(app);
  let opened = 1;
  return {
    app,
    store,
    clock,
    alarm,
    held,
    stored: async () => JSON.parse(await storedText(store, held.key)),
    openOther(other = {}) {
      opened += 1;
      const otherAlarm = manualAlarm(clock);
      const client = openApp({ store, clock, seed: opened, alarm: otherAlarm.alarm, ...other });
      return { ...client, alarm: otherAlarm };
    },
  };
}

/** A memory store whose writes of leases fail, or wait, as long as the test says so. */
function troubledStore(): { store: ObjectStore; trouble: { fail: boolean; gate: Promise<void> } } {
  const inner = createMemoryStore();
  const trouble = { fail: false, gate: Promise.resolve() };
  return {
    trouble,
    store: {
      ...inner,
      async put(key, body, precondition, label) {
        if (key.startsWith('leases/')) {
          await trouble.gate;
          if (trouble.fail) throw new StoreError('The disk is full');
        }
        return inner.put(key, body, precondition, label);
      },
    },
  };
}

const SOON = { renewals: 0, renewed_at: '2026-03-04T05:06:07Z' };

describe('a renewal in memory', () => {
  it('costs one look at the version, and writes nothing', async () => {
    const counting = createCountingStore(createMemoryStore());
    const { app, held, clock, stored } = await hold(counting.store);
    clock.advance(10_000);
    counting.takeCalls();
    const renewed = await beat(app, held);
    expect(countsOf(counting.takeCalls())).toEqual({ 'head leases/': 1 });
    expect(renewed.json).toMatchObject({
      lease: { renewals: 1, renewed_at: '2026-03-04T05:06:17Z' },
      expires_at: '2026-03-04T05:07:17Z',
    });
    expect(await stored()).toMatchObject(SOON);
  });

  it('costs a batch one look at each version', async () => {
    const counting = createCountingStore(createMemoryStore());
    const { app, held } = await hold(counting.store);
    await app.create({ job_id: 'job-2' });
    const second = await acquire(app, { path: '/v1/jobs/job-2' });
    counting.takeCalls();
    const json = { beats: [{ token: held.token }, { token: second.token }] };
    const answer = await app.ask('POST', '/v1/heartbeats', { json });
    expect(answer.json).toMatchObject({ beats: [{ ok: true }, { ok: true }] });
    expect(countsOf(counting.takeCalls())).toEqual({ 'head leases/': 2 });
  });

  it('is stored a third of the ttl after the last write, together with those that came since', async () => {
    const { app, held, clock, alarm, stored } = await hold();
    for (const _ of [1, 2, 3]) {
      clock.advance(5000);
      await beat(app, held);
    }
    expect(alarm.nextInMs()).toBe(5000);
    await alarm.ring();
    expect(await stored()).toMatchObject(SOON);
    clock.advance(5000);
    await alarm.ring();
    expect(await stored()).toMatchObject({
      renewals: 3,
      renewed_at: '2026-03-04T05:06:22Z',
      expires_at: '2026-03-04T05:07:22Z',
    });
  });

  it('is stored at once behind the answer, where the last write is a third of the ttl old', async () => {
    const { app, held, clock, alarm, stored } = await hold();
    clock.advance(30_000);
    await beat(app, held);
    expect(await stored()).toMatchObject(SOON);
    expect(alarm.nextInMs()).toBe(0);
    await alarm.ring();
    expect(await stored()).toMatchObject({ renewals: 1, renewed_at: '2026-03-04T05:06:37Z' });
  });

  it('is written once per third of the ttl, however many come', async () => {
    const counting = createCountingStore(createMemoryStore());
    const { app, held, clock, alarm } = await hold(counting.store);
    counting.takeCalls();
    for (let seconds = 0; seconds < 200; seconds += 1) {
      clock.advance(1000);
      await beat(app, held);
      await alarm.ring();
    }
    expect(countsOf(counting.takeCalls())['put leases/']).toBeLessThanOrEqual(10);
  });

  it('is written before the answer, where the stored lease has less than a third of its ttl left', async () => {
    const { app, held, clock, stored } = await hold();
    clock.advance(40_001);
    await beat(app, held);
    expect(await stored()).toMatchObject({ renewals: 1 });
  });

  it('stays in memory, where the stored lease has exactly a third of its ttl left', async () => {
    const { app, held, clock, stored } = await hold();
    clock.advance(40_000);
    await beat(app, held);
    expect(await stored()).toMatchObject(SOON);
  });

  it('is written before the answer, where it has another ttl', async () => {
    const { app, held, stored } = await hold();
    await app.ask('PUT', LEASE, { headers: held.headers, json: { ttl_seconds: 300 } });
    expect(await stored()).toMatchObject({ renewals: 1, ttl_seconds: 300 });
  });

  it('is written before the answer, where the clock has gone back behind the last write', async () => {
    const { app, held, clock, stored } = await hold();
    clock.advance(-5000);
    await beat(app, held);
    expect(await stored()).toMatchObject({ renewals: 1 });
  });

  it('needs one write after a restart: another process may have stored the lease', async () => {
    const { held, clock, store, openOther } = await hold();
    clock.advance(10_000);
    const counting = createCountingStore(store);
    const restarted = openOther({ store: counting.store });
    counting.takeCalls();
    await beat(restarted, held);
    expect(countsOf(counting.takeCalls())).toEqual({ 'get leases/': 1, 'put leases/': 1 });
    await beat(restarted, held);
    expect(countsOf(counting.takeCalls())).toEqual({ 'head leases/': 1 });
  });

  it('renews a lease that a batch names twice in the order of the batch', async () => {
    const { app, held } = await hold();
    const beats = [{ token: held.token, ttl_seconds: 300 }, { token: held.token }];
    const answer = await app.ask('POST', '/v1/heartbeats', { json: { beats } });
    const lease = { ttl_seconds: 300, renewals: 2 };
    expect(answer.json).toMatchObject({ beats: [{ ok: true }, { ok: true, lease }] });
  });

  it('refuses another token as before', async () => {
    const { app, held } = await hold();
    const headers = { 'Lease-Token': `${held.token.slice(0, -1)}_` };
    expect((await app.ask('PUT', LEASE, { headers })).json).toMatchObject({ code: 'lease_lost' });
  });
});

describe('the process that has a renewal in memory', () => {
  it('does not take the job when the stored lease has expired', async () => {
    const { app, held, clock } = await hold();
    clock.advance(39_000);
    await beat(app, held);
    clock.advance(22_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0 });
    expect((await app.ask('POST', '/v1/claims', { json: { holder: 'w-2' } })).status).toBe(204);
    expect((await app.ask('POST', LEASE, { json: { holder: 'w-2' } })).status).toBe(409);
  });

  it('takes the job when the renewed lease has expired', async () => {
    const { app, held, clock, alarm } = await hold();
    clock.advance(10_000);
    await beat(app, held);
    clock.advance(60_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1 });
    await alarm.ring();
    expect((await beat(app, held)).json).toMatchObject({ code: 'lease_lost' });
  });

  it('shows it', async () => {
    const { app, held, clock } = await hold();
    clock.advance(10_000);
    await app.ask('PUT', LEASE, { headers: held.headers, json: { progress: 'half' } });
    expect((await app.ask('GET', `${JOB}/why`)).json).toMatchObject({
      lease: { progress: 'half', renewals: 1, expires_at: '2026-03-04T05:07:17Z' },
    });
  });

  it('writes the request of an operator together with it', async () => {
    const { app, held, clock, stored, alarm } = await hold();
    clock.advance(10_000);
    await beat(app, held);
    await app.ask('POST', `${JOB}/pause`);
    const expected = { renewals: 1, requested: 'pause', expires_at: '2026-03-04T05:07:17Z' };
    expect(await stored()).toMatchObject(expected);
    expect((await beat(app, held)).json).toMatchObject({ requested: 'pause' });
    clock.advance(20_000);
    await alarm.ring();
    expect(await stored()).toMatchObject({ renewals: 2, requested: 'pause' });
  });

  it('releases the job, and stores nothing afterwards', async () => {
    const { app, held, clock, alarm, store } = await hold();
    clock.advance(10_000);
    await beat(app, held);
    expect((await app.ask('DELETE', LEASE, { headers: held.headers })).status).toBe(204);
    clock.advance(20_000);
    await alarm.ring();
    expect(await keysOf(store, 'leases/')).toEqual([]);
  });

  it('stores it when it stops', async () => {
    const { app, held, stored } = await hold();
    await beat(app, held);
    await app.repository.flush();
    expect(await stored()).toMatchObject({ renewals: 1 });
  });

  it('counts a grant as used by it', async () => {
    const { app, held, clock } = await hold();
    await beat(app, held);
    clock.advance(60_000);
    await app.ask('POST', '/v1/sweep');
    const job = (await app.ask('GET', JOB)).json;
    expect(job).toMatchObject({ dalsegno: { recoveries: 1 } });
  });
});

/** Two handles of one store, as two processes have them. */
const MEDIA = {
  async memory() {
    const store = createMemoryStore();
    return [store, store] as const;
  },
  async folder() {
    const place = await makeFolder();
    return [await place.open(), await place.open()] as const;
  },
};

describe.each(Object.entries(MEDIA))('another process on the same %s', (_name, openBoth) => {
  /** As `hold`, where the other process has a handle of its own. */
  async function holdInOne(): Promise<Holding> {
    const [store, second] = await openBoth();
    const holding = await hold(store);
    return { ...holding, openOther: () => holding.openOther({ store: second }) };
  }

  it('never sees the lease expired while its holder renews it', async () => {
    const { app, held, clock, alarm, stored, openOther } = await holdInOne();
    const other = openOther();
    for (let beats = 0; beats < 20; beats += 1) {
      for (let seconds = 0; seconds < 19; seconds += 1) {
        clock.advance(1000);
        await alarm.ring();
        const { expires_at } = await stored();
        expect(Date.parse(String(expires_at)) - clock.millis()).toBeGreaterThan(20_000);
      }
      expect((await other.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0 });
      expect((await beat(app, held)).status).toBe(200);
    }
  });

  it('sees a renewal a third of the ttl later at the latest', async () => {
    const { app, held, clock, alarm, stored } = await holdInOne();
    clock.advance(1);
    const renewed = await beat(app, held);
    clock.advance(20_000);
    await alarm.ring();
    expect(renewed.json).toMatchObject({ expires_at: (await stored())['expires_at'] });
  });

  it('asks the holder for a pause, which it gets with its next heartbeat', async () => {
    const { app, held, clock, openOther, stored } = await holdInOne();
    clock.advance(5000);
    await beat(app, held);
    const other = openOther();
    await other.ask('POST', `${JOB}/pause`);
    const renewed = await beat(app, held);
    expect(renewed.json).toMatchObject({ requested: 'pause', lease: { renewals: 2 } });
    expect(await stored()).toMatchObject({ requested: 'pause' });
  });

  it('ends the lease, which the holder gets to know with its next heartbeat', async () => {
    const { app, held, openOther } = await holdInOne();
    await beat(app, held);
    await openOther().ask('POST', `${JOB}/cancel?force=true`);
    expect((await beat(app, held)).json).toMatchObject({ code: 'lease_lost' });
  });

  it('removes the lease object, and no renewal brings it back', async () => {
    const { app, held, clock, store, alarm } = await holdInOne();
    await beat(app, held);
    await store.delete(held.key, { kind: 'none' });
    clock.advance(20_000);
    await alarm.ring();
    expect((await beat(app, held)).json).toMatchObject({ code: 'lease_lost' });
    expect(await keysOf(store, 'leases/')).toEqual([]);
  });

  it('takes the job of a process that was stopped for longer than the ttl, and keeps it', async () => {
    const { app, held, clock, alarm, openOther } = await holdInOne();
    clock.advance(39_000);
    await beat(app, held);
    clock.advance(21_000);
    const taken = await openOther().ask('POST', LEASE, { json: { holder: 'w-2' } });
    expect(taken.status).toBe(201);
    await alarm.ring();
    expect((await beat(app, held)).json).toMatchObject({ code: 'lease_lost' });
    const update = { json: { status: 'completed' }, headers: held.headers };
    expect((await app.ask('PUT', `${JOB}/sheets/1`, update)).status).toBe(409);
  });

  it('renews the same lease, and no renewal is lost', async () => {
    const { app, held, clock, alarm, stored, openOther } = await holdInOne();
    const other = openOther();
    for (let time = 0; time < 30; time += 1) {
      clock.advance(2000);
      expect((await beat(time % 2 === 0 ? app : other, held)).status).toBe(200);
      await alarm.ring();
      await other.alarm.ring();
    }
    await app.repository.flush();
    await other.repository.flush();
    expect(await stored()).toMatchObject({ renewals: 30, renewed_at: '2026-03-04T05:07:07Z' });
  });

  it('gives the lease another ttl, which counts for the renewals in memory', async () => {
    const { app, held, clock, alarm, stored, openOther } = await holdInOne();
    const other = openOther();
    await other.ask('PUT', LEASE, { headers: held.headers, json: { ttl_seconds: 300 } });
    clock.advance(10_000);
    expect((await beat(app, held)).json).toMatchObject({ expires_at: '2026-03-04T05:11:17Z' });
    clock.advance(90_000);
    await alarm.ring();
    expect(await stored()).toMatchObject({ ttl_seconds: 300, expires_at: '2026-03-04T05:11:17Z' });
  });
});

describe('a store that fails', () => {
  it('fails the next heartbeat of a lease whose renewal it did not take, and no other', async () => {
    const { store, trouble } = troubledStore();
    const { app, held, clock, alarm, stored } = await hold(store);
    await app.create({ job_id: 'job-2' });
    clock.advance(15_000);
    const second = await acquire(app, { path: '/v1/jobs/job-2' });
    clock.advance(5000);
    await beat(app, held);
    await beat(app, second, '/v1/jobs/job-2');
    trouble.fail = true;
    await alarm.ring();
    expect((await beat(app, held)).status).toBe(503);
    expect((await beat(app, second, '/v1/jobs/job-2')).status).toBe(200);
    trouble.fail = false;
    expect((await beat(app, held)).status).toBe(200);
    expect(await stored()).toMatchObject({ renewals: 2 });
    await beat(app, held);
    expect(await stored()).toMatchObject({ renewals: 2 });
  });

  it('costs no holder its job, whose renewal it did not take', async () => {
    const { store, trouble } = troubledStore();
    const clock = frozenClock();
    const availability = createProcessAvailability(clock);
    const { app, held, alarm } = await hold(store, { clock, availability });
    const statuses: number[] = [];
    for (let second = 0; second < 200; second += 1) {
      clock.advance(1000);
      availability.tick();
      trouble.fail = second >= 100;
      if (second % 20 === 0) statuses.push((await beat(app, held)).status);
      await alarm.ring();
    }
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 503, 503, 503, 503]);
    trouble.fail = false;
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0 });
    expect((await beat(app, held)).status).toBe(200);
  });

  it('loses the answer to a write that it carried out, and the renewals count once', async () => {
    const inner = createMemoryStore();
    let isLosing = false;
    const store: ObjectStore = {
      ...inner,
      async get(key) {
        if (isLosing) throw new StoreError('The connection was lost');
        return inner.get(key);
      },
      async put(key, body, precondition) {
        const version = await inner.put(key, body, precondition);
        if (isLosing) throw new StoreError('The connection was lost');
        return version;
      },
    };
    const { app, held, clock, alarm, stored } = await hold(store);
    clock.advance(20_000);
    await beat(app, held);
    await beat(app, held);
    isLosing = true;
    await alarm.ring();
    isLosing = false;
    expect((await beat(app, held)).json).toMatchObject({ lease: { renewals: 3 } });
    expect(await stored()).toMatchObject({ renewals: 3 });
  });

  it('is slow to end the lease, and the heartbeat that comes meanwhile waits and is refused', async () => {
    const { store, trouble } = troubledStore();
    const { app, held } = await hold(store);
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.gate = promise;
    const cancelled = app.ask('POST', `${JOB}/cancel?force=true`);
    await settled();
    const beating = beat(app, held);
    await settled();
    resolve();
    expect((await cancelled).status).toBe(200);
    expect((await beating).json).toMatchObject({ code: 'lease_lost' });
  });

  it('is slow to store a renewal, and more come meanwhile', async () => {
    const { store, trouble } = troubledStore();
    const { app, held, clock, alarm, stored } = await hold(store);
    clock.advance(20_000);
    await beat(app, held);
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.gate = promise;
    const stored20 = alarm.ring();
    await settled();
    expect((await beat(app, held)).json).toMatchObject({ lease: { renewals: 2 } });
    resolve();
    await stored20;
    expect(await stored()).toMatchObject({ renewals: 1 });
    clock.advance(20_000);
    await alarm.ring();
    expect(await stored()).toMatchObject({ renewals: 2 });
  });
});
