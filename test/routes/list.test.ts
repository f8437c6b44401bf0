import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';
import { ids, openWithJobs, page, walk } from './list-pages.ts';

describe('the summaries', () => {
  it('GET answers an empty page when there are no jobs', async () => {
    expect(await page(openApp())).toEqual({ jobs: [], corrupt: [], next_cursor: null });
  });

  it('GET answers what a list tells of a job, and its version', async () => {
    const app = openApp();
    await app.create();
    const updated = await app.ask('PUT', '/v1/jobs/job-1/sheets/1', {
      json: { status: 'completed' },
    });
    expect((await page(app)).jobs).toEqual([
      {
        job_id: 'job-1',
        job_name: 'A job',
        status: 'pending',
        created_at: '2026-03-04T05:06:07Z',
        updated_at: '2026-03-04T05:06:07.000001Z',
        started_at: null,
        completed_at: null,
        total_sheets: 3,
        last_completed_sheet: 1,
        current_sheet: null,
        progress: [1, 3],
        percent: 33.33333333333333,
        error_message: null,
        holder: null,
        epoch: 0,
        version: updated.header('etag')?.slice(1, -1),
      },
    ]);
  });

  it('GET keeps the digits of integers beyond 2^53', async () => {
    const app = openApp();
    const total = '123456789012345678901234567890';
    await app.ask('POST', '/v1/jobs', {
      body: `{"job_id":"job-1","job_name":"x","total_sheets":${total}}`,
    });
    expect((await app.ask('GET', '/v1/jobs')).text).toContain(`"progress":[0,${total}]`);
  });

  it('GET answers the whole states, as a load does, when the view is full', async () => {
    const app = await openWithJobs(3);
    const load = (jobId: string) => app.ask('GET', `/v1/jobs/${jobId}`);
    const full = await app.ask('GET', '/v1/jobs?view=full');
    const states = [await load('j3'), await load('j2'), await load('j1')];
    const expected = `{"jobs":[${states.map(state => state.text).join(',')}],"corrupt":[],"next_cursor":null}`;
    expect(full.text).toBe(expected);
  });

  it('HEAD answers no body', async () => {
    const head = await openApp().ask('HEAD', '/v1/jobs');
    expect([head.status, head.text]).toEqual([200, '']);
  });
});

describe('the order', () => {
  it('GET answers the newest first', async () => {
    const app = await openWithJobs(3);
    expect(await ids(app)).toEqual(['j3', 'j2', 'j1']);
    await app.ask('PUT', '/v1/jobs/j1/sheets/1', { json: { status: 'in_progress' } });
    expect(await ids(app)).toEqual(['j1', 'j3', 'j2']);
  });

  it('GET orders by instant when times have offsets or are naive', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const times = {
      first: '2026-01-01T12:00:00.000003Z',
      second: '2026-01-01T14:00:00.000002+02:00',
      third: '2026-01-01T12:00:00.000001',
      fourth: '2026-01-01T12:00:00Z',
      fifth: '2026-01-01T23:59:59+23:59',
      sixth: '2025-12-31T23:59:59.999999-00:00',
      seventh: '1969-12-31T23:59:59.999999Z',
      last: '0001-01-01T00:00:00',
    };
    for (const [job_id, updated_at] of Object.entries(times).toReversed()) {
      await place.write(`${job_id}.json`, JSON.stringify(aState({ job_id, updated_at })));
    }
    expect(await ids(app)).toEqual(Object.keys(times));
    expect(await walk(app, 'limit=1')).toEqual(Object.keys(times));
  });

  it('GET orders jobs of one instant by name, and pages through them', async () => {
    const app = openApp();
    for (const job_id of ['c', 'a', 'e', 'b', 'd']) await app.create({ job_id });
    expect(await ids(app)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await walk(app, 'limit=2')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

describe('the filter', () => {
  async function openWithStatuses(): Promise<AppClient> {
    const app = await openWithJobs(4);
    await app.ask('PUT', '/v1/jobs/j2/sheets/1', { json: { status: 'in_progress' } });
    await app.create({ job_id: 'j5', status: 'paused_at_chain' });
    return app;
  }

  it('GET answers the jobs of one status', async () => {
    const app = await openWithStatuses();
    expect(await ids(app, '?status=pending')).toEqual(['j4', 'j3', 'j1']);
    expect(await ids(app, '?status=cancelled')).toEqual([]);
  });

  it('GET answers the jobs of several statuses', async () => {
    const app = await openWithStatuses();
    expect(await ids(app, '?status=running,paused_at_chain')).toEqual(['j5', 'j2']);
    expect(await ids(app, '?status=running&status=paused_at_chain')).toEqual(['j5', 'j2']);
  });

  it('GET pages through the jobs of one status', async () => {
    expect(await walk(await openWithStatuses(), 'status=pending&limit=2')).toEqual([
      'j4',
      'j3',
      'j1',
    ]);
  });
});

describe('other programs', () => {
  it('GET sees files that they add, change and remove', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const text = (job_id: string, second: number) =>
      JSON.stringify(aState({ job_id, updated_at: `2026-01-01T00:00:0${second}Z` }));
    await place.write('a.json', text('a', 1));
    await place.write('b.json', text('b', 2));
    expect(await ids(app)).toEqual(['b', 'a']);
    await place.write('a.json', text('a', 3));
    await place.write('c.json', text('c', 4));
    await place.remove('b.json');
    expect(await ids(app)).toEqual(['c', 'a']);
  });

  async function openAmongOthers(): Promise<AppClient> {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    await app.create();
    await place.write('notes.txt', 'x');
    await place.write('job-1.json.tmp', '{');
    return app;
  }

  it('GET lists the jobs among their other files, and tells of no others', async () => {
    const shown = await page(await openAmongOthers());
    expect(shown).toMatchObject({ jobs: [{ job_id: 'job-1' }], corrupt: [] });
  });
});

describe('the query', () => {
  const wrong = [
    ['?limit=0', '?limit'],
    ['?limit=1001', '?limit'],
    ['?limit=-1', '?limit'],
    ['?limit=1.5', '?limit'],
    ['?limit=1e2', '?limit'],
    ['?limit=', '?limit'],
    ['?limit=many', '?limit'],
    [`?limit=${'9'.repeat(400)}`, '?limit'],
    ['?status=', '?status'],
    ['?status=sleeping', '?status'],
    ['?status=pending,sleeping', '?status'],
    ['?status=__proto__', '?status'],
    ['?view=half', '?view'],
    ['?view=', '?view'],
    ['?cursor=', '?cursor'],
    ['?cursor=x', '?cursor'],
    ['?cursor=%ff', '?cursor'],
    ['?cursor=%00', '?cursor'],
    [`?cursor=${btoa('[]')}`, '?cursor'],
    [`?cursor=${btoa('["1","a"]')}`, '?cursor'],
    [`?cursor=${btoa(`["${'1'.repeat(18)}",""]`)}`, '?cursor'],
    [`?cursor=${'A'.repeat(10_000)}`, '?cursor'],
  ] as const;

  it.each(wrong)('%s is refused', async (query, path) => {
    const answer = await openApp().ask('GET', `/v1/jobs${query}`);
    expect(answer).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });

  it('may name several statuses, in one parameter or in several', async () => {
    const query = '?status=pending&status=running,failed';
    expect((await openApp().ask('GET', `/v1/jobs${query}`)).status).toBe(200);
  });
});
