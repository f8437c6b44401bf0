import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { type AppClient, openApp } from '../../support/app.ts';
import { countsOf, openCounted } from '../../support/counting-store.ts';
import {
  acquire,
  COMPLETED,
  type Held,
  JOB,
  STATE_KEY,
  storedText,
} from '../../support/leasing.ts';
import { aProblem } from '../../support/problem.ts';
import { tokensOf } from '../../support/tokens.ts';

const UPDATES = '/v1/updates';

type Json = Readonly<Record<string, unknown>>;

/** Leases so many jobs, `job-1` and on. */
async function acquireMany(app: AppClient, count: number, overrides: Json = {}): Promise<Held[]> {
  const ids = Array.from({ length: count }, (_, index) => `job-${index + 1}`);
  for (const job_id of ids) await app.create({ job_id, ...overrides });
  return Promise.all(ids.map(id => acquire(app, { path: `/v1/jobs/${id}` })));
}

async function holdOne(app: AppClient, overrides: Json = {}): Promise<Held> {
  await app.create(overrides);
  return acquire(app);
}

function send(app: AppClient, updates: readonly unknown[]) {
  return app.ask('POST', UPDATES, { json: { updates } });
}

function answersOf(answer: { readonly json: unknown }): Json[] {
  return (answer.json as { updates: Json[] }).updates;
}

/** A memory store that cannot write these keys, each for its reason. */
function failingAt(errors: ReadonlyMap<string, Error>): ObjectStore {
  const inner = createMemoryStore();
  return {
    ...inner,
    async put(key, body, precondition) {
      const error = errors.get(key);
      if (error !== undefined) throw error;
      return inner.put(key, body, precondition);
    },
  };
}

describe('POST /v1/updates', () => {
  it('POST answers each update as PUT answers it, with the version', async () => {
    const app = openApp();
    const [one, two] = await acquireMany(app, 2);
    const answer = await send(app, [
      { token: one?.token, sheet: 1, status: 'in_progress' },
      { token: two?.token, sheet: 2, status: 'completed', stdout: 'done', start_next: true },
    ]);
    expect(answer.status).toBe(200);
    expect(answersOf(answer)).toEqual([
      {
        ok: true,
        version: expect.any(String),
        job_id: 'job-1',
        status: 'running',
        sheet: 1,
        next_sheet: 1,
        progress: [0, 3],
        attempt: 1,
      },
      {
        ok: true,
        version: expect.any(String),
        job_id: 'job-2',
        status: 'running',
        sheet: 2,
        next_sheet: 3,
        progress: [1, 3],
        attempt: 0,
        started: { sheet: 3, attempt: 1 },
      },
    ]);
    const tags = await Promise.all(
      ['job-1', 'job-2'].map(async id => (await app.ask('GET', `/v1/jobs/${id}`)).header('etag')),
    );
    expect(answersOf(answer).map(({ version }) => `"${String(version)}"`)).toEqual(tags);
    expect((await app.ask('GET', '/v1/jobs/job-2')).json).toMatchObject({
      sheets: { 2: { status: 'completed', stdout_tail: 'done' } },
    });
  });

  it('POST runs a whole job in one request, in order', async () => {
    const app = openApp();
    const { token } = await holdOne(app, { total_sheets: 20 });
    const sheets = Array.from({ length: 20 }, (_, index) => index + 1);
    const answer = await send(app, [
      { token, sheet: 1, status: 'in_progress', attempt: 1 },
      ...sheets.map(sheet => ({ token, sheet, status: 'completed', attempt: 1, start_next: true })),
    ]);
    const started = answersOf(answer)
      .slice(1)
      .map(one => one['started']);
    const attempt = 1;
    expect(started).toEqual([...sheets.slice(1).map(sheet => ({ sheet, attempt })), null]);
    expect(answersOf(answer).at(-1)).toMatchObject({ ok: true, status: 'completed' });
    expect((await app.ask('GET', JOB)).json).toMatchObject(COMPLETED);
  });

  it('POST writes the updates of one job with one save', async () => {
    const app = openCounted();
    await app.create();
    const { 'Lease-Token': token } = await app.hold('job-1');
    const updates = [1, 2].map(sheet => ({ token, sheet, status: 'completed', start_next: true }));
    const { calls, answer } = await app.spend('POST', UPDATES, { json: { updates } });
    expect(answersOf(answer)).toMatchObject([{ ok: true }, { ok: true, progress: [2, 3] }]);
    // A repository that is made for the request makes a follower, which costs nothing until it is polled.
    const operations = calls.filter(({ operation }) => operation !== 'follow');
    expect(countsOf(operations)).toEqual({ 'head jobs/': 1, 'put jobs/': 1 });
  });

  it('POST decides the updates of a job in their order among those of others', async () => {
    const app = openApp();
    const held = await acquireMany(app, 4);
    // Each attempt can start only after the one before it has failed.
    const updates = Array.from({ length: 12 }, (_, turn) =>
      ['in_progress', 'failed'].map(status => ({ turn, status })),
    )
      .flat()
      .flatMap(({ turn, status }) =>
        held.map(({ token }) => ({ token, sheet: 1, status, attempt: turn + 1 })),
      );
    const answers = answersOf(await send(app, updates));
    expect(answers.filter(({ ok }) => ok !== true)).toEqual([]);
    expect(answers.map(({ attempt }) => attempt)).toEqual(updates.map(({ attempt }) => attempt));
    for (const job of ['job-1', 'job-2', 'job-3', 'job-4']) {
      expect((await app.ask('GET', `/v1/jobs/${job}`)).json).toMatchObject({
        total_retry_count: 12,
        sheets: { 1: { status: 'failed', attempt_count: 12 } },
      });
    }
  });

  it('POST made again changes nothing and answers the same', async () => {
    const app = openApp();
    const held = await acquireMany(app, 3);
    const updates = held.map(({ token }) => ({
      token,
      sheet: 1,
      status: 'completed',
      start_next: true,
    }));
    const first = await send(app, updates);
    const stored = await storedText(app.store);
    const again = await send(openApp({ store: app.store }), updates);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect(await storedText(app.store)).toBe(stored);
  });

  it('POST says alone that an attempt is over', async () => {
    const app = openApp();
    const { token } = await holdOne(app);
    const started = { token, sheet: 1, status: 'in_progress' };
    const answer = await send(app, [
      { ...started, attempt: 1 },
      { ...started, status: 'failed', attempt: 1 },
      { ...started, attempt: 2 },
      { ...started, status: 'completed', attempt: 1 },
    ]);
    expect(answersOf(answer).map(one => one['stale_attempt'])).toEqual([
      undefined,
      undefined,
      undefined,
      true,
    ]);
  });

  it.each(['a/b c', 'größe', 'x'.repeat(200)])(
    'POST finds the job %s by its token',
    async job_id => {
      const app = openApp();
      await app.create({ job_id });
      const { token } = await acquire(app, { path: `/v1/jobs/${encodeURIComponent(job_id)}` });
      const answer = await send(app, [{ token, sheet: 1, status: 'completed' }]);
      expect(answersOf(answer)).toMatchObject([{ ok: true, job_id, progress: [1, 3] }]);
    },
  );

  it('POST answers 200 where some are lost and some are no tokens', async () => {
    const app = openApp();
    const [one, two, three] = await acquireMany(app, 3);
    await app.ask('DELETE', '/v1/jobs/job-2/lease', { headers: two?.headers ?? {} });
    await app.ask('DELETE', '/v1/jobs/job-3?force=true');
    const tokens = [one?.token, two?.token, three?.token, 'garbage', ''];
    const answer = await send(
      app,
      tokens.map(token => ({ token, sheet: 1, status: 'skipped' })),
    );
    expect([answer.status, answersOf(answer)]).toMatchObject([
      200,
      [
        { ok: true, job_id: 'job-1' },
        { ok: false, status: 409, code: 'lease_lost', job_id: 'job-2' },
        { ok: false, status: 409, code: 'lease_lost' },
        {
          ok: false,
          status: 422,
          code: 'invalid',
          detail: expect.stringContaining('/updates/3/token'),
        },
        { ok: false, status: 422, code: 'invalid' },
      ],
    ]);
  });

  it('POST without the right secret changes nothing', async () => {
    const app = openApp();
    const { token } = await holdOne(app);
    const stored = await storedText(app.store);
    const forged = `${token.slice(0, -43)}${'A'.repeat(43)}`;
    const answer = await send(app, [{ token: forged, sheet: 1, status: 'completed' }]);
    expect(answersOf(answer)).toMatchObject([{ ok: false, code: 'lease_lost' }]);
    expect(await storedText(app.store)).toBe(stored);
  });

  it.each([
    [null, '/updates/1:'],
    [{ sheet: 1, status: 'completed' }, '/updates/1/token:'],
    [{ status: 'completed' }, '/updates/1/sheet: Field required'],
    [{ sheet: 0, status: 'completed' }, '/updates/1/sheet:'],
    [{ sheet: 9, status: 'completed' }, '/updates/1/sheet: The job has sheets 1 to 3'],
    [{ sheet: 1, status: 'gone' }, '/updates/1/status:'],
    [{ sheet: 1, status: 'completed', more: 1 }, '/updates/1:'],
    [{ sheet: 1, status: 'failed', start_next: true }, '/updates/1/start_next:'],
    [{ sheet: 1, status: 'completed', start: 9 }, '/updates/1/start: The job has sheets 1 to 3'],
    [{ sheet: 1, status: 'completed', attempt: 7 }, '/updates/1/attempt: The sheet is at attempt'],
  ])('POST answers the others where one update is %j', async (malformed, detail) => {
    const app = openApp();
    const [one, two] = await acquireMany(app, 2);
    const own =
      malformed === null || detail.startsWith('/updates/1/token')
        ? malformed
        : { token: two?.token, ...malformed };
    const good = { token: one?.token, sheet: 1, status: 'completed' };
    const answer = await send(app, [good, own, { ...good, sheet: 2 }]);
    expect(answersOf(answer)).toMatchObject([
      { ok: true, sheet: 1 },
      { ok: false, status: 422, code: 'invalid', detail: expect.stringContaining(detail) },
      { ok: true, sheet: 2, progress: [2, 3] },
    ]);
  });

  it.each([
    [new StoreError('The connection was lost'), { status: 503, code: 'store_unavailable' }],
    [new TypeError('A fault of the program'), { status: 500, code: 'internal' }],
  ])('POST answers the others where one meets a %s', async (error, expected) => {
    const errors = new Map<string, Error>();
    const app = openApp({ store: failingAt(errors) });
    const held = await acquireMany(app, 3);
    errors.set('jobs/job-2.json', error);
    const updates = held.map(({ token }) => ({ token, sheet: 1, status: 'skipped' }));
    const failed = { ok: false, ...expected };
    expect(answersOf(await send(app, updates))).toMatchObject([{ ok: true }, failed, { ok: true }]);
    errors.clear();
    const again = { ok: true, next_sheet: 2 };
    expect(answersOf(await send(app, updates))).toMatchObject([again, again, again]);
  });

  it('POST keeps outputs without credentials', async () => {
    const key = `sk-ant-api03-${'Ab3'.repeat(30)}`;
    const app = openApp();
    const { token } = await holdOne(app);
    await send(app, [
      { token, sheet: 1, status: 'completed', stdout: `with ${key}` },
      { token, sheet: 2, status: 'failed', error_message: `with ${key}`, stderr: key },
    ]);
    const stored = await storedText(app.store);
    expect(stored).toContain('with [REDACTED_ANTHROPIC_KEY]');
    expect(stored).not.toContain(key);
  });

  it('POST refuses a job outside the prefix of the access token', async () => {
    const tokens = await tokensOf({ all: 'work', etl: 'work:etl-', reader: 'read' });
    const app = openApp({ access: tokens.list });
    const updates: Json[] = [];
    for (const job_id of ['etl-1', 'job-1']) {
      const json = { job_id, job_name: 'A job', total_sheets: 3 };
      await app.ask('POST', '/v1/jobs', { json, headers: tokens.as('all') });
      const asked = { json: { holder: 'w-1' }, headers: tokens.as('all') };
      const granted = await app.ask('POST', `/v1/jobs/${job_id}/lease`, asked);
      const { token } = granted.json as { token: string };
      updates.push({ token, sheet: 1, status: 'completed' });
    }
    const stored = await storedText(app.store);
    const answer = await app.ask('POST', UPDATES, { json: { updates }, headers: tokens.as('etl') });
    expect(answersOf(answer)).toMatchObject([
      { ok: true },
      { ok: false, status: 403, code: 'forbidden' },
    ]);
    expect(await storedText(app.store, STATE_KEY)).toBe(stored);
    const read = await app.ask('POST', UPDATES, {
      json: { updates },
      headers: tokens.as('reader'),
    });
    expect(read).toMatchObject(aProblem({ status: 403, code: 'forbidden' }));
    const unknown = await app.ask('POST', UPDATES, { json: { updates } });
    expect(unknown).toMatchObject(aProblem({ status: 401, code: 'unauthorized' }));
  });

  it('POST takes 100 updates', async () => {
    const app = openApp();
    const held = await acquireMany(app, 100);
    const answer = await send(
      app,
      held.map(({ token }) => ({ token, sheet: 1, status: 'in_progress' })),
    );
    expect(answersOf(answer)).toMatchObject(Array.from(held, () => ({ ok: true, attempt: 1 })));
  });

  it.each([0, 101])('POST refuses %i updates', async count => {
    const app = openApp();
    const refused = await send(
      app,
      Array.from({ length: count }, () => ({})),
    );
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '/updates' }));
  });

  it.each([
    [{}, '/updates'],
    [{ updates: {} }, '/updates'],
    [{ updates: [{}], more: 1 }, ''],
  ])('POST refuses %j', async (json, path) => {
    const refused = await openApp().ask('POST', UPDATES, { json });
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path }));
  });

  it('POST refuses a body larger than that of one update may be', async () => {
    const app = openApp({ bodyLimitBytes: 100_000 });
    const { token } = await holdOne(app);
    const update = { token, sheet: 1, status: 'completed', stdout: 'x'.repeat(60_000) };
    expect(answersOf(await send(app, [update]))).toMatchObject([{ ok: true }]);
    const refused = await send(app, [update, update]);
    expect(refused).toMatchObject(aProblem({ status: 413, code: 'body_too_large' }));
  });

  it('POST refuses one that makes a state too large, alone', async () => {
    const app = openApp({ limits: { sheets: 10, bytes: 20_000 } });
    const [one, two] = await acquireMany(app, 2);
    const answer = await send(app, [
      { token: one?.token, sheet: 1, status: 'completed', stdout: 'x'.repeat(30_000) },
      { token: two?.token, sheet: 1, status: 'completed', stdout: 'x' },
    ]);
    expect(answersOf(answer)).toMatchObject([
      { ok: false, status: 413, code: 'state_too_large', limit_bytes: 20_000 },
      { ok: true, job_id: 'job-2' },
    ]);
  });
});
