import { describe, expect, it } from 'vitest';
import { type Answer, type AppClient, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { interruptedStore } from '../support/interrupted-store.ts';
import {
  beat,
  claimed,
  type Held,
  JOB,
  keysOf,
  LEASE,
  leaseOf,
  load,
  mark,
  STATE_KEY,
  storedText,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { openSecondProcess } from '../support/second-process.ts';
import { aState } from '../support/state.ts';

const KEY = '00112233445566778899aabbccddeeff';
const OTHER_KEY = 'ffeeddccbbaa99887766554433221100';
const ASK = { holder: 'w-1', ttl_seconds: 60 };
const REUSED = aProblem({ status: 422, code: 'idempotency_key_reused', path: 'Idempotency-Key' });

function keyed(key: string, attempt?: number): Record<string, string> {
  const number = attempt === undefined ? {} : { 'Idempotency-Attempt': String(attempt) };
  return { 'Idempotency-Key': key, ...number };
}

function claimWith(
  app: Pick<AppClient, 'ask'>,
  headers: Record<string, string>,
  json: unknown = ASK,
): Promise<Answer> {
  return app.ask('POST', '/v1/claims', { json, headers });
}

function acquireWith(
  app: Pick<AppClient, 'ask'>,
  headers: Record<string, string>,
  json: unknown = ASK,
): Promise<Answer> {
  return app.ask('POST', LEASE, { json, headers });
}

/** What a client must find the same in both answers. */
function grantIn(answer: Answer): unknown {
  const { token, lease } = answer.json as { token: string; lease: Record<string, unknown> };
  const { lease_id, epoch, job_id, holder } = lease;
  return { status: answer.status, token, lease_id, epoch, job_id, holder };
}

function heldIn(answer: Answer): Held {
  const { token } = answer.json as { token: string };
  return {
    answer,
    token,
    leaseId: leaseOf(answer).lease_id,
    headers: { 'Lease-Token': token },
    key: '',
  };
}

describe.each([
  ['POST /v1/claims', claimWith],
  ['POST /v1/jobs/{id}/lease', acquireWith],
])('%s with an idempotency key', (_route, grantWith) => {
  async function open() {
    const clock = frozenClock();
    const app = openApp({ clock });
    await app.create();
    return { clock, app };
  }

  it('grants the same lease with the same token to the same call', async () => {
    const { app } = await open();
    const first = await grantWith(app, keyed(KEY));
    const again = await grantWith(app, keyed(KEY));
    expect(grantIn(first)).toMatchObject({ status: 201, epoch: 1 });
    expect(grantIn(again)).toEqual(grantIn(first));
    expect(await keysOf(app.store, 'leases/')).toHaveLength(1);
  });

  it('grants it again to a call that says it is a repeat, in a process that has not seen the first', async () => {
    const { app, clock } = await open();
    await app.create({ job_id: 'job-2' });
    const first = await grantWith(app, keyed(KEY));
    const other = openSecondProcess(app.store, clock);
    expect(grantIn(await grantWith(other, keyed(KEY, 2)))).toEqual(grantIn(first));
    expect(await keysOf(app.store, 'leases/')).toHaveLength(1);
  });

  it('grants one lease to the same call that is made many times at once', async () => {
    const { app } = await open();
    await app.create({ job_id: 'job-2' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => grantWith(app, keyed(KEY, 2))),
    );
    expect(new Set(answers.map(answer => JSON.stringify(grantIn(answer)))).size).toBe(1);
  });

  it('grants with a token that opens the job', async () => {
    const { app } = await open();
    await grantWith(app, keyed(KEY));
    const held = heldIn(await grantWith(app, keyed(KEY, 2)));
    expect((await beat(app, held)).status).toBe(200);
    expect((await mark(app, 1, 'completed', held)).status).toBe(200);
  });

  it('shows the job as it stands, with what its holder has done since', async () => {
    const { app } = await open();
    const first = heldIn(await grantWith(app, keyed(KEY)));
    await mark(app, 1, 'completed', first);
    expect((await grantWith(app, keyed(KEY, 2))).json).toMatchObject({
      next_sheet: 2,
      state: { last_completed_sheet: 1 },
    });
  });

  it('renews the lease, so that the caller has one ttl', async () => {
    const { app, clock } = await open();
    await grantWith(app, keyed(KEY));
    clock.advance(50_000);
    expect((await grantWith(app, keyed(KEY, 2))).json).toMatchObject({
      expires_at: '2026-03-04T05:07:57Z',
    });
  });

  it('keeps what an operator has asked meanwhile', async () => {
    const { app } = await open();
    await grantWith(app, keyed(KEY));
    await app.ask('POST', `${JOB}/pause`);
    expect((await grantWith(app, keyed(KEY, 2))).json).toMatchObject({
      lease: { requested: 'pause' },
    });
  });

  it('is refused with another body, by a process that has seen the key', async () => {
    const { app } = await open();
    await grantWith(app, keyed(KEY));
    expect(await grantWith(app, keyed(KEY), { holder: 'w-2' })).toMatchObject(REUSED);
  });

  it('is refused with another body, by a process that has not, where it says that it is a repeat', async () => {
    const { app, clock } = await open();
    await grantWith(app, keyed(KEY));
    const other = openSecondProcess(app.store, clock);
    const refused = await grantWith(other, keyed(KEY, 2), { holder: 'w-2' });
    expect(refused).toMatchObject(REUSED);
  });

  it('takes a body for the same whatever its spaces', async () => {
    const { app } = await open();
    await grantWith(app, keyed(KEY));
    const body = `{ "ttl_seconds": 60,\n"holder": "w-1" }`;
    const again = await app.ask('POST', _route === 'POST /v1/claims' ? '/v1/claims' : LEASE, {
      body,
      headers: { 'Content-Type': 'application/json', ...keyed(KEY) },
    });
    expect(again.status).toBe(201);
  });

  it('grants another lease to another key', async () => {
    const { app } = await open();
    const first = await grantWith(app, keyed(KEY));
    await app.ask('DELETE', LEASE, { headers: heldIn(first).headers });
    const next = await grantWith(app, keyed(OTHER_KEY));
    expect(leaseOf(next)).toMatchObject({ epoch: 2 });
    expect(heldIn(next).token).not.toBe(heldIn(first).token);
  });

  it('says so where the lease is over, and grants it not twice', async () => {
    const { app } = await open();
    const first = await grantWith(app, keyed(KEY));
    await app.ask('DELETE', LEASE, { headers: heldIn(first).headers });
    expect(await grantWith(app, keyed(KEY))).toMatchObject(
      aProblem({ status: 409, code: 'lease_lost' }),
    );
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('stores nothing from which the token could be made', async () => {
    const { app } = await open();
    const held = heldIn(await grantWith(app, keyed(KEY)));
    const secret = held.token.slice(held.token.lastIndexOf('.') + 1);
    const texts: string[] = [];
    for (const key of [STATE_KEY, ...(await keysOf(app.store, 'leases/'))])
      texts.push(await storedText(app.store, key));
    expect(texts.join()).toContain(held.leaseId);
    expect(texts.join()).not.toContain(KEY);
    expect(texts.join()).not.toContain(secret);
  });

  it('is taken with quotes around it for what it is without', async () => {
    const { app } = await open();
    const first = await grantWith(app, keyed(KEY));
    expect(grantIn(await grantWith(app, keyed(`"${KEY}"`)))).toEqual(grantIn(first));
  });

  it.each([
    [{ 'Idempotency-Key': 'short' }, 'Idempotency-Key'],
    [{ 'Idempotency-Key': 'a b'.repeat(10) }, 'Idempotency-Key'],
    [{ 'Idempotency-Key': 'x'.repeat(201) }, 'Idempotency-Key'],
    [{ 'Idempotency-Key': KEY, 'Idempotency-Attempt': '0' }, 'Idempotency-Attempt'],
    [{ 'Idempotency-Key': KEY, 'Idempotency-Attempt': 'two' }, 'Idempotency-Attempt'],
  ])('is refused where it is none: %j', async (headers, path) => {
    const { app } = await open();
    expect(await grantWith(app, headers)).toMatchObject(
      aProblem({ status: 422, code: 'invalid', path }),
    );
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });
});

describe('a claim with an idempotency key', () => {
  it('goes on to a job where none waited the first time', async () => {
    const app = openApp();
    expect((await claimWith(app, keyed(KEY))).status).toBe(204);
    await app.create();
    expect((await claimWith(app, keyed(KEY, 2))).status).toBe(201);
  });

  it('that died before the job was changed is carried out by its repeat', async () => {
    const store = interruptedStore();
    const clock = frozenClock();
    const app = openApp({ store, clock });
    await app.create();
    const other = openSecondProcess(store, clock);
    let again: Answer | null = null;
    store.before('jobs/job-1.json', async () => {
      again = await claimWith(other, keyed(KEY, 2));
    });
    const first = await claimWith(app, keyed(KEY));
    expect(again).not.toBeNull();
    expect(grantIn(first)).toEqual(grantIn(again ?? first));
    expect(await claimed(app)).toBeNull();
  });

  it('is not told of a lease outside the prefix of its access token', async () => {
    const app = openApp();
    await app.create();
    await claimWith(app, keyed(KEY));
    const granted = await app.repository.leases.claim({
      holder: 'w-1',
      ttlSeconds: 60,
      jobName: null,
      jobPrefix: 'other-',
      isGone: () => false,
      key: {
        sha256: 'of another process',
        leaseId: leaseOf(await claimWith(app, keyed(KEY, 2))).lease_id,
        secret: 'x'.repeat(43),
        isRetry: true,
      },
    });
    expect(granted).toMatchObject({ ok: false, failure: { code: 'idempotency_key_reused' } });
  });
});

describe('a key for one call that comes with another', () => {
  it.each([
    ['claim', 'acquire', claimWith, acquireWith],
    ['acquire', 'claim', acquireWith, claimWith],
  ])('of a %s is refused to a %s', async (_a, _b, first, second) => {
    const app = openApp();
    await app.create();
    await first(app, keyed(KEY));
    expect(await second(app, keyed(KEY))).toMatchObject(REUSED);
  });

  it('of a create is refused to a claim', async () => {
    const app = openApp();
    await app.ask('POST', '/v1/jobs', { json: aState(), headers: keyed(KEY) });
    expect(await claimWith(app, keyed(KEY))).toMatchObject(REUSED);
  });

  it('of one job is refused to another', async () => {
    const app = openApp();
    await app.create();
    await app.create({ job_id: 'job-2' });
    await acquireWith(app, keyed(KEY));
    const refused = await app.ask('POST', '/v1/jobs/job-2/lease', {
      json: ASK,
      headers: keyed(KEY),
    });
    expect(refused).toMatchObject(REUSED);
  });
});

describe('POST /v1/jobs with an idempotency key', () => {
  const create = (app: Pick<AppClient, 'ask'>, headers: Record<string, string>, json = aState()) =>
    app.ask('POST', '/v1/jobs', { json, headers });

  it('answers the same call as before, and creates one job', async () => {
    const app = openApp();
    const first = await create(app, keyed(KEY));
    const again = await create(app, keyed(KEY));
    expect([first.status, again.status]).toEqual([201, 201]);
    expect([again.text, again.header('etag'), again.header('location')]).toEqual([
      first.text,
      first.header('etag'),
      first.header('location'),
    ]);
  });

  it('answers so in a process that has not seen the first, whether it says that it is a repeat or not', async () => {
    const app = openApp();
    const first = await create(app, keyed(KEY));
    const again = await create(openSecondProcess(app.store), keyed(KEY));
    const repeat = await create(openSecondProcess(app.store), keyed(KEY, 2));
    expect([again.status, again.text]).toEqual([201, first.text]);
    expect([repeat.status, repeat.text]).toEqual([201, first.text]);
  });

  it('answers with the job as it stands, where it was claimed meanwhile', async () => {
    const app = openApp();
    await create(app, keyed(KEY));
    await app.ask('POST', '/v1/claims', { json: ASK });
    const again = await create(app, keyed(KEY));
    expect([again.status, again.json]).toMatchObject([201, { status: 'running' }]);
  });

  it('is refused with another body, by any process', async () => {
    const app = openApp();
    await create(app, keyed(KEY));
    const other = aState({ total_sheets: 9 });
    expect(await create(app, keyed(KEY), other)).toMatchObject(REUSED);
    expect(await create(openSecondProcess(app.store), keyed(KEY), other)).toMatchObject(REUSED);
  });

  it('is told that the job exists, where another key or none created it', async () => {
    const app = openApp();
    await create(app, keyed(KEY));
    expect((await create(app, keyed(OTHER_KEY))).json).toMatchObject({ code: 'job_exists' });
    expect((await create(app, {})).json).toMatchObject({ code: 'job_exists' });
  });

  it('is told that the job exists after a day', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    await create(app, keyed(KEY));
    clock.advance(86_400_001);
    expect((await create(app, keyed(KEY))).json).toMatchObject({ code: 'job_exists' });
  });

  it('shows nobody the digest of the key, and keeps it through the life of the job', async () => {
    const app = openApp();
    const created = await create(app, keyed(KEY));
    expect(created.text).not.toContain('key_sha256');
    const held = heldIn(await app.ask('POST', LEASE, { json: ASK }));
    expect(held.answer.text).not.toContain('key_sha256');
    await mark(app, 1, 'completed', held);
    await app.ask('DELETE', LEASE, { headers: held.headers });
    const loaded = await load(app);
    expect(loaded.text).not.toContain('key_sha256');
    await app.ask('PUT', JOB, { json: loaded.json, headers: { 'If-Match': '*' } });
    expect(await storedText(app.store)).toContain('key_sha256');
    expect((await create(app, keyed(KEY))).status).toBe(201);
  });

  it('adds nothing to a job that is created without a key', async () => {
    const app = openApp();
    await app.create();
    expect(await storedText(app.store)).not.toContain('dalsegno');
  });
});

describe('a client that is gone before it is answered', () => {
  const GONE = { status: 499, json: { code: 'client_gone' } };

  async function open() {
    const store = interruptedStore();
    const app = openApp({ store });
    await app.create();
    const client = new AbortController();
    const ask = (path: string) =>
      app.ask('POST', path, { json: ASK, headers: keyed(KEY), signal: client.signal });
    return { store, app, client, ask };
  }

  it.each(['/v1/claims', LEASE])('is granted nothing by %s', async path => {
    const { store, app, client, ask } = await open();
    client.abort();
    expect(await ask(path)).toMatchObject(GONE);
    expect(await keysOf(store, 'leases/')).toEqual([]);
    expect((await load(app)).json).toMatchObject({ status: 'pending' });
  });

  it.each(['/v1/claims', LEASE])('is granted nothing by %s while it goes', async path => {
    const { store, app, client, ask } = await open();
    store.before('jobs/job-1.json', async () => client.abort());
    expect(await ask(path)).toMatchObject(GONE);
    expect(await keysOf(store, 'leases/')).toEqual([]);
    expect(await claimed(app)).toBe('job-1');
  });

  it('leaves the lease to its repeat, where that got it before it was taken back', async () => {
    const { store, app, client, ask } = await open();
    const other = openSecondProcess(store);
    let again: Answer | null = null;
    store.before('jobs/job-1.json', async () => {
      client.abort();
      again = await claimWith(other, keyed(KEY, 2));
    });
    await ask('/v1/claims');
    const held = heldIn(again ?? (await load(app)));
    expect((await mark(app, 1, 'completed', held)).status).toBe(200);
  });
});
