import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { acquire, JOB, LEASE } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';

const json = { status: 'in_progress' };

const CALLS = [
  ['PUT', `${JOB}/sheets/1`, { json }],
  ['PUT', JOB, { json: aState(), ifMatch: '*' }],
  ['PUT', LEASE, {}],
  ['DELETE', LEASE, {}],
  ['POST', `${JOB}/pause`, {}],
  ['POST', `${JOB}/cancel`, {}],
  ['POST', `${JOB}/fail`, {}],
  ['DELETE', JOB, {}],
] as const;

describe('a token with the right lease and a wrong secret', () => {
  it.each(CALLS)('%s %s answers lease_lost and changes nothing', async (method, path, options) => {
    const app = openApp();
    await app.create();
    const { token, headers: own } = await acquire(app);
    const before = await app.ask('GET', JOB);
    const forged = `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`;
    const headers = {
      'Lease-Token': forged,
      ...('ifMatch' in options ? { 'If-Match': options.ifMatch } : {}),
    };
    const answer = await app.ask(method, path, { ...options, headers });
    expect(answer).toMatchObject(aProblem({ status: 409, code: 'lease_lost' }));
    expect((await app.ask('GET', JOB)).text).toBe(before.text);
    expect((await app.ask('PUT', LEASE, { headers: own })).status).toBe(200);
  });
});
