import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { claim, claimed, keysOf, LEASE, load } from '../support/leasing.ts';
import { openSecondProcess } from '../support/second-process.ts';

describe('POST /v1/claims', () => {
  it('POST answers 204 without a body when no job waits', async () => {
    const app = openApp();
    const answer = await app.ask('POST', '/v1/claims', { json: { holder: 'w-1' } });
    expect([answer.status, answer.text]).toEqual([204, '']);
  });

  it('POST answers the lease, its token, the state, the next sheet and when to renew', async () => {
    const app = openApp();
    await app.create();
    const { answer } = await claim(app, { ttl_seconds: 30 });
    expect(answer.json).toEqual({
      lease: expect.objectContaining({ job_id: 'job-1', epoch: 1, holder: 'w-1', ttl_seconds: 30 }),
      token: expect.stringMatching(/^dsl_/),
      state: (await load(app)).json,
      next_sheet: 1,
      server_time: '2026-03-04T05:06:07Z',
      expires_at: '2026-03-04T05:06:37Z',
      renew_after_ms: 10_000,
    });
    expect(answer.header('etag')).toBe((await load(app)).header('etag'));
  });

  it('POST gives the jobs that wait in the order in which they began to', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    const ids = ['c', 'a', 'd', 'b'];
    for (const job_id of ids) {
      await app.create({ job_id });
      clock.advance(1);
    }
    const got = [await claimed(app), await claimed(app), await claimed(app), await claimed(app)];
    expect(got).toEqual(ids);
    expect(await claimed(app)).toBeNull();
  });

  it('POST gives a job that was handed back after those that waited already', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const { headers } = await claim(app);
    clock.advance(1);
    await app.create({ job_id: 'job-2' });
    clock.advance(1);
    await app.ask('DELETE', LEASE, { headers });
    expect([await claimed(app), await claimed(app)]).toEqual(['job-2', 'job-1']);
  });

  it('POST gives jobs of the name that is asked for alone', async () => {
    const app = openApp();
    await app.create({ job_id: 'a', job_name: 'one' });
    await app.create({ job_id: 'b', job_name: 'two' });
    await app.create({ job_id: 'c', job_name: 'two' });
    const job_name = 'two';
    const got = [await claimed(app, { job_name }), await claimed(app, { job_name })];
    expect(got).toEqual(['b', 'c']);
    expect(await claimed(app, { job_name })).toBeNull();
    expect(await claimed(app)).toBe('a');
  });

  it('POST gives what it passed over for its name to who asks for that', async () => {
    const app = openApp();
    await app.create({ job_id: 'a', job_name: 'one' });
    expect(await claimed(app, { job_name: 'two' })).toBeNull();
    expect(await claimed(app, { job_name: 'one' })).toBe('a');
  });

  it('POST takes an empty job_name for a name, and null for any', async () => {
    const app = openApp();
    await app.create({ job_id: 'a', job_name: 'one' });
    expect(await claimed(app, { job_name: '' })).toBeNull();
    expect(await claimed(app, { job_name: null })).toBe('a');
  });

  it('POST gives each job to one of many who ask at once', async () => {
    const app = openApp();
    const ids = Array.from({ length: 10 }, (_, index) => `job-${index}`);
    for (const job_id of ids) await app.create({ job_id });
    const got = await Promise.all(Array.from({ length: 15 }, () => claimed(app)));
    expect(got.filter(id => id !== null).toSorted()).toEqual(ids);
  });

  it('POST gives one job to one of two processes that ask at once', async () => {
    const first = openApp();
    const second = openSecondProcess(first.store);
    await first.create();
    const got = await Promise.all([first, second, first, second].map(app => claimed(app)));
    expect(got.filter(id => id !== null)).toEqual(['job-1']);
  });

  it('POST leaves no hint behind', async () => {
    const app = openApp();
    await app.create();
    await claim(app);
    expect(await keysOf(app.store, 'ready/')).toEqual([]);
  });

  it('POST gives a job that another process has created since the last claim', async () => {
    const app = openApp();
    await app.create();
    await claim(app);
    await openApp({ store: app.store }).create({ job_id: 'job-2' });
    expect(await claimed(app)).toBe('job-2');
  });
});
