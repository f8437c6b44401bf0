import { describe, expect, it } from 'vitest';
import { aCompletedJob, aJob, anUpdate, held } from '../bodies.ts';
import { json, lost, problem, type Reply } from '../scripted-service.ts';
import { setup } from './setup.ts';

const UPDATE = 'PUT /base/v1/jobs/job-1/sheets/3';
const JOB = 'GET /base/v1/jobs/job-1';
const RELEASE = 'DELETE /base/v1/jobs/job-1/lease';

describe('a lost answer', () => {
  it('to an update under a lease is asked for again', async () => {
    const { client, outcome, service } = setup(lost(), json(200, anUpdate()));
    await outcome(client.update({ ...held, sheet: 3 }, { status: 'in_progress' }));
    expect(service.calls).toEqual([UPDATE, UPDATE]);
  });

  it('to an update without a lease is not: it would count twice', async () => {
    const { client, outcome, service } = setup(lost());
    const updating = client.update({ jobId: 'job-1', sheet: 3 }, { status: 'in_progress' });
    await expect(outcome(updating)).rejects.toThrow('got no answer');
    expect(service.calls).toEqual([UPDATE]);
  });

  it('to an update without a lease that names its attempt is asked for again', async () => {
    const { client, outcome, service } = setup(lost(), json(200, anUpdate()));
    const update = { status: 'in_progress', attempt: 1 } as const;
    await outcome(client.update({ jobId: 'job-1', sheet: 3 }, update));
    expect(service.calls).toEqual([UPDATE, UPDATE]);
  });

  it('to a release, and the lease gone at the next try, is a release', async () => {
    const freed = aJob({ status: 'paused', dalsegno: { epoch: 2, lease: null } });
    const { client, outcome, service } = setup(
      lost(),
      problem(409, 'lease_lost'),
      json(200, freed),
    );
    await expect(outcome(client.release(held))).resolves.toBeUndefined();
    expect(service.calls).toEqual([RELEASE, RELEASE, JOB]);
  });

  it('to the last update is made out from the job when the lease is gone at the next try', async () => {
    const completed = aCompletedJob();
    const { client, outcome, service } = setup(
      lost(),
      problem(409, 'lease_lost'),
      json(200, completed),
    );
    const answer = await outcome(client.update({ ...held, sheet: 3 }, { status: 'completed' }));
    expect(answer).toEqual({
      job_id: 'job-1',
      status: 'completed',
      sheet: 3,
      next_sheet: null,
      progress: [2, 3],
      attempt: 4,
    });
    expect(service.calls).toEqual([UPDATE, UPDATE, JOB]);
  });

  it('to the last update is no success when a later holder completed the job', async () => {
    const completed = aCompletedJob({ dalsegno: { epoch: 3, lease: null } });
    const { client, outcome } = setup(lost(), problem(409, 'lease_lost'), json(200, completed));
    const updating = client.update({ ...held, sheet: 3 }, { status: 'completed' });
    await expect(outcome(updating)).rejects.toMatchObject({ code: 'lease_lost' });
  });

  it.each([
    ['of another attempt', { status: 'completed', attempt: 3 }],
    ['that skips the sheet', { status: 'skipped' }],
    ['of a sheet that is not there', { status: 'completed' }],
  ] as const)('to the last update is no success for one %s', async (_, update) => {
    const sheet = update.status === 'completed' && !('attempt' in update) ? 4 : 3;
    const refused = problem(409, 'lease_lost');
    const { client, outcome } = setup(lost(), refused, json(200, aCompletedJob()));
    const updating = client.update({ ...held, sheet }, update);
    await expect(outcome(updating)).rejects.toMatchObject({ code: 'lease_lost' });
  });

  it('to the last update is made out also where that one skipped a sheet', async () => {
    const job = aCompletedJob();
    const { client, outcome } = setup(lost(), problem(409, 'lease_lost'), json(200, job));
    const updating = client.update({ ...held, sheet: 2 }, { status: 'skipped' });
    expect(await outcome(updating)).toMatchObject({ status: 'completed', progress: [2, 3] });
  });

  it('to the last update is no success when the job is not complete', async () => {
    const recovered = aJob({ status: 'paused', dalsegno: { epoch: 2, lease: null } });
    const { client, outcome } = setup(lost(), problem(409, 'lease_lost'), json(200, recovered));
    const updating = client.update({ ...held, sheet: 3 }, { status: 'completed' });
    await expect(outcome(updating)).rejects.toMatchObject({ code: 'lease_lost' });
  });

  it('to the last update is made out from the job when no more tries may follow', async () => {
    const completed = aCompletedJob();
    const ended = new AbortController();
    const cutOff: Reply = request => {
      ended.abort();
      return lost()(request);
    };
    const { client, outcome, service } = setup(cutOff, json(200, completed));
    const options = { signal: ended.signal };
    const updating = client.update({ ...held, sheet: 3 }, { status: 'completed' }, options);
    expect(await outcome(updating)).toMatchObject({ status: 'completed' });
    expect(service.calls).toEqual([UPDATE, JOB]);
  });

  it('to the last update says that it started no sheet, if that was asked for', async () => {
    const { client, outcome } = setup(
      lost(),
      problem(409, 'lease_lost'),
      json(200, aCompletedJob()),
    );
    const update = { status: 'completed', start_next: true } as const;
    const answer = await outcome(client.update({ ...held, sheet: 3 }, update));
    expect(answer).toMatchObject({ status: 'completed', started: null });
  });

  it('to updates is asked for again, and made out from the job where an update was its last', async () => {
    const over = { ok: false, status: 409, code: 'lease_lost', detail: 'It is over' };
    const going = { ok: true, ...anUpdate({ job_id: 'job-2' }) };
    const { client, outcome, service } = setup(
      lost(),
      json(200, { updates: [going, over] }),
      json(200, aCompletedJob()),
    );
    const update = { status: 'completed', start_next: true } as const;
    const other = { jobId: 'job-2', epoch: 1, token: 'token-2' };
    const sending = client.updates([
      { held: other, sheet: 1, update },
      { held, sheet: 3, update },
    ]);
    expect(await outcome(sending)).toMatchObject([
      { ok: true, job_id: 'job-2' },
      { ok: true, job_id: 'job-1', status: 'completed', started: null, attempt: 4 },
    ]);
    const all = 'POST /base/v1/updates';
    expect(service.calls).toEqual([all, all, JOB]);
  });

  it.each([
    ['a later holder completed the job', { dalsegno: { epoch: 3, lease: null } }],
    ['the job is not complete', { status: 'paused' }],
  ])('to one of several updates stays a refusal where %s', async (_, overrides) => {
    const over = { ok: false, status: 409, code: 'lease_lost', detail: 'It is over' };
    const { client, outcome } = setup(
      json(200, { updates: [over] }),
      json(200, aCompletedJob(overrides)),
    );
    const sending = client.updates([{ held, sheet: 3, update: { status: 'completed' } }]);
    expect(await outcome(sending)).toEqual([over]);
  });

  it('to the request of a holder is made out from the job', async () => {
    const paused = aJob({ status: 'paused', dalsegno: { epoch: 2, lease: null } });
    const { client, outcome } = setup(lost(), problem(409, 'lease_lost'), json(200, paused));
    expect(await outcome(client.pause(held))).toEqual({
      job_id: 'job-1',
      status: 'paused',
      requested: null,
    });
  });

  it('to a create is made out from the job that exists then', async () => {
    const job = { job_id: 'job-1', job_name: 'A job', total_sheets: 3 };
    const { client, outcome } = setup(lost(), problem(409, 'job_exists'), json(200, aJob()));
    expect(await outcome(client.create(job))).toMatchObject(job);
  });

  it('to a create is no success when the job that exists is another', async () => {
    const job = { job_id: 'job-1', job_name: 'Another job', total_sheets: 3 };
    const { client, outcome } = setup(lost(), problem(409, 'job_exists'), json(200, aJob()));
    await expect(outcome(client.create(job))).rejects.toMatchObject({ code: 'job_exists' });
  });
});

describe('a first answer', () => {
  it('of lease_lost to a release is believed', async () => {
    const { client, outcome } = setup(problem(409, 'lease_lost'));
    await expect(outcome(client.release(held))).rejects.toMatchObject({ code: 'lease_lost' });
  });

  it('of lease_lost to the last update is believed', async () => {
    const { client, outcome, service } = setup(problem(409, 'lease_lost'));
    const updating = client.update({ ...held, sheet: 3 }, { status: 'completed' });
    await expect(outcome(updating)).rejects.toMatchObject({ code: 'lease_lost' });
    expect(service.calls).toEqual([UPDATE]);
  });

  it('of job_exists to a create is believed', async () => {
    const job = { job_id: 'job-1', job_name: 'A job', total_sheets: 3 };
    const { client, outcome } = setup(problem(409, 'job_exists'));
    await expect(outcome(client.create(job))).rejects.toMatchObject({ code: 'job_exists' });
  });
});
