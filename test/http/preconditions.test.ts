import { describe, expect, it } from 'vitest';
import { type AppClient, openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';

const JOB = '/v1/jobs/job-1';
const SHEET = '/v1/jobs/job-1/sheets/1';
const update = { status: 'in_progress' };

interface Opened {
  readonly app: AppClient;
  readonly etag: string;
  readonly before: string;
}

async function openJob(): Promise<Opened> {
  const app = openApp();
  const etag = await app.create();
  return { app, etag, before: (await app.ask('GET', JOB)).text };
}

async function expectUntouched({ app, etag, before }: Opened): Promise<void> {
  const after = await app.ask('GET', JOB);
  expect(after.header('etag')).toBe(etag);
  expect(after.text).toBe(before);
}

describe('GET', () => {
  const known = [
    ['the version', (etag: string) => etag],
    ['the version, weak', (etag: string) => `W/${etag}`],
    ['a list with the version', (etag: string) => `"x", W/"y" , ${etag},"z"`],
    ['any version', () => '*'],
  ] as const;

  it.each(known)('GET answers 304 when If-None-Match is %s', async (_, tagOf) => {
    const { app, etag } = await openJob();
    const headers = { 'If-None-Match': tagOf(etag) };
    const answer = await app.ask('GET', JOB, { headers });
    expect([answer.status, answer.text, answer.header('etag')]).toEqual([304, '', etag]);
    expect((await app.ask('HEAD', JOB, { headers })).status).toBe(304);
  });

  const unknown = [
    ['another version', () => '"another"'],
    ['without quotes', (etag: string) => etag.slice(1, -1)],
    ['half open', (etag: string) => etag.slice(0, -1)],
    ['empty', () => ''],
    ['a star among others', () => '*, "x"'],
  ] as const;

  it.each(unknown)('GET answers the state when If-None-Match is %s', async (_, tagOf) => {
    const { app, etag, before } = await openJob();
    const answer = await app.ask('GET', JOB, { headers: { 'If-None-Match': tagOf(etag) } });
    expect([answer.status, answer.text]).toEqual([200, before]);
  });

  it('GET answers the state when the version it knows is no longer the stored one', async () => {
    const { app, etag } = await openJob();
    await app.ask('PUT', SHEET, { json: update });
    const answer = await app.ask('GET', JOB, { headers: { 'If-None-Match': etag } });
    expect(answer.status).toBe(200);
    expect(answer.header('etag')).not.toBe(etag);
  });

  it.each(['"v"', 'W/"v"', 'v'])('GET answers 412 when If-Match is %s', async tag => {
    const { app, etag } = await openJob();
    const answer = await app.ask('GET', JOB, { headers: { 'If-Match': tag } });
    expect(answer).toMatchObject(
      aProblem({ status: 412, code: 'version_conflict', path: 'If-Match' }),
    );
    expect((await app.ask('GET', JOB, { headers: { 'If-Match': etag } })).status).toBe(200);
  });

  it.each(['*', '"v"'])(
    'GET answers 404 when If-None-Match is %s and there is no job',
    async tag => {
      const answer = await openApp().ask('GET', JOB, { headers: { 'If-None-Match': tag } });
      expect(answer).toMatchObject(aProblem({ status: 404, code: 'job_not_found' }));
    },
  );

  it('GET answers no 304 for a job that is not the one asked for', async () => {
    const app = openApp();
    const etag = await app.create({ job_id: 'a_b' });
    for (const tag of ['*', etag]) {
      const answer = await app.ask('GET', '/v1/jobs/a%20b', { headers: { 'If-None-Match': tag } });
      expect(answer).toMatchObject(aProblem({ status: 409, code: 'job_id_collision' }));
    }
  });

  it('GET answers no 304 for a corrupt state', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    await place.write('job-1.json', '{');
    const answer = await app.ask('GET', JOB, { headers: { 'If-None-Match': '*' } });
    expect(answer).toMatchObject(aProblem({ status: 500, code: 'state_corrupt' }));
  });
});

describe('PUT of a job', () => {
  it('PUT answers precondition_required when it has none', async () => {
    const opened = await openJob();
    const saved = await opened.app.ask('PUT', JOB, { json: aState({ job_name: 'B' }) });
    expect(saved).toMatchObject(
      aProblem({ status: 428, code: 'precondition_required', path: 'If-Match' }),
    );
    await expectUntouched(opened);
  });

  it('PUT answers version_conflict with the stored version when If-Match is stale', async () => {
    const { app, etag } = await openJob();
    const fresh = await app.ask('PUT', SHEET, { json: update });
    const saved = await app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': etag } });
    expect(saved).toMatchObject(
      aProblem({ status: 412, code: 'version_conflict', path: 'If-Match' }),
    );
    const current = fresh.header('etag')?.slice(1, -1);
    expect(saved.json).toMatchObject({ job_id: 'job-1', current_version: current });
    expect((await app.ask('GET', JOB)).header('etag')).toBe(fresh.header('etag'));
  });

  it('PUT takes any version of a list', async () => {
    const { app, etag } = await openJob();
    const headers = { 'If-Match': `"x", ${etag}` };
    expect((await app.ask('PUT', JOB, { json: aState(), headers })).status).toBe(200);
  });

  it('PUT answers version_conflict when If-Match is weak', async () => {
    const opened = await openJob();
    const headers = { 'If-Match': `W/${opened.etag}` };
    const saved = await opened.app.ask('PUT', JOB, { json: aState(), headers });
    expect(saved).toMatchObject(
      aProblem({ status: 412, code: 'version_conflict', path: 'If-Match' }),
    );
    await expectUntouched(opened);
  });

  it('PUT answers version_conflict when If-None-Match is * and the job is stored', async () => {
    const opened = await openJob();
    const headers = { 'If-None-Match': '*' };
    const saved = await opened.app.ask('PUT', JOB, { json: aState(), headers });
    expect(saved).toMatchObject(aProblem({ status: 412, code: 'version_conflict' }));
    await expectUntouched(opened);
  });

  it.each(['*', '"v"'])(
    'PUT creates nothing when If-Match is %s and there is no job',
    async tag => {
      const app = openApp();
      const saved = await app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': tag } });
      expect(saved).toMatchObject(aProblem({ status: 412, code: 'version_conflict' }));
      expect(saved.json).toMatchObject({ current_version: null });
      expect((await app.ask('GET', JOB)).status).toBe(404);
    },
  );

  const malformed = [
    ['If-Match', 'v'],
    ['If-Match', ''],
    ['If-Match', '"v'],
    ['If-Match', '"v" "w"'],
    ['If-Match', '*, "v"'],
    ['If-Match', 'w/"v"'],
    ['If-Match', '"v w"'],
    ['If-None-Match', '"v"'],
    ['If-None-Match', 'v'],
    ['If-None-Match', ''],
  ] as const;

  it.each(malformed)('PUT refuses %s: %s', async (name, value) => {
    const opened = await openJob();
    const headers = { [name]: value };
    const saved = await opened.app.ask('PUT', JOB, { json: aState(), headers });
    expect(saved).toMatchObject(aProblem({ status: 422, code: 'invalid', path: name }));
    await expectUntouched(opened);
  });

  it('PUT refuses both preconditions at once', async () => {
    const opened = await openJob();
    const headers = { 'If-Match': opened.etag, 'If-None-Match': '*' };
    const saved = await opened.app.ask('PUT', JOB, { json: aState(), headers });
    expect(saved).toMatchObject(aProblem({ status: 422, code: 'invalid', path: 'If-None-Match' }));
    await expectUntouched(opened);
  });
});

describe('DELETE of a job', () => {
  it('DELETE removes the job when If-Match is its version', async () => {
    const { app, etag } = await openJob();
    expect((await app.ask('DELETE', JOB, { headers: { 'If-Match': etag } })).status).toBe(204);
  });

  it.each(['"v"', 'W/"v"'])('DELETE spares the job when If-Match is %s', async tag => {
    const opened = await openJob();
    const removed = await opened.app.ask('DELETE', JOB, { headers: { 'If-Match': tag } });
    expect(removed).toMatchObject(
      aProblem({ status: 412, code: 'version_conflict', path: 'If-Match' }),
    );
    await expectUntouched(opened);
  });
});

describe('PUT of a sheet', () => {
  it('PUT updates the sheet when If-Match is the version, and answers the next one', async () => {
    const { app, etag } = await openJob();
    const updated = await app.ask('PUT', SHEET, { json: update, headers: { 'If-Match': etag } });
    expect(updated.status).toBe(200);
    expect(updated.header('etag')).toBe((await app.ask('GET', JOB)).header('etag'));
    expect(updated.header('etag')).not.toBe(etag);
  });

  it('PUT updates nothing when If-Match is stale', async () => {
    const opened = await openJob();
    const headers = { 'If-Match': '"stale"' };
    const updated = await opened.app.ask('PUT', SHEET, { json: update, headers });
    expect(updated).toMatchObject(
      aProblem({ status: 412, code: 'version_conflict', path: 'If-Match' }),
    );
    await expectUntouched(opened);
  });
});
