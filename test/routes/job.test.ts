import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock, steppingClock } from '../support/clock.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';
import { aState } from '../support/state.ts';

const JOB = '/v1/jobs/job-1';

describe('GET /v1/jobs/{id}', () => {
  it('GET answers the bytes of the file', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    await app.create();
    expect((await app.ask('GET', JOB)).text).toBe(await place.read('job-1.json'));
  });

  it('GET has a reader check its copy before it uses it', async () => {
    const app = openApp();
    await app.create();
    expect((await app.ask('GET', JOB)).header('cache-control')).toBe('no-cache');
  });

  it('GET completes a state of another layout, and leaves its file alone', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const text = JSON.stringify(aState({ created_at: 0, updated_at: 0, sheets: { 1: {} } }));
    const withNumber = text.replace('"1":{}', '"1":{"sheet_num":"1"}');
    await place.write('job-1.json', withNumber);
    const loaded = await app.ask('GET', JOB);
    expect(loaded.json).toMatchObject({
      created_at: '1970-01-01T00:00:00Z',
      sheets: { 1: { sheet_num: 1, status: 'pending', max_retries: 3 } },
    });
    expect(await place.read('job-1.json')).toBe(withNumber);
  });

  it('GET answers job_not_found when there is no such job', async () => {
    const missing = await openApp().ask('GET', JOB);
    expect(missing).toMatchObject(aProblem({ status: 404, code: 'job_not_found', path: '{id}' }));
    expect(missing.json).toMatchObject({ job_id: 'job-1' });
  });

  it('GET answers job_id_collision when the stored job is another', async () => {
    const app = openApp();
    await app.create({ job_id: 'a_b' });
    const collided = await app.ask('GET', '/v1/jobs/a%20b');
    expect(collided).toMatchObject(
      aProblem({ status: 409, code: 'job_id_collision', path: '{id}' }),
    );
  });

  it('GET sees what another program wrote', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    await app.create();
    const text = await place.read('job-1.json');
    await place.write('job-1.json', text.replace('A job', 'B job'));
    expect((await app.ask('GET', JOB)).json).toMatchObject({ job_name: 'B job' });
  });

  it('HEAD answers what GET does, without the state', async () => {
    const app = openApp();
    const etag = await app.create();
    const head = await app.ask('HEAD', JOB);
    expect([head.status, head.header('etag'), head.text]).toEqual([200, etag, '']);
  });
});

describe('PUT /v1/jobs/{id}', () => {
  it('PUT answers 201 when it creates the job and 200 when it replaces it', async () => {
    const app = openApp();
    const ifNone = { 'If-None-Match': '*' };
    const created = await app.ask('PUT', JOB, { json: aState(), headers: ifNone });
    const ifMatch = { 'If-Match': created.header('etag') ?? '' };
    const json = aState({ job_name: 'B job' });
    const replaced = await app.ask('PUT', JOB, { json, headers: ifMatch });
    expect([created.status, replaced.status]).toEqual([201, 200]);
    expect(replaced.json).toMatchObject({ job_name: 'B job' });
    expect(replaced.header('etag')).not.toBe(created.header('etag'));
  });

  it('PUT answers the bytes of the file', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const headers = { 'If-None-Match': '*' };
    const saved = await app.ask('PUT', JOB, { json: aState({ x: 1 }), headers });
    expect(await place.read('job-1.json')).toBe(saved.text);
  });

  it('PUT answers 204 with the version when the client prefers that', async () => {
    const app = openApp();
    await app.create();
    const headers = { 'If-Match': '*', Prefer: 'respond-async, return=minimal' };
    const saved = await app.ask('PUT', JOB, { json: aState(), headers });
    expect([saved.status, saved.text]).toEqual([204, '']);
    expect(saved.header('etag')).toBe((await app.ask('GET', JOB)).header('etag'));
  });

  it('PUT makes updated_at later when the clock stands still or goes back', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    const headers = { 'If-Match': '*' };
    const still = await app.ask('PUT', JOB, { json: aState(), headers });
    clock.advance(-60_000);
    const back = await app.ask('PUT', JOB, { json: aState(), headers });
    expect(still.json).toMatchObject({ updated_at: '2026-03-04T05:06:07.000001Z' });
    expect(back.json).toMatchObject({ updated_at: '2026-03-04T05:06:07.000002Z' });
  });

  it('PUT gives equal states different versions', async () => {
    const app = openApp({ clock: steppingClock() });
    await app.create();
    const put = () => app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': '*' } });
    const etags = [await put(), await put(), await put()].map(saved => saved.header('etag'));
    expect(new Set(etags).size).toBe(3);
  });

  it('PUT ignores the fields that the service owns, and keeps them', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    const owned = { epoch: 3, recoveries: 0, lease: null };
    const stored = aState({ dalsegno: owned, later: [1], updated_at: '2999-01-01T00:00:00Z' });
    await place.write('job-1.json', JSON.stringify(stored));
    const json = aState({ dalsegno: { epoch: 99 }, other: 1, updated_at: '1999-01-01T00:00:00Z' });
    const saved = await app.ask('PUT', JOB, { json, headers: { 'If-Match': '*' } });
    expect(saved.json).toMatchObject({
      dalsegno: owned,
      updated_at: '2999-01-01T00:00:00.000001Z',
    });
    expect(Object.keys(JSON.parse(await place.read('job-1.json'))).slice(-2)).toEqual([
      'other',
      'dalsegno',
    ]);
  });

  it('PUT keeps unknown keys at every level, as they came', async () => {
    const app = openApp();
    const sheets = { 1: { sheet_num: 1, mine: { z: 1, a: [1, 2.5, 'x'] } } };
    const json = aState({ sheets, zebra: { b: null }, apple: [true] });
    const headers = { 'If-None-Match': '*' };
    const saved = await app.ask('PUT', JOB, { json, headers });
    expect(saved.json).toMatchObject({ sheets, zebra: { b: null }, apple: [true] });
    expect(Object.keys(JSON.parse(saved.text)).slice(-2)).toEqual(['zebra', 'apple']);
  });

  it('PUT of what GET answered changes updated_at alone', async () => {
    const app = openApp();
    const etag = await app.create({ config_snapshot: { b: 1, 10: 2, 2: 3 }, extra: [{}] });
    const loaded = await app.ask('GET', JOB);
    const headers = { 'If-Match': etag };
    const saved = await app.ask('PUT', JOB, { body: loaded.text, headers });
    const expected = loaded.text.replace(
      '"updated_at": "2026-03-04T05:06:07Z"',
      '"updated_at": "2026-03-04T05:06:07.000001Z"',
    );
    expect(saved.text).toBe(expected);
  });

  // The engine reads an integer beyond 1.8e308 as infinite, and it is written as null.
  it('PUT keeps the digits of an integer of 400 digits in a free-form place', async () => {
    const digits = '9'.repeat(400);
    const body = `{"job_id":"job-1","job_name":"x","total_sheets":1,"config_snapshot":{"a":${digits}}}`;
    const saved = await openApp().ask('PUT', JOB, { body, headers: { 'If-None-Match': '*' } });
    expect(saved.text).toContain(`"a": ${digits}`);
  });

  it('PUT refuses a state of another job', async () => {
    const app = openApp();
    const headers = { 'If-None-Match': '*' };
    const saved = await app.ask('PUT', '/v1/jobs/job-2', { json: aState(), headers });
    expect(saved).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/job_id' }));
    expect(await app.ask('GET', '/v1/jobs/job-2')).toMatchObject(
      aProblem({ status: 404, code: 'job_not_found' }),
    );
  });

  it('PUT answers job_id_collision when the stored job is another', async () => {
    const app = openApp();
    const etag = await app.create({ job_id: 'a_b' });
    const json = aState({ job_id: 'a b' });
    const headers = { 'If-Match': '*' };
    const collided = await app.ask('PUT', '/v1/jobs/a%20b', { json, headers });
    expect(collided).toMatchObject(
      aProblem({ status: 409, code: 'job_id_collision', path: '{id}' }),
    );
    expect((await app.ask('GET', '/v1/jobs/a_b')).header('etag')).toBe(etag);
  });
});

describe('DELETE /v1/jobs/{id}', () => {
  it('DELETE answers 204 and removes the file', async () => {
    const place = await runtime.makePlace();
    const app = openApp({ store: await place.open() });
    await app.create();
    expect((await app.ask('DELETE', JOB)).status).toBe(204);
    expect(await place.names()).toEqual([]);
    expect(await app.ask('GET', JOB)).toMatchObject(
      aProblem({ status: 404, code: 'job_not_found' }),
    );
  });

  it('DELETE answers job_not_found when there is no such job', async () => {
    const removed = await openApp().ask('DELETE', JOB);
    expect(removed).toMatchObject(aProblem({ status: 404, code: 'job_not_found', path: '{id}' }));
  });

  it('DELETE spares a job of another id with the same file name', async () => {
    const app = openApp();
    const etag = await app.create({ job_id: 'a_b' });
    const removed = await app.ask('DELETE', '/v1/jobs/a%20b');
    expect(removed).toMatchObject(
      aProblem({ status: 409, code: 'job_id_collision', path: '{id}' }),
    );
    expect((await app.ask('GET', '/v1/jobs/a_b')).header('etag')).toBe(etag);
  });

  it('DELETE lets the id be used again, under another version', async () => {
    const app = openApp({ clock: steppingClock() });
    const etag = await app.create();
    await app.ask('DELETE', JOB);
    expect(await app.create()).not.toBe(etag);
  });

  describe.runIf(runtime.distinctVersions)('where equal bytes have different versions', () => {
    it('DELETE lets the id be used again in the same instant, under another version', async () => {
      const app = openApp();
      const etag = await app.create();
      await app.ask('DELETE', JOB);
      expect(await app.create()).not.toBe(etag);
    });
  });
});
