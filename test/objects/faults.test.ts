import { abortAllDurableObjects } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { clientOf, createJob, evictObject, failing } from './client.ts';
import { controls, resetControls } from './controlled-bucket.ts';

const UNAVAILABLE = aProblem({ status: 503, code: 'store_unavailable' });
const COMPLETED = { json: { status: 'completed' } };

beforeEach(() => {
  vi.spyOn(console, 'info').mockReturnValue();
  vi.spyOn(console, 'warn').mockReturnValue();
});
afterEach(resetControls);

/** The answer to a request in which all objects are reset, at its first put. */
async function withReset(
  when: 'beforePut' | 'afterPut',
  ask: () => Promise<Answer>,
): Promise<Answer> {
  let isReached = false;
  controls[when] = () => {
    controls[when] = null;
    isReached = true;
    // What follows is never carried out.
    return new Promise(() => {});
  };
  const answer = ask();
  await vi.waitFor(() => expect(isReached).toBe(true), { interval: 5, timeout: 60_000 });
  await abortAllDurableObjects();
  return answer;
}

describe('an object that is reset before its write', () => {
  it('leaves a change without a version unclear: it is answered 503, and may be repeated', async () => {
    const { client, path } = await createJob();
    const update = () => client.ask('PUT', `${path}/sheets/1`, COMPLETED);
    const lost = await withReset('beforePut', update);
    expect(lost).toMatchObject(UNAVAILABLE);
    expect(lost.header('retry-after')).toBe('1');
    expect((await update()).json).toMatchObject({ progress: [1, 3] });
  });

  it('leaves a change that names its version to the next object', async () => {
    const { client, path, etag } = await createJob();
    const given = { ...COMPLETED, headers: { 'If-Match': etag } };
    const updated = await withReset('beforePut', () =>
      client.ask('PUT', `${path}/sheets/1`, given),
    );
    expect(updated.status).toBe(200);
    expect((await client.ask('GET', path)).header('etag')).toBe(updated.header('etag'));
  });

  it('leaves a body that is passed on as it comes unclear', async () => {
    const { client, path, etag } = await createJob();
    const json = {
      ...((await client.ask('GET', path)).json as object),
      job_name: 'n'.repeat(70_000),
    };
    const lost = await withReset('beforePut', () =>
      client.ask('PUT', path, { json, headers: { 'If-Match': etag } }),
    );
    expect(lost).toMatchObject(UNAVAILABLE);
  });
});

describe('an object that is reset after its write', () => {
  it('has stored the change, and the caller is not told that it failed', async () => {
    const { client, path } = await createJob();
    const update = () => client.ask('PUT', `${path}/sheets/1`, COMPLETED);
    expect(await withReset('afterPut', update)).toMatchObject(UNAVAILABLE);
    expect((await client.ask('GET', path)).json).toMatchObject({ last_completed_sheet: 1 });
    expect((await update()).json).toMatchObject({ progress: [1, 3] });
  });

  it('lets no change be refused for what its own first try has written', async () => {
    const { client, path, etag } = await createJob();
    const json = { ...((await client.ask('GET', path)).json as object), job_name: 'new' };
    const save = () => client.ask('PUT', path, { json, headers: { 'If-Match': etag } });
    expect(await withReset('afterPut', save)).toMatchObject(UNAVAILABLE);
    expect((await client.ask('GET', path)).json).toMatchObject({ job_name: 'new' });
    expect(await save()).toMatchObject(aProblem({ status: 412, code: 'version_conflict' }));
  });
});

describe('an object that cannot be reached', () => {
  it('is asked again for a read', async () => {
    const { path } = await createJob();
    const answer = await clientOf(failing(2)).ask('GET', path);
    expect(answer.json).toMatchObject({ status: 'pending' });
  });

  it('is replaced by the Worker for reads at last', async () => {
    const { path } = await createJob();
    const answer = await clientOf(failing(3)).ask('GET', path);
    expect(answer.json).toMatchObject({ status: 'pending' });
    const head = await clientOf(failing(3)).ask('HEAD', path);
    expect([head.status, head.text]).toEqual([200, '']);
  });

  it('leaves changes unclear', async () => {
    const { path, etag } = await createJob();
    const update = (client: ReturnType<typeof clientOf>, headers = {}) =>
      client.ask('PUT', `${path}/sheets/1`, { ...COMPLETED, headers });
    expect(await update(clientOf(failing(1)))).toMatchObject(UNAVAILABLE);
    expect(await update(clientOf(failing(3)), { 'If-Match': etag })).toMatchObject(UNAVAILABLE);
    expect((await update(clientOf(failing(2)), { 'If-Match': etag })).status).toBe(200);
  });

  it('is replaced by the Worker for everything where it is overloaded', async () => {
    const { path } = await createJob();
    const client = clientOf(failing(Number.POSITIVE_INFINITY, { overloaded: true }));
    expect((await client.ask('PUT', `${path}/sheets/1`, COMPLETED)).status).toBe(200);
    expect((await client.ask('GET', path)).json).toMatchObject({ last_completed_sheet: 1 });
    expect((await client.ask('POST', `${path}/pause`)).status).toBe(200);
    expect((await client.ask('DELETE', path)).status).toBe(204);
  });
});

describe('an object that was evicted', () => {
  it('goes on where it was', async () => {
    const { client, path } = await createJob();
    await client.ask('PUT', `${path}/sheets/1`, COMPLETED);
    await evictObject(path);
    const answer = await client.ask('PUT', `${path}/sheets/2`, COMPLETED);
    expect(answer.json).toMatchObject({ progress: [2, 3] });
  });
});
