import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { steppingClock } from '../support/clock.ts';
import { runtime } from '../support/runtime.ts';
import { ids, openWithJobs, page, walk } from './list-pages.ts';

describe('the cursor', () => {
  it.each([1, 2, 3, 6, 7, 1000])('GET finds every job once in pages of %d', async limit => {
    const app = await openWithJobs(7);
    const expected = ['j7', 'j6', 'j5', 'j4', 'j3', 'j2', 'j1'];
    expect(await walk(app, `limit=${limit}`)).toEqual(expected);
  });

  it('GET answers no cursor on the last page', async () => {
    const app = await openWithJobs(4);
    expect((await page(app, '?limit=4')).next_cursor).toBeNull();
  });

  it('GET answers 50 when it is told no limit', async () => {
    const app = await openWithJobs(51);
    expect((await page(app)).jobs).toHaveLength(50);
    expect(await walk(app, '')).toHaveLength(51);
  });

  it('GET repeats and skips none of the old jobs when new ones come', async () => {
    const app = await openWithJobs(6);
    let comers = 0;
    const found = await walk(app, 'limit=2', () => {
      comers += 1;
      return app.create({ job_id: `new${comers}` });
    });
    expect(found).toEqual(['j6', 'j5', 'j4', 'j3', 'j2', 'j1']);
  });

  it('GET skips none when the job that a cursor stands on is deleted', async () => {
    const app = await openWithJobs(6);
    const first = await page(app, '?limit=2');
    await app.ask('DELETE', '/v1/jobs/j5');
    expect(await ids(app, `?cursor=${first.next_cursor}`)).toEqual(['j4', 'j3', 'j2', 'j1']);
  });

  it('GET skips none when the job that a cursor stands on is changed', async () => {
    const app = await openWithJobs(6);
    const first = await page(app, '?limit=2');
    await app.ask('PUT', '/v1/jobs/j5/sheets/1', { json: { status: 'in_progress' } });
    expect(await ids(app, `?cursor=${first.next_cursor}`)).toEqual(['j4', 'j3', 'j2', 'j1']);
  });

  it('GET takes a cursor of a process that is gone', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open(), clock: steppingClock() });
    for (const job_id of ['a', 'b', 'c']) await app.create({ job_id });
    const first = await page(app, '?limit=1');
    const other = openApp({ store: await place.open() });
    expect(await ids(other, `?cursor=${first.next_cursor}`)).toEqual(['b', 'a']);
  });

  it('GET pages through jobs whose names are no ASCII', async () => {
    const app = openApp();
    for (const job_id of ['ä', 'テ', '𝒜']) await app.create({ job_id });
    expect(await walk(app, 'limit=1')).toEqual(['ä', 'テ', '𝒜']);
  });
});
