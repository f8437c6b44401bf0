import { describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';

const LEASE = '/v1/jobs/job-1/lease';
const json = { holder: 'w-1' };
const headers = { Prefer: 'return=minimal' };

describe('Prefer: return=minimal', () => {
  it.each([LEASE, '/v1/claims'])('POST %s answers the lease without the state', async path => {
    const app = openApp();
    await app.create();
    const granted = await app.ask('POST', path, { json, headers });
    expect(granted.status).toBe(201);
    expect(granted.header('preference-applied')).toBe('return=minimal');
    expect(granted.json).toMatchObject({ lease: { holder: 'w-1' }, next_sheet: 1 });
    expect(granted.json).not.toHaveProperty('state');
  });

  it('POST answers the same version as with the state', async () => {
    const app = openApp();
    await app.create();
    const granted = await app.ask('POST', LEASE, { json, headers });
    expect(granted.header('etag')).toBe((await app.ask('GET', '/v1/jobs/job-1')).header('etag'));
  });
});

describe('DELETE /v1/jobs/{id}/lease', () => {
  it('DELETE answers the version of the job that is handed back', async () => {
    const app = openApp();
    await app.create();
    const { token } = (await app.ask('POST', LEASE, { json })).json as { token: string };
    const released = await app.ask('DELETE', LEASE, { headers: { 'Lease-Token': token } });
    expect(released.header('etag')).toBe((await app.ask('GET', '/v1/jobs/job-1')).header('etag'));
  });
});
