import { describe, expect, it } from 'vitest';
import { openApp } from '../../support/app.ts';
import { frozenClock } from '../../support/clock.ts';
import { aProblem } from '../../support/problem.ts';
import { runtime } from '../../support/runtime.ts';
import { aState } from '../../support/state.ts';
import { tokensOf } from '../../support/tokens.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe('job_id_collision', () => {
  async function collide() {
    // Wider and narrower: such tokens may stand together, and their jobs may have one name.
    const tokens = await tokensOf({ all: 'admin', wide: 'work:t', narrow: 'work:t/a' });
    const app = openApp({ access: tokens.list });
    const create = (jobId: string, headers: Record<string, string>) =>
      app.ask('POST', '/v1/jobs', { json: aState({ job_id: jobId }), headers });
    return { app, as: tokens.as, create };
  }

  it('does not name a job to a token that may not read it', async () => {
    const { create, as } = await collide();
    expect((await create('t_a1', as('all'))).status).toBe(201);
    const refused = await create('t/a1', as('narrow'));
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'job_id_collision' }));
    expect(refused.text).not.toContain('t_a1');
    expect(refused.json).not.toHaveProperty('other_job_id');
  });

  it('names it to one that may', async () => {
    const { create, as } = await collide();
    expect((await create('t_a1', as('all'))).status).toBe(201);
    for (const token of [as('wide'), as('all')]) {
      expect((await create('t/a1', token)).json).toMatchObject({
        code: 'job_id_collision',
        other_job_id: 't_a1',
        detail: expect.stringContaining('t_a1'),
      });
    }
  });

  it.each([
    ['GET', '', {}],
    ['GET', '/why', {}],
    ['GET', '/next-sheet', {}],
    ['PUT', '', { 'If-Match': '*' }],
    ['PUT', '/sheets/1', {}],
    ['POST', '/lease', {}],
  ] as const)('does not name a job to %s of {id}%s', async (method, path, more) => {
    const { app, create, as } = await collide();
    await create('t_a1', as('all'));
    const body = {
      '': JSON.stringify(aState({ job_id: 't/a1' })),
      '/sheets/1': '{"status": "in_progress"}',
      '/lease': '{"holder": "w-1"}',
    }[path as string];
    const sent = method === 'GET' || body === undefined ? {} : { body };
    const asked = { ...sent, headers: { ...JSON_TYPE, ...as('narrow'), ...more } };
    const refused = await app.ask(method, `/v1/jobs/t%2Fa1${path}`, asked);
    expect(refused).toMatchObject(aProblem({ status: 409, code: 'job_id_collision' }));
    expect(refused.text).not.toContain('t_a1');
  });
});

describe('files that are no states', () => {
  it('are listed for tokens that open all jobs, and for no others', async () => {
    const place = await runtime.makePlace();
    await place.write('t_1.json', '{');
    await place.write('u_1.json', '{');
    const tokens = await tokensOf({ all: 'read', tenant: 'admin:t', other: 'work:t_' });
    const app = openApp({ store: await place.open(), access: tokens.list });
    const corruptFor = async (headers: Record<string, string>) =>
      (await app.ask('GET', '/v1/jobs', { headers })).json;
    expect(await corruptFor(tokens.as('all'))).toMatchObject({ corrupt: [{}, {}] });
    expect(await corruptFor(tokens.as('tenant'))).toMatchObject({ jobs: [], corrupt: [] });
    expect(await corruptFor(tokens.as('other'))).toMatchObject({ jobs: [], corrupt: [] });
  });
});

describe('a token that expires', () => {
  // The clock of the tests begins at 2026-03-04T05:06:07Z.
  it('opens until that moment, and is told from then on that it has expired', async () => {
    const clock = frozenClock();
    const tokens = await tokensOf({
      soon: 'work;name=soon;expires=2026-03-04T05:06:08Z',
      day: 'read;expires=2026-03-05',
      ever: 'read',
    });
    const app = openApp({ access: tokens.list, clock });
    const list = (headers: Record<string, string>) => app.ask('GET', '/v1/jobs', { headers });
    clock.advance(999);
    expect((await list(tokens.as('soon'))).status).toBe(200);
    clock.advance(1);
    const refused = await list(tokens.as('soon'));
    const path = 'Authorization';
    expect(refused).toMatchObject(aProblem({ status: 401, code: 'token_expired', path }));
    expect(refused.json).toMatchObject({ expired_at: '2026-03-04T05:06:08Z' });
    expect(refused.header('www-authenticate')).toBe(
      'Bearer realm="dalsegno", error="invalid_token"',
    );
    expect((await list(tokens.as('day'))).status).toBe(200);
    clock.advance(24 * 3600 * 1000);
    expect((await list(tokens.as('day'))).status).toBe(401);
    expect((await list(tokens.as('ever'))).status).toBe(200);
  });

  it('writes nothing once it has expired', async () => {
    const tokens = await tokensOf({ old: 'admin;expires=2026-03-04', all: 'admin' });
    const app = openApp({ access: tokens.list });
    const created = await app.ask('POST', '/v1/jobs', {
      json: aState(),
      headers: tokens.as('old'),
    });
    expect(created).toMatchObject(aProblem({ status: 401, code: 'token_expired' }));
    const listed = await app.ask('GET', '/v1/jobs', { headers: tokens.as('all') });
    expect(listed.json).toMatchObject({ jobs: [] });
  });
});
