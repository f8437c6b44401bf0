import { expect, it } from 'vitest';
import { outlineOf } from '../../lib/storage/job-summary.ts';
import { openApp } from '../support/app.ts';
import { aHeldJob } from '../support/lease.ts';

it('outlineOf() has no completion of a running job, as a load has none', () => {
  const state = aHeldJob();
  const completed_at = state.updated_at;
  expect(outlineOf({ ...state, status: 'running', completed_at })).toMatchObject({
    completed_at: null,
  });
  expect(outlineOf({ ...state, status: 'failed', completed_at })).toMatchObject({ completed_at });
});

it('a job that goes on after it has failed is listed without the time at which it failed', async () => {
  const app = openApp();
  await app.create({ job_id: 'a-1', total_sheets: 2 });
  await app.ask('POST', '/v1/jobs/a-1/fail');
  await app.ask('PUT', '/v1/jobs/a-1/sheets/2', { json: { status: 'in_progress' } });
  const { json } = await app.ask('GET', '/v1/jobs');
  expect(json).toMatchObject({ jobs: [{ status: 'running', completed_at: null }] });
});
