import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, steppingClock } from '../support/clock.ts';
import { acquire, beat, keysOf, storeWithoutSwap } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { tokensOf } from '../support/tokens.ts';
import { ids, page, walk } from './list-pages.ts';

interface LiveRow {
  readonly job_id: string;
  readonly standing: string;
}

async function standings(app: AppClient, query = ''): Promise<Readonly<Record<string, string>>> {
  const { jobs } = await page(app, `?view=live${query}`);
  const rows: readonly LiveRow[] = JSON.parse(JSON.stringify(jobs));
  return Object.fromEntries(rows.map(({ job_id, standing }) => [job_id, standing]));
}

/** One job of each standing that a test can make by calls alone. */
async function openWithStandings() {
  const clock = frozenClock();
  const app = openApp({ clock });
  await app.create({ job_id: 'waits' });
  await app.create({ job_id: 'rests', status: 'paused' });
  await app.create({ job_id: 'done', status: 'completed' });
  await app.create({ job_id: 'runs', status: 'running' });
  for (const job_id of ['dies', 'stalls', 'holds']) await app.create({ job_id });
  const held = async (job: string, ttl_seconds: number) => {
    const path = `/v1/jobs/${job}`;
    return acquire(app, { path, holder: `w-${job}`, ttl_seconds });
  };
  await beat(app, await held('dies', 5), '/v1/jobs/dies');
  await held('stalls', 60);
  clock.advance(45_000);
  await held('holds', 60);
  return { app, clock };
}

const EXPECTED = {
  waits: 'waiting',
  rests: 'resting',
  done: 'finished',
  runs: 'unleased',
  dies: 'zombie',
  stalls: 'stalled',
  holds: 'held',
};

describe('a live list', () => {
  it('GET answers the standing of every job', async () => {
    const { app } = await openWithStandings();
    expect(await standings(app)).toEqual(EXPECTED);
  });

  it('GET answers the lease, the place in the queue and the last activity of each job', async () => {
    const { app, clock } = await openWithStandings();
    const answer = await app.ask('GET', '/v1/jobs?view=live&q=holds');
    expect(answer.json).toEqual({
      jobs: [
        expect.objectContaining({
          job_id: 'holds',
          status: 'running',
          holder: 'w-holds',
          standing: 'held',
          lease: {
            expires_at: expect.any(String),
            renewed_at: clock.now(),
            ttl_seconds: 60,
          },
          waiting_since: null,
          delayed_until: null,
          last_activity_at: expect.any(String),
        }),
      ],
      corrupt: [],
      next_cursor: null,
      server_time: clock.now(),
    });
    const [waiting] = (await page(app, '?view=live&q=waits')).jobs;
    const { updated_at: since } = JSON.parse(JSON.stringify(waiting));
    expect(waiting).toMatchObject({ lease: null, waiting_since: since, last_activity_at: since });
  });

  it('GET answers until when an unused grant delays the next one', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app, { ttl_seconds: 5 });
    clock.advance(5_000);
    await app.ask('POST', '/v1/sweep');
    const why = (await app.ask('GET', '/v1/jobs/job-1/why')).json as { delayed_until: string };
    expect(why.delayed_until).not.toBeNull();
    const [job] = (await page(app, '?view=live')).jobs;
    expect(job).toMatchObject({ standing: 'waiting', delayed_until: why.delayed_until });
    clock.advance(1_001);
    const [later] = (await page(app, '?view=live')).jobs;
    expect(later).toMatchObject({ standing: 'waiting', delayed_until: null });
  });

  it('GET shows a job whose lease is gone as a zombie', async () => {
    const app = openApp();
    await app.create();
    await acquire(app);
    for (const key of await keysOf(app.store, 'leases/'))
      await app.store.delete(key, { kind: 'none' });
    const [job] = (await page(app, '?view=live')).jobs;
    expect(job).toMatchObject({ standing: 'zombie', lease: null, holder: 'w-1' });
  });

  it('GET answers on a store without leases', async () => {
    const app = openApp({ store: storeWithoutSwap() });
    await app.create({ job_id: 'a' });
    await app.create({ job_id: 'b', status: 'running' });
    await app.create({ job_id: 'c', status: 'failed' });
    expect(await standings(app)).toEqual({ a: 'resting', b: 'unleased', c: 'finished' });
    expect(await ids(app, '?standing=unleased')).toEqual(['b']);
  });

  it('GET has no member of a live list in the other views', async () => {
    const { app } = await openWithStandings();
    const text = JSON.stringify((await page(app, '?view=summary')).jobs);
    expect(text).not.toMatch(/standing|waiting_since|delayed_until|lease_id|lease_key/);
  });

  it('GET answers in pages', async () => {
    const { app } = await openWithStandings();
    const found = await walk(app, 'view=live&limit=2');
    expect(found.toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });
});

describe('a filter by standing', () => {
  it.each(Object.entries(EXPECTED))('finds %s as %s, in every view', async (job, standing) => {
    const { app } = await openWithStandings();
    expect(await ids(app, `?standing=${standing}`)).toEqual([job]);
    expect(await ids(app, `?standing=${standing}&view=live`)).toEqual([job]);
    expect(await ids(app, `?standing=${standing}&view=full`)).toEqual([job]);
  });

  it('takes several, with commas or repeated', async () => {
    const { app } = await openWithStandings();
    const both = ['dies', 'stalls'];
    expect((await ids(app, '?standing=zombie,stalled')).toSorted()).toEqual(both);
    expect((await ids(app, '?standing=zombie&standing=stalled')).toSorted()).toEqual(both);
    expect(await ids(app, '?standing=zombie,stalled&holder=w-dies')).toEqual(['dies']);
  });

  it.each(['', 'corrupt', 'Held', 'held,'])('is refused where it is none: %s', async standing => {
    const answer = await openApp().ask('GET', `/v1/jobs?standing=${standing}`);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '?standing' }));
  });
});

describe('the ETag of a list', () => {
  it.each(['', '?view=live', '?standing=waiting', '?q=job&order=oldest'])(
    'answers 304 while nothing changes: %s',
    async query => {
      const app = openApp();
      await app.create();
      const first = await app.ask('GET', `/v1/jobs${query}`);
      const headers = { 'If-None-Match': first.header('etag') ?? '' };
      const again = await app.ask('GET', `/v1/jobs${query}`, { headers });
      expect(again).toMatchObject({ status: 304, text: '' });
      expect(again.header('etag')).toBe(first.header('etag'));
      await app.ask('PUT', '/v1/jobs/job-1/sheets/1', { json: { status: 'in_progress' } });
      const changed = await app.ask('GET', `/v1/jobs${query}`, { headers });
      expect(changed.status).toBe(200);
      expect(changed.header('etag')).not.toBe(first.header('etag'));
    },
  );

  it('is on an answer to HEAD too', async () => {
    const app = openApp();
    await app.create();
    const got = await app.ask('GET', '/v1/jobs?view=live');
    const head = await app.ask('HEAD', '/v1/jobs?view=live');
    expect(head).toMatchObject({ status: 200, text: '' });
    expect(head.header('etag')).toBe(got.header('etag'));
  });

  it('changes with a heartbeat in a live list alone', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const held = await acquire(app);
    const tags = async (view: string) =>
      (await app.ask('GET', `/v1/jobs?view=${view}`)).header('etag');
    const before = { live: await tags('live'), summary: await tags('summary') };
    clock.advance(1_000);
    await beat(app, held);
    expect(await tags('live')).not.toBe(before.live);
    expect(await tags('summary')).toBe(before.summary);
  });

  it('changes when a lease becomes overdue, and not when time passes else', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    await acquire(app);
    const tag = async () => (await app.ask('GET', '/v1/jobs?view=live')).header('etag');
    const before = await tag();
    clock.advance(39_000);
    expect(await tag()).toBe(before);
    clock.advance(2_000);
    expect(await tag()).not.toBe(before);
  });

  it('changes when a job is deleted', async () => {
    const app = openApp();
    await app.create();
    const first = await app.ask('GET', '/v1/jobs');
    await app.ask('DELETE', '/v1/jobs/job-1');
    const headers = { 'If-None-Match': first.header('etag') ?? '' };
    expect((await app.ask('GET', '/v1/jobs', { headers })).json).toMatchObject({ jobs: [] });
  });

  it('is another one for another query, and for another prefix', async () => {
    const tokens = await tokensOf({ all: 'admin', mine: 'read:a-', theirs: 'read:b-' });
    const app = openApp({ access: tokens.list, clock: steppingClock() });
    const json = aState({ job_id: 'a-1' });
    await app.ask('POST', '/v1/jobs', { json, headers: tokens.as('all') });
    const tag = async (name: 'all' | 'mine' | 'theirs', query = '') =>
      (await app.ask('GET', `/v1/jobs${query}`, { headers: tokens.as(name) })).header('etag');
    const all = [
      await tag('all'),
      await tag('mine'),
      await tag('theirs'),
      await tag('theirs', '?q=x'),
      await tag('mine', '?q=a'),
    ];
    expect(new Set(all).size).toBe(all.length);
    const headers = { ...tokens.as('theirs'), 'If-None-Match': all[0] ?? '' };
    expect((await app.ask('GET', '/v1/jobs', { headers })).status).toBe(200);
  });
});
