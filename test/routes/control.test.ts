import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { claimed, JOB, keysOf, load } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { type SituationName, situate } from '../support/situations.ts';

/** The situation, the request, the answer's status number, and the job's status from then on. */
const TABLE = [
  ['pending', 'pause', 200, 'paused'],
  ['pending', 'cancel', 200, 'cancelled'],
  ['pending', 'fail', 200, 'failed'],
  ['pending', 'resume', 200, 'pending'],
  ['held', 'pause', 202, 'running'],
  ['held', 'cancel', 202, 'running'],
  ['held', 'fail', 202, 'running'],
  ['held', 'resume', 200, 'running'],
  ['zombie', 'pause', 200, 'paused'],
  ['zombie', 'cancel', 200, 'cancelled'],
  ['zombie', 'fail', 200, 'failed'],
  ['zombie', 'resume', 200, 'paused'],
  ['paused', 'pause', 200, 'paused'],
  ['paused', 'cancel', 200, 'cancelled'],
  ['paused', 'fail', 200, 'failed'],
  ['paused', 'resume', 200, 'paused'],
  ['unleased', 'pause', 200, 'paused'],
  ['unleased', 'cancel', 200, 'cancelled'],
  ['unleased', 'fail', 200, 'failed'],
  ['unleased', 'resume', 200, 'paused'],
  ['completed', 'pause', 409, 'completed'],
  ['completed', 'cancel', 409, 'completed'],
  ['completed', 'fail', 409, 'completed'],
  ['completed', 'resume', 409, 'completed'],
  ['failed', 'pause', 409, 'failed'],
  ['failed', 'cancel', 200, 'cancelled'],
  ['failed', 'fail', 200, 'failed'],
  ['failed', 'resume', 200, 'paused'],
  ['cancelled', 'pause', 409, 'cancelled'],
  ['cancelled', 'cancel', 200, 'cancelled'],
  ['cancelled', 'fail', 409, 'cancelled'],
  ['cancelled', 'resume', 409, 'cancelled'],
] as const;

const REQUESTS = ['pause', 'cancel', 'fail'] as const;
describe.each(TABLE)('a job that is %s, and POST %s', (name, request, status, after) => {
  it(`POST answers ${status}, and the job is ${after}`, async () => {
    const { app } = await situate(name);
    const answer = await app.ask('POST', `${JOB}/${request}`);
    const loaded = await load(app);
    expect([answer.status, loaded.json]).toMatchObject([status, { status: after }]);
  });
});

describe('POST /v1/jobs/{id}/pause, /cancel, /fail and /resume', () => {
  it.each(TABLE.filter(([, , status]) => status === 200))(
    'POST of a job that is %s, %s, answers what became of it and its version',
    async (name, request, _status, after) => {
      const { app } = await situate(name);
      const answer = await app.ask('POST', `${JOB}/${request}`);
      expect(answer.json).toEqual({ job_id: 'job-1', status: after, requested: null });
      expect(answer.header('etag')).toBe((await load(app)).header('etag'));
    },
  );

  it.each(TABLE.filter(([, , status]) => status === 409))(
    'POST of a job that is %s, %s, answers job_finished',
    async (name, request) => {
      const { app } = await situate(name);
      const refused = await app.ask('POST', `${JOB}/${request}`);
      expect(refused).toMatchObject(aProblem({ status: 409, code: 'job_finished', path: '{id}' }));
      expect(refused.json).toMatchObject({ job_status: name });
    },
  );

  it.each<SituationName>(['pending', 'zombie', 'paused', 'unleased', 'failed'])(
    'POST resume makes a job claimable that was %s',
    async name => {
      const { app } = await situate(name);
      await app.ask('POST', `${JOB}/resume`);
      expect(await claimed(app)).toBe('job-1');
    },
  );

  it.each<SituationName>(['pending', 'zombie', 'paused', 'unleased'])(
    'POST pause keeps a job from claims that was %s',
    async name => {
      const { app } = await situate(name);
      await app.ask('POST', `${JOB}/pause`);
      expect(await claimed(app)).toBeNull();
      expect(await keysOf(app.store, 'ready/')).toEqual([]);
    },
  );

  it('POST resume takes back why a job failed', async () => {
    const { app } = await situate('failed');
    await app.ask('POST', `${JOB}/resume`);
    expect((await load(app)).json).toMatchObject({ error_message: null, completed_at: null });
  });

  it.each([...REQUESTS, 'resume'])(
    'POST %s answers job_not_found for a job that is not stored',
    async request => {
      const app = openApp();
      const refused = await app.ask('POST', `${JOB}/${request}`);
      expect(refused).toMatchObject(aProblem({ status: 404, code: 'job_not_found' }));
    },
  );

  it.each(REQUESTS)('POST %s keeps the message', async request => {
    const { app } = await situate('held');
    const json = { error_message: 'because' };
    const answer = await app.ask('POST', `${JOB}/${request}`, { json });
    expect(answer.json).toMatchObject({ lease: { request_message: 'because' } });
  });

  it('POST fail gives the job the message, and says when', async () => {
    const { app } = await situate('pending');
    await app.ask('POST', `${JOB}/fail`, { json: { error_message: 'wrong input' } });
    expect((await load(app)).json).toMatchObject({
      status: 'failed',
      error_message: 'wrong input',
      completed_at: '2026-03-04T05:06:07Z',
    });
  });

  it('POST fail without a message gives the job one', async () => {
    const { app } = await situate('pending');
    await app.ask('POST', `${JOB}/fail`);
    expect((await load(app)).json).toMatchObject({ error_message: expect.stringMatching(/./) });
  });

  it.each([
    [{ json: { error_message: 'x'.repeat(501) } }, 422],
    [{ json: { error_message: 5 } }, 422],
    [{ json: { reason: 'x' } }, 422],
    [{ json: [] }, 422],
    [{ body: '{' }, 400],
    [{ body: 'x', headers: { 'Content-Type': 'text/plain' } }, 415],
    [{ headers: { 'Lease-Token': 'garbage' } }, 422],
  ])('POST refuses %j with %i, and changes nothing', async (options, status) => {
    const app = openApp();
    const etag = await app.create();
    expect((await app.ask('POST', `${JOB}/fail`, options)).status).toBe(status);
    expect((await load(app)).header('etag')).toBe(etag);
  });

  it.each(REQUESTS)('POST %s refuses ?force=maybe', async request => {
    const { app } = await situate('pending');
    const refused = await app.ask('POST', `${JOB}/${request}?force=maybe`);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '?force' }));
  });
});
