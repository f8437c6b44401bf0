import { describe, expect, it } from 'vitest';
import { json, lost, problem, type Reply } from '../worker/scripted-service.ts';
import { openClient, scriptedClient } from './setup.ts';

function page(ids: readonly string[], cursor: string | null): Reply {
  const jobs = ids.map(job_id => ({ job_id }));
  return json(200, { jobs, corrupt: [], next_cursor: cursor }, { ETag: '"l-1"' });
}

/** Answers as the reply does, and notes the query. */
function noting(queries: string[], reply: Reply): Reply {
  return request => {
    queries.push(decodeURIComponent(new URL(request.url).search));
    return reply(request);
  };
}

describe('list()', () => {
  it('goes over all pages', async () => {
    const { app, client } = openClient();
    for (let number = 0; number < 5; number += 1) await app.create({ job_id: `job-${number}` });
    const ids: string[] = [];
    for await (const { job_id } of client.list({ limit: 2 })) ids.push(job_id);
    expect(ids.toSorted()).toEqual(['job-0', 'job-1', 'job-2', 'job-3', 'job-4']);
  });

  it('asks for no page before it is needed, and for each with the same filter', async () => {
    const queries: string[] = [];
    const { client } = scriptedClient(
      noting(queries, page(['a', 'b'], 'c-1')),
      noting(queries, page(['c'], null)),
    );
    const query = { status: ['failed', 'paused'], jobName: 'x', q: 'ä b', view: 'live' } as const;
    const rows = client.list(query)[Symbol.asyncIterator]();
    await rows.next();
    await rows.next();
    expect(queries).toHaveLength(1);
    await rows.next();
    expect(await rows.next()).toMatchObject({ done: true });
    const filter = 'status=failed,paused&q=ä+b&job_name=x';
    expect(queries).toEqual([`?${filter}&view=live`, `?${filter}&cursor=c-1&view=live`]);
  });

  it('tries a page again whose answer was lost', async () => {
    const { client } = scriptedClient(page(['a'], 'c-1'), lost(), page(['b'], null));
    const ids: string[] = [];
    for await (const { job_id } of client.list()) ids.push(job_id);
    expect(ids).toEqual(['a', 'b']);
  });

  it('rejects for a body that is no page', async () => {
    const { client } = scriptedClient(json(200, { jobs: 7 }), json(200, { jobs: 7 }));
    await expect(client.listPage({}, { retries: 1 })).rejects.toMatchObject({
      code: 'unexpected_answer',
    });
  });
});

describe('listPage()', () => {
  it('is null where nothing has changed', async () => {
    const unchanged: Reply = () => Promise.resolve(new Response(null, { status: 304 }));
    const { client, service } = scriptedClient(page(['a'], null), unchanged);
    const first = await client.listPage();
    expect(first.version).toBe('l-1');
    expect(await client.listPage({}, { ifNoneMatch: 'l-1' })).toBeNull();
    expect(service.received[1]?.headers.get('if-none-match')).toBe('"l-1"');
  });

  it('takes a 304 that it did not ask for as no answer of the service', async () => {
    const unchanged: Reply = () => Promise.resolve(new Response(null, { status: 304 }));
    const { client } = scriptedClient(unchanged);
    await expect(client.listPage({}, { retries: 0 })).rejects.toMatchObject({
      code: 'unexpected_answer',
    });
  });
});

describe('bulkAll()', () => {
  const answer = (done: number, cursor: string | null) =>
    json(200, {
      action: 'cancel',
      dry_run: false,
      matched: done,
      done,
      pending: 0,
      skipped: [],
      cursor,
    });

  it('calls until no job is left, with the cursor of each answer', async () => {
    const { client, service } = scriptedClient(answer(100, 'c-1'), answer(7, null));
    const done: number[] = [];
    const request = { action: 'cancel', filter: { standing: ['waiting'], q: 'x' } } as const;
    for await (const one of client.bulkAll(request)) done.push(one.done);
    expect(done).toEqual([100, 7]);
    const filter = { standing: ['waiting'], q: 'x' };
    expect(service.received.map(({ body }) => body)).toEqual([
      { action: 'cancel', filter, dry_run: false },
      { action: 'cancel', filter, dry_run: false, cursor: 'c-1' },
    ]);
  });

  it('says that all jobs are meant only where the caller does', async () => {
    const { client, service } = scriptedClient(answer(0, null), answer(0, null));
    await client.bulk({ action: 'delete', filter: 'all', dryRun: true });
    await client.bulk({ action: 'delete', filter: {}, dryRun: true });
    expect(service.received.map(({ body }) => body)).toEqual([
      { action: 'delete', filter: { all: true }, dry_run: true },
      { action: 'delete', filter: {}, dry_run: true },
    ]);
  });

  it('ends with the error of a call', async () => {
    const { client } = scriptedClient(answer(100, 'c-1'), problem(403, 'forbidden'));
    const calls = client.bulkAll({ action: 'cancel', filter: 'all' })[Symbol.asyncIterator]();
    await calls.next();
    await expect(calls.next()).rejects.toMatchObject({ code: 'forbidden', status: 403 });
  });
});
