import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { frozenClock, steppingClock } from '../support/clock.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { tokensOf } from '../support/tokens.ts';
import { ids, openWithJobs, page, walk } from './list-pages.ts';

async function openWithNames(): Promise<AppClient> {
  const app = openApp({ clock: steppingClock() });
  await app.create({ job_id: 'a-1', job_name: 'Import' });
  await app.create({ job_id: 'b-2', job_name: 'Export' });
  await app.create({ job_id: 'c-3', job_name: 'import a-1' });
  return app;
}

describe('a filter of a list', () => {
  it.each([
    ['q=A-1', ['c-3', 'a-1']],
    ['q=port', ['c-3', 'b-2', 'a-1']],
    ['q=', ['c-3', 'b-2', 'a-1']],
    ['q=a.1', []],
    ['q=%2A', []],
    ['job_name=Import', ['a-1']],
    ['job_name=import', []],
    ['q=IMPORT&job_name=Import', ['a-1']],
    ['holder=w-1', []],
    ['status=pending&status=running', ['c-3', 'b-2', 'a-1']],
    ['updated_before=2000-01-01', []],
    ['updated_before=9999-12-31T23:59:59%2B01:00', ['c-3', 'b-2', 'a-1']],
    ['order=oldest', ['a-1', 'b-2', 'c-3']],
    ['order=oldest&q=import', ['a-1', 'c-3']],
  ])('finds the jobs that match: %s', async (query, expected) => {
    expect(await ids(await openWithNames(), `?${query}`)).toEqual(expected);
  });

  it('finds a leased job by its holder', async () => {
    const app = await openWithNames();
    await app.ask('POST', '/v1/jobs/b-2/lease', { json: { holder: 'w-1' } });
    expect(await ids(app, '?holder=w-1')).toEqual(['b-2']);
    expect(await ids(app, '?holder=w')).toEqual([]);
  });

  it.each(['', '\0', '\0\0', '%', '\ufffd'])(
    'finds a job by its odd name, and by its odd holder: %j',
    async odd => {
      const app = await openWithNames();
      await app.create({ job_id: 'odd', job_name: odd });
      const holder = odd === '' ? 'w' : odd;
      await app.ask('POST', '/v1/jobs/odd/lease', { json: { holder } });
      expect(await ids(app, `?job_name=${encodeURIComponent(odd)}`)).toEqual(['odd']);
      expect(await ids(app, `?holder=${encodeURIComponent(holder)}`)).toEqual(['odd']);
      expect(await ids(app, '?standing=held')).toEqual(['odd']);
      const json = { action: 'pause', dry_run: true, filter: { job_name: odd } };
      expect((await app.ask('POST', '/v1/bulk', { json })).json).toMatchObject({ matched: 1 });
    },
  );

  it('finds a job by the whole of a long name', async () => {
    const app = openApp({ clock: steppingClock() });
    const job_name = `${'long '.repeat(120)}name`;
    await app.create({ job_id: 'a-1', job_name });
    await app.create({ job_id: 'b-2', job_name: 'long' });
    const name = encodeURIComponent(job_name);
    expect(await ids(app, `?job_name=${name}`)).toEqual(['a-1']);
    const json = { action: 'delete', filter: { job_name } };
    expect((await app.ask('POST', '/v1/bulk', { json })).json).toMatchObject({ done: 1 });
  });

  it('updated_before leaves out a job that was changed at that moment', async () => {
    const app = openApp({ clock: frozenClock() });
    await app.create({ job_id: 'one' });
    const [job] = (await page(app)).jobs;
    const { updated_at: at } = JSON.parse(JSON.stringify(job));
    expect(await ids(app, `?updated_before=${at}`)).toEqual([]);
  });

  it.each([
    ['q', 'x'.repeat(201)],
    ['job_name', 'x'.repeat(10_001)],
    ['holder', 'x'.repeat(10_001)],
    ['status', 'ready'],
    ['status', ''],
    ['updated_before', ''],
    ['updated_before', 'yesterday'],
    ['updated_before', '1700000000'],
    ['updated_before', '2026-02-30'],
    ['order', 'Oldest'],
    ['order', ''],
    ['limit', '0'],
    ['view', 'all'],
    ['cursor', 'x'],
  ])('is refused where a part is none: %s=%s', async (name, value) => {
    const answer = await openApp().ask('GET', `/v1/jobs?${name}=${value}`);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: `?${name}` }));
  });

  it.each(['q', 'job_name', 'holder', 'updated_before', 'order'])(
    'is refused where a part is given twice: %s',
    async name => {
      const answer = await openApp().ask('GET', `/v1/jobs?${name}=a&${name}=a`);
      expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: `?${name}` }));
    },
  );

  it('finds none outside the prefix of the token', async () => {
    const tokens = await tokensOf({ all: 'admin', mine: 'read:b-' });
    const app = openApp({ access: tokens.list, clock: steppingClock() });
    const headers = tokens.as('all');
    for (const job_id of ['a-1', 'b-2']) {
      const json = aState({ job_id, job_name: 'Import' });
      expect((await app.ask('POST', '/v1/jobs', { json, headers })).status).toBe(201);
    }
    const path = '/v1/jobs?q=import&order=oldest';
    const found = await app.ask('GET', path, { headers: tokens.as('mine') });
    expect(found.json).toMatchObject({ jobs: [{ job_id: 'b-2' }], next_cursor: null });
    expect((await app.ask('GET', path, { headers })).json).toMatchObject({
      jobs: [{ job_id: 'a-1' }, { job_id: 'b-2' }],
    });
  });
});

describe('a list with the oldest first', () => {
  it.each([1, 2, 3, 7])('finds every job once in pages of %d', async limit => {
    const app = await openWithJobs(7);
    const found = await walk(app, `order=oldest&limit=${limit}`);
    expect(found).toEqual(['j1', 'j2', 'j3', 'j4', 'j5', 'j6', 'j7']);
  });

  it('finds every job once where all changed at one moment', async () => {
    const app = openApp({ clock: frozenClock() });
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const job_id of names) await app.create({ job_id });
    expect(await walk(app, 'order=oldest&limit=2')).toEqual(names.toReversed());
    expect(await walk(app, 'limit=2')).toEqual(names);
  });

  it('skips none when the job that a cursor stands on is deleted', async () => {
    const app = await openWithJobs(5);
    const first = await page(app, '?order=oldest&limit=2');
    await app.ask('DELETE', '/v1/jobs/j2');
    expect(await ids(app, `?order=oldest&cursor=${first.next_cursor}`)).toEqual(['j3', 'j4', 'j5']);
  });

  it.each([
    ['oldest', 'newest'],
    ['newest', 'oldest'],
  ])('refuses a cursor of the other order: %s for %s', async (made, used) => {
    const app = await openWithJobs(3);
    const first = await page(app, `?order=${made}&limit=1`);
    const answer = await app.ask('GET', `/v1/jobs?order=${used}&cursor=${first.next_cursor}`);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '?cursor' }));
  });
});
