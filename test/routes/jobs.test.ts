import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';

describe('POST /v1/jobs', () => {
  it('POST answers 201 with the whole state, its place and its version', async () => {
    const app = openApp();
    const created = await app.ask('POST', '/v1/jobs', { json: aState() });
    expect(created.status).toBe(201);
    expect(created.header('location')).toBe('/v1/jobs/job-1');
    expect(created.header('content-type')).toBe('application/json');
    expect(created.header('etag')).toMatch(/^"[!#-~]+"$/);
    expect(created.json).toMatchObject({
      job_id: 'job-1',
      created_at: '2026-03-04T05:06:07Z',
      updated_at: '2026-03-04T05:06:07Z',
      total_sheets: 3,
      status: 'pending',
      sheets: {},
      total_estimated_cost: 0,
    });
  });

  it('POST answers what GET answers then, byte for byte', async () => {
    const app = openApp();
    const created = await app.ask('POST', '/v1/jobs', { json: aState() });
    const loaded = await app.ask('GET', '/v1/jobs/job-1');
    expect(loaded.text).toBe(created.text);
    expect(loaded.header('etag')).toBe(created.header('etag'));
  });

  it('POST writes the file that the answer shows', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const created = await app.ask('POST', '/v1/jobs', { json: aState({ job_id: 'a/b' }) });
    expect(await place.names()).toEqual(['a_b.json']);
    expect(await place.read('a_b.json')).toBe(created.text);
  });

  it('POST percent-encodes the id in Location, and it leads to the job', async () => {
    const app = openApp();
    const jobId = 'ein/ä ?#%25 名';
    const created = await app.ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }) });
    const location = created.header('location') ?? '';
    expect(location).toBe(`/v1/jobs/${encodeURIComponent(jobId)}`);
    expect((await app.ask('GET', location)).text).toBe(created.text);
  });

  it('POST answers the version alone when the client prefers that', async () => {
    const app = openApp();
    const headers = { Prefer: 'return=minimal' };
    const created = await app.ask('POST', '/v1/jobs', { json: aState(), headers });
    const loaded = await app.ask('GET', '/v1/jobs/job-1');
    expect(created.status).toBe(201);
    expect(created.text).toBe('');
    expect(created.header('preference-applied')).toBe('return=minimal');
    expect(created.header('etag')).toBe(loaded.header('etag'));
  });

  it('POST ignores the fields that the service owns', async () => {
    const app = openApp();
    const owned = { updated_at: '1999-01-01T00:00:00Z', dalsegno: { epoch: 9 } };
    const created = await app.ask('POST', '/v1/jobs', { json: aState(owned) });
    expect(created.json).toMatchObject({ updated_at: '2026-03-04T05:06:07Z' });
    expect(created.json).not.toHaveProperty('dalsegno');
  });

  it('POST takes a charset of UTF-8 and a media type in capitals', async () => {
    const app = openApp();
    const headers = { 'Content-Type': 'Application/JSON; charset="UTF-8"' };
    expect((await app.ask('POST', '/v1/jobs', { json: aState(), headers })).status).toBe(201);
  });

  it('POST answers job_exists and changes nothing when the job is stored', async () => {
    const app = openApp();
    const etag = await app.create();
    const again = await app.ask('POST', '/v1/jobs', { json: aState({ job_name: 'Other' }) });
    expect(again).toMatchObject(aProblem({ status: 409, code: 'job_exists', path: '/job_id' }));
    expect(again.json).toMatchObject({ job_id: 'job-1' });
    expect((await app.ask('GET', '/v1/jobs/job-1')).header('etag')).toBe(etag);
  });

  it('POST answers job_id_collision when another id has the same file name', async () => {
    const app = openApp();
    const etag = await app.create({ job_id: 'a b' });
    const collided = await app.ask('POST', '/v1/jobs', { json: aState({ job_id: 'a/b' }) });
    expect(collided).toMatchObject(
      aProblem({ status: 409, code: 'job_id_collision', path: '{id}' }),
    );
    expect(collided.json).toMatchObject({ job_id: 'a/b', other_job_id: 'a b' });
    expect((await app.ask('GET', '/v1/jobs/a%20b')).header('etag')).toBe(etag);
  });

  it('POST has one winner when 16 create the same job', async () => {
    const place = await runtime.makePlace();
    const apps = [openApp({ store: await place.open() }), openApp({ store: await place.open() })];
    const racers = Array.from({ length: 8 }, () => apps).flat();
    const answers = await Promise.all(
      racers.map((app, racer) =>
        app.ask('POST', '/v1/jobs', { json: aState({ job_name: `racer ${racer}` }) }),
      ),
    );
    const statuses = answers.map(answer => answer.status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([201, ...Array.from({ length: 15 }, () => 409)]);
    const winner = answers.find(answer => answer.status === 201);
    expect(await place.read('job-1.json')).toBe(winner?.text);
  });
});
