import { describe, expect, it } from 'vitest';
import { openApp } from '../../support/app.ts';
import { aProblem } from '../../support/problem.ts';

const NEXT = '/v1/jobs/job-1/next-sheet';

describe('GET /v1/jobs/{id}/next-sheet', () => {
  it('GET answers 1 when there is no such job', async () => {
    const next = await openApp().ask('GET', NEXT);
    expect(next.json).toEqual({ next_sheet: 1, exists: false, attempt: 0 });
    expect(next.header('etag')).toBeNull();
  });

  it('GET answers 1 and the version when the job is new', async () => {
    const app = openApp();
    const etag = await app.create();
    const next = await app.ask('GET', NEXT);
    expect(next.json).toEqual({ next_sheet: 1, exists: true, attempt: 0 });
    expect(next.header('etag')).toBe(etag);
  });

  const cases = [
    ['the one in progress', { status: 'in_progress' }, 2, 1],
    ['a failed one again', { status: 'failed' }, 1, 0],
    ['the one after the last completed', { status: 'completed' }, 3, 0],
    ['the first untouched one', { status: 'skipped' }, 1, 0],
  ] as const;

  it.each(cases)(
    'GET answers %s, and at which attempt it is',
    async (_, json, expected, attempt) => {
      const app = openApp();
      await app.create();
      await app.ask('PUT', '/v1/jobs/job-1/sheets/2', { json });
      const next = await app.ask('GET', NEXT);
      expect(next.json).toEqual({ next_sheet: expected, exists: true, attempt });
    },
  );

  it('GET answers null when the job is completed', async () => {
    const app = openApp();
    await app.create({ total_sheets: 1 });
    await app.ask('PUT', '/v1/jobs/job-1/sheets/1', { json: { status: 'completed' } });
    expect((await app.ask('GET', NEXT)).json).toEqual({
      next_sheet: null,
      exists: true,
      attempt: null,
    });
  });

  it('GET keeps the digits of a sheet beyond 2^53', async () => {
    const app = openApp();
    const total = '9'.repeat(30);
    const last = '123456789012345678901234567890';
    const body = `{"job_id":"job-1","job_name":"x","total_sheets":${total},"last_completed_sheet":${last}}`;
    await app.ask('POST', '/v1/jobs', { body });
    const next = await app.ask('GET', NEXT);
    expect(next.text).toBe(
      '{"next_sheet":123456789012345678901234567891,"exists":true,"attempt":0}',
    );
  });

  it('HEAD answers no body', async () => {
    const head = await openApp().ask('HEAD', NEXT);
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('GET answers job_id_collision when the stored job is another', async () => {
    const app = openApp();
    await app.create({ job_id: 'a_b' });
    const next = await app.ask('GET', '/v1/jobs/a%20b/next-sheet');
    expect(next).toMatchObject(aProblem({ status: 409, code: 'job_id_collision', path: '{id}' }));
  });
});
