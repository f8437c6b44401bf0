import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, beat, storeWithoutSwap, VOLATILE_LIMITS, write } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { tokensOf } from '../support/tokens.ts';

const NO_JOBS = {
  pending: 0,
  running: 0,
  completed: 0,
  failed: 0,
  paused: 0,
  paused_at_chain: 0,
  cancelled: 0,
};
const NO_STANDING = {
  held: 0,
  stalled: 0,
  ending: 0,
  zombie: 0,
  unleased: 0,
  waiting: 0,
  resting: 0,
  finished: 0,
};

describe('GET /v1/stats', () => {
  it('answers every count where there is no job', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    expect(await app.ask('GET', '/v1/stats')).toMatchObject({
      status: 200,
      type: 'application/json',
      json: {
        jobs: NO_JOBS,
        total: 0,
        standing: NO_STANDING,
        oldest_waiting_at: null,
        leases: { live: 0, stalled: 0 },
        corrupt: 0,
        at_least: false,
        false_alarms: { count: 0, worst_late_seconds: 0 },
        late_renewals: { count: 0, worst_late_seconds: 0 },
        sweep: null,
        doctor: null,
        store: {
          name: app.store.traits.name,
          leases: true,
          compare_and_swap: true,
          read_after_write: true,
        },
        limits: expect.any(Array),
        poll_seconds: 5,
        server_time: clock.now(),
      },
    });
  });

  it('counts jobs by status and by standing', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create({ job_id: 'first' });
    const since = clock.now();
    clock.advance(1_000);
    await app.create({ job_id: 'second' });
    await app.create({ job_id: 'rests', status: 'paused' });
    await app.create({ job_id: 'done', status: 'completed' });
    for (const job_id of ['dies', 'stalls', 'holds']) await app.create({ job_id });
    await acquire(app, { path: '/v1/jobs/dies', ttl_seconds: 5 });
    await acquire(app, { path: '/v1/jobs/stalls' });
    clock.advance(45_000);
    await acquire(app, { path: '/v1/jobs/holds' });
    const counted = {
      jobs: { ...NO_JOBS, pending: 2, running: 3, paused: 1, completed: 1 },
      total: 7,
      standing: {
        ...NO_STANDING,
        waiting: 2,
        resting: 1,
        finished: 1,
        zombie: 1,
        stalled: 1,
        held: 1,
      },
      oldest_waiting_at: since,
      leases: { live: 2, stalled: 1 },
    };
    expect((await app.ask('GET', '/v1/stats')).json).toMatchObject(counted);
    // From memory, where the process remembers it.
    expect((await app.ask('GET', '/v1/stats')).json).toMatchObject(counted);
    await app.ask('DELETE', '/v1/jobs/done');
    expect((await app.ask('GET', '/v1/stats')).json).toMatchObject({
      total: 6,
      standing: { finished: 0 },
    });
  });

  it('counts objects that are no states', async () => {
    const app = openApp();
    await app.create();
    await write(app.store, 'jobs/broken.json', '{');
    expect((await app.ask('GET', '/v1/stats')).json).toMatchObject({ total: 1, corrupt: 1 });
  });

  it('answers the last sweep and the last diagnosis with their time', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await beat(app, await acquire(app, { ttl_seconds: 5 }));
    clock.advance(6_000);
    const swept = await app.ask('POST', '/v1/sweep');
    const sweptAt = clock.now();
    clock.advance(1_000);
    const examined = await app.ask('POST', '/v1/doctor?list_keys=2');
    expect((await app.ask('GET', '/v1/stats')).json).toMatchObject({
      sweep: { at: sweptAt, ...Object(swept.json), recovered: 1 },
      doctor: { at: clock.now(), ...Object(examined.json) },
    });
  });

  it('shows a token with a prefix nothing of other jobs', async () => {
    const tokens = await tokensOf({ all: 'admin', mine: 'read:a-' });
    const app = openApp({ access: tokens.list });
    const headers = tokens.as('all');
    for (const job_id of ['a-1', 'b-1', 'b-2']) {
      await app.ask('POST', '/v1/jobs', { json: aState({ job_id }), headers });
    }
    await app.ask('POST', '/v1/jobs/b-1/lease', { json: { holder: 'w-1' }, headers });
    await app.ask('POST', '/v1/sweep', { headers });
    await app.ask('POST', '/v1/doctor?list_keys=2', { headers });
    await write(app.store, 'jobs/broken.json', '{');
    expect((await app.ask('GET', '/v1/stats', { headers: tokens.as('mine') })).json).toMatchObject({
      jobs: { ...NO_JOBS, pending: 1 },
      total: 1,
      standing: { ...NO_STANDING, waiting: 1 },
      leases: { live: 0, stalled: 0 },
      corrupt: null,
      false_alarms: null,
      late_renewals: null,
      sweep: null,
      doctor: null,
    });
    expect((await app.ask('GET', '/v1/stats', { headers })).json).toMatchObject({
      total: 3,
      corrupt: 1,
      leases: { live: 1 },
      sweep: { examined: 1 },
      doctor: { leases: true },
    });
  });

  it('answers on a store without leases', async () => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create();
    expect((await app.ask('GET', '/v1/stats')).json).toMatchObject({
      jobs: { pending: 1 },
      standing: { resting: 1 },
      store: { leases: false, compare_and_swap: false },
      limits: [expect.stringContaining('501'), ...VOLATILE_LIMITS],
    });
  });

  it('takes no parameters and no other method, and wants a token with the scope read', async () => {
    const app = openApp();
    const refused = aProblem({ status: 422, code: 'invalid', path: '?view' });
    expect(await app.ask('GET', '/v1/stats?view=live')).toMatchObject(refused);
    expect((await app.ask('HEAD', '/v1/stats')).status).toBe(200);
    expect((await app.ask('POST', '/v1/stats')).status).toBe(405);
    const tokens = await tokensOf({ mine: 'read' });
    const guarded = openApp({ access: tokens.list });
    expect((await guarded.ask('GET', '/v1/stats')).status).toBe(401);
    const headers = tokens.as('mine');
    expect((await guarded.ask('GET', '/v1/stats', { headers })).status).toBe(200);
  });
});
