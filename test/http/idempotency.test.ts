import { describe, expect, it } from 'vitest';
import { type Answer, openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  ASK,
  acquireWith,
  claimWith,
  grantIn,
  heldIn,
  KEY,
  keyed,
  OTHER_KEY,
  REUSED,
} from '../support/idempotency.ts';
import {
  beat,
  claimed,
  JOB,
  keysOf,
  LEASE,
  leaseOf,
  STATE_KEY,
  storedText,
  update,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { openSecondProcess } from '../support/second-process.ts';
import { aState } from '../support/state.ts';
import { interruptedStore } from '../support/steps/interrupted-store.ts';

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
    expect((await update(app, 1, 'completed', held)).status).toBe(200);
  });

  it('shows the job as it stands, with what its holder has done since', async () => {
    const { app } = await open();
    const first = heldIn(await grantWith(app, keyed(KEY)));
    await update(app, 1, 'completed', first);
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
        batch: async () => [],
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
