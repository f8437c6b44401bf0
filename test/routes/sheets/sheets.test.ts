import { describe, expect, it } from 'vitest';
import { openApp } from '../../support/app.ts';
import { steppingClock } from '../../support/clock.ts';
import { aProblem } from '../../support/problem.ts';

const JOB = '/v1/jobs/job-1';

function sheet(sheetNum: number): string {
  return `${JOB}/sheets/${sheetNum}`;
}

describe('PUT /v1/jobs/{id}/sheets/{n}', () => {
  it('PUT answers the job, the sheet, what comes next and how far it is', async () => {
    const app = openApp();
    await app.create();
    const updated = await app.ask('PUT', sheet(1), { json: { status: 'completed' } });
    expect(updated.json).toEqual({
      job_id: 'job-1',
      status: 'pending',
      sheet: 1,
      next_sheet: 2,
      progress: [1, 3],
      attempt: 0,
    });
    expect(updated.header('etag')).toBe((await app.ask('GET', JOB)).header('etag'));
  });

  it('PUT starts a sheet and the job with it', async () => {
    const app = openApp();
    await app.create();
    await app.ask('PUT', sheet(2), { json: { status: 'in_progress' } });
    expect((await app.ask('GET', JOB)).json).toMatchObject({
      status: 'running',
      started_at: '2026-03-04T05:06:07Z',
      current_sheet: 2,
      sheets: { 2: { status: 'in_progress', attempt_count: 1 } },
    });
  });

  it('PUT completes the job with its last sheet', async () => {
    const app = openApp();
    await app.create({ total_sheets: 2 });
    await app.ask('PUT', sheet(2), { json: { status: 'completed' } });
    const updated = await app.ask('PUT', sheet(1), { json: { status: 'completed' } });
    expect(updated.json).toMatchObject({ status: 'completed', next_sheet: null, progress: [2, 2] });
  });

  it('PUT keeps what a completed sheet came with', async () => {
    const app = openApp();
    await app.create();
    const json = {
      status: 'completed',
      validation_passed: false,
      validation_details: [{ passed: false, rule: 'r' }],
      execution_duration_seconds: 2,
      stdout: 'done',
    };
    await app.ask('PUT', sheet(1), { json });
    const loaded = await app.ask('GET', JOB);
    expect(loaded.json).toMatchObject({
      sheets: { 1: { validation_passed: false, stdout_tail: 'done', output_truncated: false } },
    });
    expect(loaded.text).toContain('"execution_duration_seconds": 2.0');
  });

  it('PUT keeps what a failed sheet came with, and its error in the history', async () => {
    const app = openApp();
    await app.create();
    const json = {
      status: 'failed',
      error_message: 'no space',
      error_code: 'E1',
      error_type: 'permanent',
      exit_code: 28,
      exit_reason: 'error',
    };
    const updated = await app.ask('PUT', sheet(1), { json });
    expect(updated.json).toMatchObject({ next_sheet: 1, progress: [0, 3] });
    expect((await app.ask('GET', JOB)).json).toMatchObject({
      total_retry_count: 1,
      sheets: {
        1: {
          status: 'failed',
          exit_code: 28,
          error_history: [{ error_type: 'permanent', error_message: 'no space' }],
        },
      },
    });
  });

  it('PUT keeps the reason of a skipped sheet', async () => {
    const app = openApp();
    await app.create();
    await app.ask('PUT', sheet(1), { json: { status: 'skipped', reason: 'not needed' } });
    expect((await app.ask('GET', JOB)).json).toMatchObject({
      sheets: { 1: { status: 'skipped', error_message: 'not needed' } },
    });
  });

  it('PUT keeps the end of long output, without credentials', async () => {
    const app = openApp();
    await app.create();
    const stdout = `${'x'.repeat(100_000)} AKIAIOSFODNN7EXAMPLE end`;
    await app.ask('PUT', sheet(1), { json: { status: 'completed', stdout } });
    const loaded = await app.ask('GET', JOB);
    expect(loaded.text).not.toContain('AKIAIOSFODNN7EXAMPLE');
    expect(loaded.json).toMatchObject({
      sheets: { 1: { output_truncated: true, stdout_tail: expect.stringMatching(/ end$/) } },
    });
  });

  it('PUT makes updated_at and the version new with every update', async () => {
    const app = openApp({ clock: steppingClock() });
    await app.create();
    const update = () => app.ask('PUT', sheet(1), { json: { status: 'in_progress' } });
    const etags = [await update(), await update(), await update()].map(updated =>
      updated.header('etag'),
    );
    expect(new Set(etags).size).toBe(3);
  });

  it('PUT keeps unknown keys of the job and of the sheet', async () => {
    const app = openApp();
    const sheets = { 1: { sheet_num: 1, mine: 1 } };
    await app.create({ sheets, theirs: { deep: [1] } });
    await app.ask('PUT', sheet(1), { json: { status: 'in_progress' } });
    expect((await app.ask('GET', JOB)).json).toMatchObject({
      sheets: { 1: { mine: 1, status: 'in_progress' } },
      theirs: { deep: [1] },
    });
  });

  it('PUT answers job_not_found when there is no such job, and makes none', async () => {
    const app = openApp();
    const updated = await app.ask('PUT', sheet(1), { json: { status: 'completed' } });
    expect(updated).toMatchObject(aProblem({ status: 404, code: 'job_not_found', path: '{id}' }));
    expect((await app.ask('GET', JOB)).status).toBe(404);
  });

  it('PUT answers job_id_collision when the stored job is another', async () => {
    const app = openApp();
    const etag = await app.create({ job_id: 'a_b' });
    const json = { status: 'completed' };
    const updated = await app.ask('PUT', '/v1/jobs/a%20b/sheets/1', { json });
    expect(updated).toMatchObject(
      aProblem({ status: 409, code: 'job_id_collision', path: '{id}' }),
    );
    expect((await app.ask('GET', '/v1/jobs/a_b')).header('etag')).toBe(etag);
  });
});
