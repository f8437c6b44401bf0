import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { JOB } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { tokensOf } from '../support/tokens.ts';

const CALLS = [
  ['GET', '/v1/jobs'],
  ['HEAD', '/v1/jobs'],
  ['POST', '/v1/jobs'],
  ['GET', JOB],
  ['HEAD', JOB],
  ['PUT', JOB],
  ['DELETE', JOB],
  ['GET', `${JOB}/next-sheet`],
  ['PUT', `${JOB}/sheets/1`],
  ['POST', `${JOB}/lease`],
  ['PUT', `${JOB}/lease`],
  ['DELETE', `${JOB}/lease`],
  ['POST', `${JOB}/pause`],
  ['POST', `${JOB}/cancel`],
  ['POST', `${JOB}/fail`],
  ['POST', `${JOB}/resume`],
  ['GET', `${JOB}/why`],
  ['GET', '/v1/stats'],
  ['HEAD', '/v1/stats'],
  ['POST', '/v1/claims'],
  ['POST', '/v1/heartbeats'],
  ['POST', '/v1/updates'],
  ['POST', '/v1/sweep'],
  ['POST', '/v1/doctor'],
  ['GET', '/healthz'],
  ['GET', '/readyz'],
] as const;

function refusal(path: string) {
  return aProblem({ status: 422, code: 'invalid', path });
}

describe('a parameter that is not taken', () => {
  it.each(CALLS.filter(([method]) => method !== 'HEAD'))('is refused by %s %s', async (...call) => {
    const [method, path] = call;
    const app = openApp();
    await app.create();
    expect(await app.ask(method, `${path}?colour=red`)).toMatchObject(refusal('?colour'));
    expect((await app.ask('GET', JOB)).json).toMatchObject({ status: 'pending', sheets: {} });
  });

  it.each(CALLS.filter(([method]) => method === 'HEAD'))('is refused by %s %s', async (...call) => {
    const [method, path] = call;
    const app = openApp();
    await app.create();
    expect((await app.ask(method, `${path}?colour=red`)).status).toBe(422);
  });

  it.each([
    ['DELETE', JOB, 'Force=true', '?Force'],
    ['GET', '/v1/jobs', 'Limit=1', '?Limit'],
    ['GET', '/v1/jobs', 'limit[]=1', '?limit[]'],
    ['GET', '/v1/jobs', '__proto__=1', '?__proto__'],
    ['GET', '/v1/jobs', 'toString', '?toString'],
    ['GET', '/v1/jobs', '=1', '?'],
    ['GET', JOB, 'force=true', '?force'],
    ['POST', `${JOB}/resume`, 'force=true', '?force'],
    ['PUT', JOB, 'if_match=x', '?if_match'],
  ])('is told from one that is: %s %s?%s', async (method, path, query, fault) => {
    const app = openApp();
    await app.create();
    expect(await app.ask(method, `${path}?${query}`)).toMatchObject(refusal(fault));
  });

  it('is one of several faults, each with its own path', async () => {
    const answer = await openApp().ask('GET', '/v1/jobs?a=1&limit=1&limit=2&b=1');
    expect(answer.json).toMatchObject({
      errors: [{ path: '?a' }, { path: '?limit' }, { path: '?b' }],
    });
  });
});

describe('a parameter that is given twice', () => {
  it.each([
    ['GET', '/v1/jobs', 'limit=1&limit=1'],
    ['GET', '/v1/jobs', 'limit=1&%6cimit=2'],
    ['GET', '/v1/jobs', 'cursor=a&cursor=b'],
    ['GET', '/v1/jobs', 'view=full&view=summary'],
    ['DELETE', JOB, 'force=true&force=false'],
    ['POST', `${JOB}/pause`, 'force=true&force=true'],
    ['POST', `${JOB}/cancel`, 'force=true&force=true'],
    ['POST', `${JOB}/fail`, 'force=true&force=true'],
    ['POST', '/v1/sweep', 'limit=1&limit=2'],
    ['POST', '/v1/sweep', 'cursor=a&cursor=a'],
    ['POST', '/v1/doctor', 'list_keys=1&list_keys=1'],
  ])('is refused: %s %s?%s', async (method, path, query) => {
    const app = openApp();
    await app.create();
    const [name] = query.split('=');
    expect(await app.ask(method, `${path}?${query}`)).toMatchObject(refusal(`?${name}`));
    expect((await app.ask('GET', JOB)).status).toBe(200);
  });
});

describe('a query', () => {
  it.each(['?', '?&', '?&&'])('of nothing is none: %s', async query => {
    expect((await openApp().ask('GET', `/healthz${query}`)).status).toBe(200);
  });

  it('is looked at after access, and after what there is to ask', async () => {
    const app = openApp({ access: (await tokensOf({ read: 'read' })).list });
    expect((await app.ask('GET', '/v1/jobs?colour=red')).status).toBe(401);
    expect((await openApp().ask('PATCH', `${JOB}?colour=red`)).status).toBe(405);
    expect((await openApp().ask('GET', '/v1/nothing?colour=red')).status).toBe(404);
  });
});
