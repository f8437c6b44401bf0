import { describe, expect, it } from 'vitest';
import { JobStatus, SheetStatus } from '../../lib/checkpoint/status.ts';
import { aState } from '../support/state.ts';
import { json, lost, problem, type Reply } from '../worker/scripted-service.ts';
import { openClient, scriptedClient } from './setup.ts';

const BIG =
  '{"job_id":"big","job_name":"x","total_sheets":1,"config_snapshot":{"n":12345678901234567890,"one":1.0}}';

function saved(etag: string): Reply {
  return json(200, { job_id: 'job-1' }, { ETag: `"${etag}"` });
}

function stateOf(overrides: Readonly<Record<string, unknown>> = {}) {
  return { ...aState(), status: 'pending', sheets: {}, updated_at: 'now', ...overrides };
}

describe('save() and loadText()', () => {
  it('keep every digit of a text', async () => {
    const { client } = openClient();
    const { version } = await client.save('big', BIG, { expect: 'absent' });
    const read = await client.loadText('big');
    expect(read.version).toBe(version);
    expect(read.text).toMatch(/"n": ?12345678901234567890/);
    expect(read.text).toMatch(/"one": ?1\.0/);
  });

  it('loadText() is null while the job has the version of the caller', async () => {
    const { app, client } = openClient();
    await app.create();
    const { version } = await client.loadText('job-1');
    expect(await client.loadText('job-1', { ifNoneMatch: version })).toBeNull();
    await client.pause({ jobId: 'job-1' });
    expect(await client.loadText('job-1', { ifNoneMatch: version })).toMatchObject({
      text: expect.stringMatching(/"status": ?"paused"/),
    });
  });

  it('save() rejects where the job has another version, or exists already', async () => {
    const { app, client } = openClient();
    const version = (await app.create()).slice(1, -1);
    await client.pause({ jobId: 'job-1' });
    const refused = { code: 'version_conflict', status: 412 };
    await expect(client.save('job-1', stateOf(), { ifVersion: version })).rejects.toMatchObject(
      refused,
    );
    await expect(client.save('job-1', stateOf(), { expect: 'absent' })).rejects.toMatchObject(
      refused,
    );
    expect(await client.save('job-1', aState(), { expect: 'anything' })).toMatchObject({
      version: expect.any(String),
    });
  });

  it('save() finds out that its first try arrived, by what is stored', async () => {
    const conflict = problem(412, 'version_conflict');
    const stored = json(200, { ...stateOf(), dalsegno: { epoch: 3 } }, { ETag: '"v-2"' });
    const { client, service } = scriptedClient(lost(), conflict, stored);
    const state = { ...stateOf(), updated_at: 'then' };
    expect(await client.save('job-1', state, { ifVersion: 'v-1' })).toEqual({ version: 'v-2' });
    expect(service.received.map(({ headers }) => headers.get('if-match'))).toEqual([
      '"v-1"',
      '"v-1"',
      null,
    ]);
  });

  it('save() rejects where another writer was first', async () => {
    const conflict = problem(412, 'version_conflict');
    const stored = json(200, stateOf({ job_name: 'Theirs' }), { ETag: '"v-2"' });
    const { client } = scriptedClient(lost(), conflict, stored);
    await expect(client.save('job-1', stateOf(), { ifVersion: 'v-1' })).rejects.toMatchObject({
      code: 'version_conflict',
    });
  });

  it('save() does not look for its own try where the first answer is a refusal', async () => {
    const { client, service } = scriptedClient(problem(412, 'version_conflict'));
    await expect(client.save('job-1', stateOf(), { expect: 'absent' })).rejects.toThrow(
      'version_conflict',
    );
    expect(service.calls).toEqual(['PUT /v1/jobs/job-1']);
  });

  it('save() sends the lease token, and tries again after a lost answer', async () => {
    const { client, service } = scriptedClient(lost(), saved('v-2'));
    await client.save('job-1', '{}', { expect: 'anything', leaseToken: 'dsl_x' });
    expect(service.received.map(({ headers }) => headers.get('lease-token'))).toEqual([
      'dsl_x',
      'dsl_x',
    ]);
  });
});

describe('the statuses of the service', () => {
  it.each(JobStatus.options)('load() and why() read a job with the status %s', async status => {
    const { app, client } = openClient();
    await app.create({ status });
    expect(await client.load('job-1')).toMatchObject({ status });
    expect(await client.why('job-1')).toMatchObject({ status });
  });

  it.each(SheetStatus.options)('load() reads a job with a sheet of the status %s', async status => {
    const { app, client } = openClient();
    await app.create({ total_sheets: 1, sheets: { 1: { sheet_num: 1, status } } });
    expect(await client.load('job-1')).toMatchObject({ sheets: { 1: { status } } });
  });

  it('a claim gets a job with a sheet that another program has dispatched', async () => {
    const { app, client } = openClient();
    const sheets = { 2: { sheet_num: 2, status: 'dispatched' } };
    await app.create({ sheets });
    expect(await client.claim({ holder: 'w-1' })).toMatchObject({
      next_sheet: 1,
      state: { sheets: { 2: { status: 'dispatched' } } },
    });
  });
});

describe('delete()', () => {
  it('deletes a job, and rejects for one that is not there', async () => {
    const { app, client } = openClient();
    await app.create();
    await client.delete({ jobId: 'job-1' });
    await expect(client.delete({ jobId: 'job-1' })).rejects.toMatchObject({
      code: 'job_not_found',
    });
  });

  it('is done where its first try arrived', async () => {
    const { client } = scriptedClient(lost(), problem(404, 'job_not_found'));
    await expect(client.delete({ jobId: 'job-1' })).resolves.toBeUndefined();
  });

  it('deletes a held job with force alone', async () => {
    const { client } = openClient();
    await client.create({ job_id: 'job-1', job_name: 'x', total_sheets: 1 });
    await client.acquire('job-1', { holder: 'w-1' });
    await expect(client.delete({ jobId: 'job-1' })).rejects.toMatchObject({ code: 'lease_held' });
    await client.delete({ jobId: 'job-1' }, { force: true });
  });
});

describe('complete()', () => {
  it('completes a job', async () => {
    const answer = { job_id: 'a b', status: 'completed', requested: null };
    const { client, service } = scriptedClient(json(200, answer));
    expect(await client.complete({ jobId: 'a b' })).toEqual(answer);
    expect(service.calls).toEqual(['POST /v1/jobs/a%20b/complete']);
  });

  it('finds out that its first try ended the lease', async () => {
    const stored = json(200, stateOf({ status: 'completed' }));
    const { client } = scriptedClient(lost(), problem(409, 'lease_lost'), stored);
    expect(await client.complete({ jobId: 'job-1', token: 'dsl_x' })).toMatchObject({
      status: 'completed',
      requested: null,
    });
  });
});
