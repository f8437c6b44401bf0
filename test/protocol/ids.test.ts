import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { acquire, claim, claimed, keysOf, leaseOf, storedText } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';

const IDS = [
  'a/b c',
  '../../etc/passwd',
  'a.b.json',
  '%2F%',
  'täst-ß ♪',
  '作业-1',
  '~',
  'a~b',
  '__proto__',
  '🎼'.repeat(200),
  '𝒜'.repeat(50),
  'x'.repeat(200),
];

function pathOf(jobId: string): string {
  return `/v1/jobs/${encodeURIComponent(jobId)}`;
}

async function openOnDisk(clock = frozenClock()) {
  const place = await runtime.makePlace();
  return openApp({ clock, store: await place.open() });
}

describe.each(IDS)('the job %j', job_id => {
  const path = pathOf(job_id);

  it('is leased, renewed, updated and released', async () => {
    const app = await openOnDisk();
    await app.create({ job_id });
    const { answer, headers } = await acquire(app, { path });
    expect(leaseOf(answer)).toMatchObject({ job_id });
    expect((await app.ask('PUT', `${path}/lease`, { headers })).status).toBe(200);
    const json = { status: 'completed' };
    expect((await app.ask('PUT', `${path}/sheets/1`, { headers, json })).status).toBe(200);
    expect((await app.ask('DELETE', `${path}/lease`, { headers })).status).toBe(204);
  });

  it('is claimed, renewed with others, and recovered', async () => {
    const clock = frozenClock();
    const app = await openOnDisk(clock);
    await app.create({ job_id });
    const { answer, token } = await claim(app);
    expect(leaseOf(answer).job_id).toBe(job_id);
    const beats = await app.ask('POST', '/v1/heartbeats', { json: { beats: [{ token }] } });
    expect(beats.json).toMatchObject({ beats: [{ ok: true, lease: { job_id } }] });
    const json = { updates: [{ token, sheet: 1, status: 'completed' }] };
    const updated = await app.ask('POST', '/v1/updates', { json });
    expect(updated.json).toMatchObject({ updates: [{ ok: true, job_id, next_sheet: 2 }] });
    clock.advance(60_000);
    expect((await app.ask('POST', '/v1/sweep')).json).toMatchObject({ recovered: 1, errors: 0 });
    expect(await claimed(app)).toBe(job_id);
  });

  it('is controlled and explained', async () => {
    const app = await openOnDisk();
    await app.create({ job_id });
    await acquire(app, { path });
    expect((await app.ask('POST', `${path}/pause`)).status).toBe(202);
    expect((await app.ask('GET', `${path}/why`)).json).toMatchObject({
      job_id,
      requested: 'pause',
    });
  });

  it('has a token that can stand in a header', async () => {
    const app = openApp();
    await app.create({ job_id });
    expect((await acquire(app, { path })).token).toMatch(/^dsl_[\w-]+\.[0-9a-f]{32}\.[\w-]{43}$/);
  });
});

describe('the longest lease', () => {
  it('is stored and read again: id, holder, progress and message of the most bytes', async () => {
    const app = openApp();
    const job_id = '\u0001'.repeat(200);
    await app.create({ job_id });
    const path = pathOf(job_id);
    const { headers } = await acquire(app, { path, holder: `x${'\u0001'.repeat(199)}` });
    const json = { error_message: '\u0001'.repeat(500) };
    await app.ask('POST', `${path}/pause`, { json });
    const progress = 'ä'.repeat(127);
    const renewed = await app.ask('PUT', `${path}/lease`, { headers, json: { progress } });
    expect(renewed.json).toMatchObject({ requested: 'pause', lease: { progress } });
    expect((await app.ask('PUT', `${path}/lease`, { headers })).status).toBe(200);
  });
});

describe('two ids with one name', () => {
  const OTHER = '/v1/jobs/a%20b';
  const COLLISION = aProblem({ status: 409, code: 'job_id_collision', path: '{id}' });

  it.each([
    ['POST', `${OTHER}/lease`, { holder: 'w' }],
    ['POST', `${OTHER}/pause`, {}],
    ['POST', `${OTHER}/resume`, undefined],
    ['POST', `${OTHER}/cancel?force=true`, {}],
    ['GET', `${OTHER}/why`, undefined],
  ])('%s %s answers job_id_collision, and changes nothing', async (method, path, json) => {
    const app = openApp();
    const etag = await app.create({ job_id: 'a_b' });
    expect(await app.ask(method, path, { json })).toMatchObject(COLLISION);
    expect((await app.ask('GET', '/v1/jobs/a_b')).header('etag')).toBe(etag);
  });

  it.each([
    ['PUT', `${OTHER}/sheets/1`, { status: 'completed' }],
    ['POST', `${OTHER}/pause`, undefined],
    ['DELETE', `${OTHER}/lease`, undefined],
    ['DELETE', OTHER, undefined],
  ])('%s %s answers job_id_collision to the holder of the other', async (method, path, json) => {
    const app = openApp();
    await app.create({ job_id: 'a_b' });
    const { headers } = await acquire(app, { path: '/v1/jobs/a_b' });
    expect(await app.ask(method, path, { json, headers })).toMatchObject(COLLISION);
  });

  // The lease of the one is renewed under the id of the other.
  it('PUT of a lease answers job_id_collision to the holder of the other', async () => {
    const app = openApp();
    await app.create({ job_id: 'a_b' });
    const { headers } = await acquire(app, { path: '/v1/jobs/a_b' });
    expect((await app.ask('PUT', `${OTHER}/lease`, { headers })).status).toBe(409);
  });

  // The lease is ended before the id is looked at: the job is a zombie's from then on.
  it('DELETE of a lease that is refused leaves the lease to its holder', async () => {
    const app = openApp();
    await app.create({ job_id: 'a_b' });
    const { headers, key } = await acquire(app, { path: '/v1/jobs/a_b' });
    await app.ask('DELETE', `${OTHER}/lease`, { headers });
    expect(JSON.parse(await storedText(app.store, key))).toMatchObject({ expired: false });
  });

  it('no lease object is left of what was refused', async () => {
    const app = openApp();
    await app.create({ job_id: 'a_b' });
    await app.ask('POST', `${OTHER}/lease`, { json: { holder: 'w' } });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });
});
