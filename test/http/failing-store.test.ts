import { describe, expect, it } from 'vitest';
import { ignoreLabel, type ObjectStore, StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { joined } from '../../lib/stores/parts.ts';
import { openApp } from '../support/app.ts';
import { aProblem } from '../support/problem.ts';
import { aState } from '../support/state.ts';
import { withSeparatePuts } from '../support/steps/separate-puts.ts';

const JOB = '/v1/jobs/job-1';
const SHEET = '/v1/jobs/job-1/sheets/1';
const UPDATE = { status: 'in_progress' };

type Put = ObjectStore['put'];

/** A memory store whose next writes, from `fail` on, go through these hands in turn. */
function openFailing(): {
  readonly store: ObjectStore;
  readonly fail: (...hands: readonly ((put: Put) => Put)[]) => void;
} {
  const inner = withSeparatePuts(createMemoryStore());
  const waiting: ((put: Put) => Put)[] = [];
  const put: Put = (key, body, precondition) => {
    const hand = waiting.shift() ?? (plain => plain);
    return hand((...given) => inner.put(...given))(key, body, precondition);
  };
  return { store: { ...inner, put }, fail: (...hands) => void waiting.push(...hands) };
}

function writesThenThrows(put: Put): Put {
  return async (key, body, precondition) => {
    await put(key, body, precondition);
    throw new StoreError('The connection was lost');
  };
}

function throwsAtOnce(): Put {
  return () => Promise.reject(new StoreError('The connection was refused'));
}

function breaks(): Put {
  return () => Promise.reject(new TypeError('A fault of the program'));
}

function refuses(): Put {
  return () => Promise.resolve(null);
}

function works(put: Put): Put {
  return put;
}

describe('a store that throws after it has written', () => {
  it('PUT answers what it wrote, and has written it once', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    await app.create();
    // The hint of the new job is removed, not put: the update's is the next write.
    fail(writesThenThrows);
    const updated = await app.ask('PUT', SHEET, { json: UPDATE });
    expect(updated.json).toMatchObject({ status: 'running', sheet: 1 });
    const loaded = await app.ask('GET', JOB);
    expect(loaded.header('etag')).toBe(updated.header('etag'));
    expect(loaded.json).toMatchObject({ status: 'running', sheets: { 1: { attempt_count: 1 } } });
  });

  it('PUT answers store_unavailable when it cannot find that out, and the next call sees the write', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    await app.create();
    fail(writesThenThrows, throwsAtOnce);
    const updated = await app.ask('PUT', SHEET, { json: UPDATE });
    expect(updated).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
    expect(updated.header('retry-after')).toMatch(/^[1-9][0-9]*$/);
    const loaded = await app.ask('GET', JOB);
    expect(loaded.json).toMatchObject({ status: 'running', sheets: { 1: { attempt_count: 1 } } });
    const again = await app.ask('PUT', SHEET, { json: { status: 'completed' } });
    expect(again.json).toMatchObject({ progress: [1, 3] });
  });

  it('POST answers the job it created', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    fail(works, writesThenThrows);
    expect((await app.ask('POST', '/v1/jobs', { json: aState() })).status).toBe(201);
    expect((await app.ask('POST', '/v1/jobs', { json: aState() })).status).toBe(409);
  });

  it('PUT with the version answers the save, and version_conflict when it is tried again', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    const headers = { 'If-Match': await app.create() };
    fail(works, writesThenThrows);
    expect((await app.ask('PUT', JOB, { json: aState(), headers })).status).toBe(200);
    const again = await app.ask('PUT', JOB, { json: aState(), headers });
    expect(again).toMatchObject(aProblem({ status: 412, code: 'version_conflict' }));
  });

  it('PUT does not take the write of another for its own', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    await app.create();
    fail(() => async (key, body) => {
      const other = new TextDecoder()
        .decode(joined(body))
        .replace('"job_name": "A job"', '"job_name": "B"');
      await store.put(key, new TextEncoder().encode(other), UNCONDITIONAL);
      throw new StoreError('The connection was lost');
    });
    const updated = await app.ask('PUT', SHEET, { json: UPDATE });
    expect(updated).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
    expect((await app.ask('GET', JOB)).json).toMatchObject({ job_name: 'B' });
  });
});

describe('a store that refuses without cause', () => {
  it('PUT decides again and succeeds', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    await app.create();
    fail(refuses, refuses, refuses);
    const updated = await app.ask('PUT', SHEET, { json: UPDATE });
    expect(updated.status).toBe(200);
    expect((await app.ask('GET', JOB)).json).toMatchObject({ sheets: { 1: { attempt_count: 1 } } });
  });
});

describe('a store that is gone', () => {
  it('no call says more than that, and the job is untouched', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    const etag = await app.create();
    // The hint of the job that is pending again is written first, and tried twice.
    fail(throwsAtOnce, throwsAtOnce);
    const saved = await app.ask('PUT', JOB, { json: aState(), headers: { 'If-Match': '*' } });
    expect(saved).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
    expect(saved.text).not.toContain('refused');
    expect((await app.ask('GET', JOB)).header('etag')).toBe(etag);
  });

  it('every call that reads answers store_unavailable', async () => {
    const inner = createMemoryStore();
    const gone = () => Promise.reject(new StoreError('gone'));
    const poll = () => ({ [Symbol.asyncIterator]: () => ({ next: gone }) });
    const store = {
      ...inner,
      get: gone,
      head: gone,
      follow: () => ({ poll, offerLabel: ignoreLabel }),
      ordered: null,
    };
    const app = openApp({ store });
    for (const path of [JOB, `${JOB}/next-sheet`, '/v1/jobs', '/v1/jobs?view=full']) {
      const answer = await app.ask('GET', path);
      expect(answer).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
    }
    const removed = await app.ask('DELETE', JOB);
    expect(removed).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
  });

  it('the list is whole again when the store is', async () => {
    const inner = createMemoryStore();
    let gone = true;
    const follow: ObjectStore['follow'] = prefix => {
      const follower = inner.follow(prefix);
      return {
        ...follower,
        async *poll() {
          if (gone) throw new StoreError('gone');
          yield* follower.poll();
        },
      };
    };
    const app = openApp({ store: { ...inner, follow, ordered: null } });
    await app.create();
    expect((await app.ask('GET', '/v1/jobs')).status).toBe(503);
    gone = false;
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({ jobs: [{ job_id: 'job-1' }] });
  });
});

describe('a fault of the program', () => {
  it('PUT answers internal, and tells the caller a request id alone', async () => {
    const { store, fail } = openFailing();
    const app = openApp({ store });
    await app.create();
    fail(breaks);
    const headers = { 'X-Request-Id': 'r-1' };
    const updated = await app.ask('PUT', SHEET, { json: UPDATE, headers });
    expect(updated).toMatchObject(aProblem({ status: 500, code: 'internal' }));
    expect(updated.json).toMatchObject({ request_id: 'r-1' });
    expect(updated.text).not.toContain('fault of the program');
    expect((await app.ask('PUT', SHEET, { json: UPDATE })).status).toBe(200);
  });
});

describe('a store that tells a change twice in one poll', () => {
  it('GET lists every job once', async () => {
    const inner = createMemoryStore();
    const follow: ObjectStore['follow'] = prefix => {
      const follower = inner.follow(prefix);
      return {
        ...follower,
        async *poll() {
          for await (const change of follower.poll()) {
            yield change;
            yield change;
          }
        },
      };
    };
    const app = openApp({ store: { ...inner, follow } });
    const jobIds = Array.from({ length: 200 }, (_, at) => `j${at + 100}`);
    for (const job_id of jobIds) await app.create({ job_id });
    const listed = async (): Promise<string[]> => {
      const { jobs } = JSON.parse((await app.ask('GET', '/v1/jobs?limit=500')).text);
      return jobs.map((job: { job_id: string }) => job.job_id);
    };
    expect(await listed()).toHaveLength(200);
    await app.ask('PUT', '/v1/jobs/j150/sheets/1', { json: UPDATE });
    expect((await listed()).toSorted()).toEqual(jobIds);
  });
});
