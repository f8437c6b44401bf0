import { describe, expect, it } from 'vitest';
import { createClient } from '../../lib/client.ts';
import { lost, problem } from '../worker/scripted-service.ts';
import { openClient, scriptedClient } from './setup.ts';

describe('the calls about the service', () => {
  it('sweep, doctor and ready answer what the service does', async () => {
    const { app, client } = openClient();
    const store = app.store.traits.name;
    expect(await client.sweep({ limit: 5 })).toMatchObject({ examined: 0, cursor: null });
    expect(await client.doctor({ listKeys: 3 })).toMatchObject({ store, leases: true });
    expect(await client.ready()).toMatchObject({ status: 'ready', store });
  });

  it('request() answers any call, with its text', async () => {
    const { app, client } = openClient();
    const version = (await app.create()).slice(1, -1);
    const answer = await client.request({ method: 'GET', path: '/v1/jobs/job-1/next-sheet' });
    expect(answer).toMatchObject({ status: 200, value: { next_sheet: 1 } });
    expect(JSON.parse(answer.text)).toEqual(answer.value);
    const state = await client.request({ method: 'GET', path: '/v1/jobs/job-1' });
    expect(state.version).toBe(version);
  });

  it('request() is not tried again after a lost answer where the caller forbids it', async () => {
    const { client, service } = scriptedClient(lost());
    const request = { method: 'POST', path: '/v1/x', isRepeatable: false } as const;
    await expect(client.request(request)).rejects.toThrow(/got no answer/);
    expect(service.calls).toHaveLength(1);
  });

  it('reject with the problem of the service', async () => {
    const { client } = scriptedClient(problem(403, 'forbidden'));
    await expect(client.stats()).rejects.toMatchObject({
      name: 'DalsegnoError',
      status: 403,
      code: 'forbidden',
      problem: { title: 'A title' },
    });
  });

  it('include those of a worker', async () => {
    const { client } = openClient();
    await client.create({ job_id: 'job-1', job_name: 'x', total_sheets: 1 });
    const grant = await client.claim({ holder: 'w-1' });
    expect(grant).toMatchObject({ next_sheet: 1, lease: { holder: 'w-1' } });
  });
});

describe('createClient()', () => {
  it.each(['', 'not a url', 'http://user:secret@localhost'])('refuses the URL %j', url => {
    expect(() => createClient({ url })).toThrow(TypeError);
  });
});
