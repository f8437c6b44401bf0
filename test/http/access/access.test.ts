import { describe, expect, it } from 'vitest';
import { type AccessList, readAccessList } from '../../../lib/access/access-list.ts';
import { accessDigestOf, mintAccessToken } from '../../../lib/access/access-token.ts';
import { type AppClient, openApp } from '../../support/app.ts';
import { aProblem } from '../../support/problem.ts';
import { seededRandom } from '../../support/random.ts';
import { aState } from '../../support/state.ts';

const JOB = '/v1/jobs/job-1';

function listOf(text: string): AccessList {
  const read = readAccessList(text);
  if (!read.ok) throw new Error(read.reason);
  return read.list;
}

async function guarded() {
  const random = seededRandom(7);
  const mint = () => mintAccessToken(random.secret());
  const [read, work, admin, etl, old] = [
    await mint(),
    await mint(),
    await mint(),
    await mint(),
    await mint(),
  ];
  const text = `${read.sha256}:read, ${work.sha256}:work\n${admin.sha256}:admin,${etl.sha256}:work:etl-,${old.sha256}:work`;
  const app = openApp({ access: listOf(text) });
  const bearer = (token: { text: string }) => ({ Authorization: `Bearer ${token.text}` });
  return {
    app,
    headers: {
      read: bearer(read),
      work: bearer(work),
      admin: bearer(admin),
      etl: bearer(etl),
      old: bearer(old),
    },
    unknown: bearer(await mint()),
  };
}

const UNAUTHORIZED = aProblem({ status: 401, code: 'unauthorized', path: 'Authorization' });
const FORBIDDEN = aProblem({ status: 403, code: 'forbidden', path: 'Authorization' });

async function create(app: AppClient, headers: Record<string, string>, jobId = 'job-1') {
  return app.ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }), headers });
}

describe('without a token that is known', () => {
  it.each([
    ['no header', {}],
    ['another kind', { Authorization: 'Basic eDp5' }],
    ['nothing', { Authorization: 'Bearer ' }],
    ['a word', { Authorization: 'Bearer secret' }],
  ])('%s answers unauthorized, and says how to ask', async (_name, headers) => {
    const { app } = await guarded();
    const answer = await app.ask('GET', JOB, { headers });
    expect(answer).toMatchObject(UNAUTHORIZED);
    expect(answer.header('www-authenticate')).toContain('Bearer');
  });

  it('a token that nobody configured answers unauthorized', async () => {
    const { app, unknown } = await guarded();
    expect(await app.ask('GET', JOB, { headers: unknown })).toMatchObject(UNAUTHORIZED);
  });

  it('a lease token is no substitute', async () => {
    const { app, headers } = await guarded();
    await create(app, headers.work);
    const json = { holder: 'w-1' };
    const granted = await app.ask('POST', `${JOB}/lease`, { json, headers: headers.work });
    const { token } = granted.json as { token: string };
    const lease = { 'Lease-Token': token };
    expect(await app.ask('PUT', `${JOB}/lease`, { headers: lease })).toMatchObject(UNAUTHORIZED);
    const asBearer = { ...lease, Authorization: `Bearer ${token}` };
    expect(await app.ask('PUT', `${JOB}/lease`, { headers: asBearer })).toMatchObject(UNAUTHORIZED);
  });

  it.each(['/healthz', '/readyz'])('GET %s is answered to anybody', async path => {
    const { app } = await guarded();
    expect((await app.ask('GET', path)).status).toBe(200);
  });
});

describe('the scopes', () => {
  it('read reads and does no more', async () => {
    const { app, headers } = await guarded();
    await create(app, headers.work);
    expect((await app.ask('GET', JOB, { headers: headers.read })).status).toBe(200);
    expect((await app.ask('GET', '/v1/jobs', { headers: headers.read })).status).toBe(200);
    expect(await create(app, headers.read, 'other')).toMatchObject(FORBIDDEN);
    const json = { holder: 'w-1' };
    expect(await app.ask('POST', '/v1/claims', { json, headers: headers.read })).toMatchObject(
      FORBIDDEN,
    );
  });

  it('work works, and neither deletes, nor sweeps, nor operates', async () => {
    const { app, headers } = await guarded();
    expect((await create(app, headers.work)).status).toBe(201);
    const calls = [
      ['DELETE', JOB],
      ['POST', '/v1/sweep'],
      ['POST', `${JOB}/pause`],
      ['POST', `${JOB}/resume`],
    ] as const;
    for (const [method, path] of calls) {
      expect(await app.ask(method, path, { headers: headers.work })).toMatchObject(FORBIDDEN);
      expect((await app.ask(method, path, { headers: headers.admin })).status).not.toBe(403);
    }
  });

  it('work with the lease may pause what it holds', async () => {
    const { app, headers } = await guarded();
    await create(app, headers.work);
    const json = { holder: 'w-1' };
    const granted = await app.ask('POST', '/v1/claims', { json, headers: headers.work });
    const { token } = granted.json as { token: string };
    const both = { ...headers.work, 'Lease-Token': token };
    expect((await app.ask('POST', `${JOB}/pause`, { headers: both })).status).toBe(200);
  });

  it('work that shows some lease token operates no more than without', async () => {
    const { app, headers } = await guarded();
    await create(app, headers.work);
    const json = { holder: 'w-1' };
    const granted = await app.ask('POST', '/v1/claims', { json, headers: headers.work });
    await create(app, headers.work, 'job-2');
    const { token } = granted.json as { token: string };
    const both = { ...headers.work, 'Lease-Token': token };
    const paths = [`${JOB}/resume`, '/v1/jobs/job-2/resume', '/v1/sweep', '/v1/doctor'];
    for (const path of paths) {
      expect(await app.ask('POST', path, { headers: both })).toMatchObject(FORBIDDEN);
    }
    const others = await app.ask('POST', '/v1/jobs/job-2/cancel?force=true', { headers: both });
    expect(others).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
  });

  it('two tokens are good at once, for as long as both are configured', async () => {
    const { app, headers } = await guarded();
    expect((await create(app, headers.old)).status).toBe(201);
    expect((await create(app, headers.work, 'job-2')).status).toBe(201);
  });
});

describe('a token with a prefix', () => {
  it('opens the jobs whose ids begin so, and no other', async () => {
    const { app, headers } = await guarded();
    expect((await create(app, headers.etl, 'etl-1')).status).toBe(201);
    expect(await create(app, headers.etl, 'job-1')).toMatchObject(FORBIDDEN);
    await create(app, headers.work, 'job-1');
    expect((await app.ask('GET', '/v1/jobs/etl-1', { headers: headers.etl })).status).toBe(200);
    expect(await app.ask('GET', JOB, { headers: headers.etl })).toMatchObject(FORBIDDEN);
  });

  it('lists those, and claims those', async () => {
    const { app, headers } = await guarded();
    await create(app, headers.work, 'job-1');
    await create(app, headers.etl, 'etl-1');
    const listed = await app.ask('GET', '/v1/jobs', { headers: headers.etl });
    expect((listed.json as { jobs: unknown[] }).jobs).toMatchObject([{ job_id: 'etl-1' }]);
    const claim = { json: { holder: 'w-1' }, headers: headers.etl };
    expect((await app.ask('POST', '/v1/claims', claim)).json).toMatchObject({
      lease: { job_id: 'etl-1' },
    });
    expect((await app.ask('POST', '/v1/claims', claim)).status).toBe(204);
  });

  it('renews no lease of another job', async () => {
    const { app, headers } = await guarded();
    await create(app, headers.work);
    const json = { holder: 'w-1' };
    const granted = await app.ask('POST', '/v1/claims', { json, headers: headers.work });
    const { token } = granted.json as { token: string };
    const beats = { json: { beats: [{ token }] }, headers: headers.etl };
    expect((await app.ask('POST', '/v1/heartbeats', beats)).json).toMatchObject({
      beats: [{ ok: false, code: 'forbidden' }],
    });
  });
});

describe('an access token', () => {
  it('is known by its digest', async () => {
    const token = await mintAccessToken(seededRandom().secret());
    expect(token.text).toMatch(/^dsa_[\w-]{49}$/);
    expect(await accessDigestOf(token.text)).toBe(token.sha256);
  });

  it('is none with one character changed, cut off, or added', async () => {
    const { text } = await mintAccessToken('a'.repeat(43));
    const others = [text.replace('aa', 'ab'), text.slice(0, -1), `${text}a`, text.slice(1)];
    expect(await Promise.all(others.map(accessDigestOf))).toEqual([null, null, null, null]);
  });
});

describe('readAccessList()', () => {
  it.each(['xyzzy', `${'a'.repeat(64)}:root`, `${'A'.repeat(64)}:read`, 'a:read', 'a'.repeat(64)])(
    'readAccessList() refuses %j by its number, and does not repeat it',
    text => {
      const read = readAccessList(`${'b'.repeat(64)}:read,${text}`);
      expect(read).toEqual({ ok: false, reason: expect.stringContaining('Entry 2 is not') });
      expect(JSON.stringify(read)).not.toContain(text);
    },
  );

  it('readAccessList() takes nothing for nobody', () => {
    expect(listOf(' ,\n').size).toBe(0);
  });
});

describe('where no tokens are asked for', () => {
  it.each([
    ['a name that leads here', { Host: 'evil.example' }],
    ['a name that begins so', { Host: '127.0.0.1.evil.example' }],
    ['a page from elsewhere', { Origin: 'https://evil.example' }],
    ['a page of no origin', { Origin: 'null' }],
    ['a browser that says so', { 'Sec-Fetch-Site': 'cross-site' }],
  ])('%s is not served', async (_name, headers) => {
    const app = openApp();
    await app.create();
    const answer = await app.ask('POST', `${JOB}/cancel?force=true`, { headers });
    expect(answer).toMatchObject(FORBIDDEN);
    expect((await app.ask('GET', JOB)).json).toMatchObject({ status: 'pending' });
  });

  it.each([
    { Host: 'localhost:8787' },
    { Host: '127.0.0.1:8787' },
    { Host: '[::1]:8787' },
    { Origin: 'http://localhost:3000' },
    { 'Sec-Fetch-Site': 'same-origin' },
  ])('%j is served', async headers => {
    const app = openApp();
    expect((await app.ask('GET', '/v1/jobs', { headers })).status).toBe(200);
  });
});
