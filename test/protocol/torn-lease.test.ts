import { describe, expect, it } from 'vitest';
import { createProcessAvailability } from '../../lib/availability/process.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { manualAlarm } from '../storage/manual-alarm.ts';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, type MovableClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  type Held,
  JOB,
  keysOf,
  LEASE,
  load,
  storedText,
  update,
  write,
} from '../support/leasing.ts';

/** What a crash of the machine leaves of a lease object. */
const REMAINS: readonly (readonly [what: string, text: string])[] = [
  ['nothing', ''],
  ['a beginning', '{"job_id":"job-1","lease_id":"'],
  ['zeros', '\0'.repeat(400)],
];

interface Restarted {
  readonly app: AppClient;
  readonly store: ObjectStore;
  readonly clock: MovableClock;
  readonly held: Held;
  /** Lets time pass, in which the service runs. */
  readonly pass: (seconds: number) => void;
}

/**
 * A service that starts after the machine crashed and left this of the lease of `job-1`. Each read of the job takes it
 * so many milliseconds.
 */
async function restart(remains = '', readMs = 0): Promise<Restarted> {
  const inner = createMemoryStore();
  const store: ObjectStore = {
    ...inner,
    async get(key) {
      if (key.startsWith('jobs/')) clock.advance(readMs);
      return inner.get(key);
    },
  };
  const clock = frozenClock();
  const before = openApp({ store, clock });
  await before.create();
  const held = await acquire(before, { ttl_seconds: 600 });
  await beat(before, held);
  await write(store, held.key, remains);
  clock.advance(3_600_000);
  const availability = createProcessAvailability(clock);
  const { alarm } = manualAlarm(clock);
  const app = openApp({ store, clock, availability, alarm, seed: 2 });
  return {
    app,
    store,
    clock,
    held,
    pass(seconds) {
      for (let second = 0; second < seconds; second += 1) {
        clock.advance(1000);
        availability.tick();
      }
    },
  };
}

describe('a lease object that a crash of the machine has torn', () => {
  it.each(REMAINS)(
    'is that of a held job for a minute from the start: %s',
    async (_what, remains) => {
      const { app, pass } = await restart(remains);
      pass(59);
      expect((await load(app)).json).toMatchObject({ status: 'running' });
      expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0 });
      expect((await app.ask('POST', '/v1/claims', { json: { holder: 'w-2' } })).status).toBe(204);
      expect((await app.ask('POST', LEASE, { json: { holder: 'w-2' } })).json).toMatchObject({
        code: 'lease_held',
        holder: 'w-1',
      });
    },
  );

  it.each(REMAINS)('loses its job a minute after the start: %s', async (_what, remains) => {
    const { app, store, held, pass } = await restart(remains);
    pass(60);
    expect((await load(app)).json).toMatchObject({ status: 'paused' });
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1 });
    expect(await keysOf(store, 'leases/')).toEqual([]);
    expect((await beat(app, held)).json).toMatchObject({ code: 'lease_lost' });
  });

  it.each(REMAINS)('is renewed by its holder: %s', async (_what, remains) => {
    const { app, store, held, pass } = await restart(remains);
    pass(10);
    const renewed = await beat(app, held);
    expect(renewed.json).toMatchObject({
      lease: { job_id: 'job-1', holder: 'w-1', epoch: 1, ttl_seconds: 60 },
      expires_at: '2026-03-04T06:07:17Z',
    });
    expect(renewed.text).not.toContain('late_renewals');
    expect(JSON.parse(await storedText(store, held.key))).toMatchObject({ lease_id: held.leaseId });
    pass(59);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0, faults: [] });
  });

  it('is not late, however long its job takes to read', async () => {
    const { app, held } = await restart('', 500);
    expect((await beat(app, held)).text).not.toContain('late_renewals');
  });

  it('is renewed in a batch', async () => {
    const { app, held } = await restart();
    const beats = [{ token: held.token, ttl_seconds: 600 }];
    const answer = await app.ask('POST', '/v1/heartbeats', { json: { beats } });
    expect(answer.json).toMatchObject({ beats: [{ ok: true, lease: { ttl_seconds: 600 } }] });
  });

  it('is not renewed with another token', async () => {
    const { app, store, held } = await restart();
    const headers = { 'Lease-Token': `${held.token.slice(0, -1)}_` };
    expect((await app.ask('PUT', LEASE, { headers })).json).toMatchObject({ code: 'lease_lost' });
    expect(await storedText(store, held.key)).toBe('');
  });

  it('is stored again by a sweep, and its fault is reported once', async () => {
    const { app, held } = await restart();
    const first = await app.ask('POST', '/v1/sweep');
    expect(first.json).toMatchObject({ recovered: 0, faults: [{ lease: held.key }] });
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 0, faults: [] });
  });

  it('passes the request of an operator to its holder', async () => {
    const { app, held } = await restart();
    expect((await app.ask('POST', `${JOB}/pause`)).status).toBe(202);
    expect((await beat(app, held)).json).toMatchObject({ requested: 'pause' });
  });

  it('is ended by an operator', async () => {
    const { app, held } = await restart();
    const cancelled = await app.ask('POST', `${JOB}/cancel?force=true`);
    expect(cancelled.json).toMatchObject({ status: 'cancelled' });
    expect((await beat(app, held)).json).toMatchObject({ code: 'lease_lost' });
  });

  it('lets its holder go on and release the job', async () => {
    const { app, store, held } = await restart();
    expect((await update(app, 1, 'completed', held)).status).toBe(200);
    expect((await app.ask('DELETE', LEASE, { headers: held.headers })).status).toBe(204);
    expect(await keysOf(store, 'leases/')).toEqual([]);
  });

  it('is removed, where its job does not name it', async () => {
    const { app, store } = await restart();
    await write(store, `leases/job-1.${'f'.repeat(32)}.json`, '');
    await app.ask('POST', '/v1/sweep');
    expect(await keysOf(store, 'leases/')).toHaveLength(1);
  });
});
