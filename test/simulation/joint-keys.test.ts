import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../lib/base/digest.ts';
import { parseIdempotencyKey } from '../../lib/lease/idempotency-key.ts';
import { decodeLease, encodeLease, leaseKey } from '../../lib/lease/lease.ts';
import type { ObjectStore } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import type { Answer, AppClient } from '../support/app.ts';
import { ASK, claimWith, KEY, keyed } from '../support/idempotency.ts';
import { aLease } from '../support/lease.ts';
import { keysOf } from '../support/leasing.ts';
import { Died } from '../support/steps/dying-store.ts';
import { withJointWrites } from '../support/steps/joint-writes.ts';
import { claim, grantOf, makeWorld, withToken } from './world.ts';

/* A claim and its repeat at two processes, where the store refuses a second lease for one key. */

/** The same store, on which something can happen just before steps of several writes, and just after them. */
function stepped(inner: ObjectStore) {
  const before: (() => Promise<void>)[] = [];
  const after: (() => void)[] = [];
  const store: ObjectStore = {
    ...inner,
    async putWith(...call) {
      await before.shift()?.();
      const stored = (await inner.putWith?.(...call)) ?? null;
      after.shift()?.();
      return stored;
    },
  };
  return { store, before, after };
}

/**
 * Two processes and some waiting jobs. The first process has an unkeyed claim under way on `job-1` that has not written yet, so that a
 * claim with a key gets another job there.
 */
async function openTwo(jobs: number) {
  const world = makeWorld(withJointWrites(createMemoryStore()));
  const [atFirst, atSecond] = [stepped(world.store), stepped(world.store)];
  const [first, second] = [world.open(atFirst.store), world.open(atSecond.store)];
  for (let nth = 1; nth <= jobs; nth++) await first.create({ job_id: `job-${nth}` });
  const goesOn = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  atFirst.before.push(() => {
    begun.resolve();
    return goesOn.promise;
  });
  const unkeyed = claim(first, 'unkeyed');
  await begun.promise;
  const endUnkeyed = () => {
    goesOn.resolve();
    return unkeyed;
  };
  return { world, first, second, atFirst, atSecond, endUnkeyed };
}

interface Shown {
  readonly token: string;
  readonly lease: { readonly job_id: string };
}

/** The token and the job of each grant, in the order of their jobs. */
function grantsOf(answer: Answer): string[] {
  const json = answer.json as Partial<Shown> & { readonly grants?: readonly Shown[] };
  const { token, lease, grants = [] } = json;
  const all = token === undefined || lease === undefined ? grants : [{ token, lease }];
  return all.map(one => `${one.lease.job_id} ${one.token}`).toSorted();
}

/** A claim at the second process that writes only when all that the first one does is done. */
async function overtaken(
  { second, atSecond }: Awaited<ReturnType<typeof openTwo>>,
  atFirst: () => Promise<Answer>,
  {
    attempt,
    ...ask
  }: { readonly attempt?: number; readonly max?: number; readonly holder?: string },
): Promise<{ readonly early: Answer; readonly late: Answer }> {
  const early: Answer[] = [];
  atSecond.before.push(async () => {
    early.push(await atFirst());
  });
  const late = await claimWith(second, keyed(KEY, attempt), { ...ASK, ...ask });
  const [answer] = early;
  if (answer === undefined) throw new Error('The late claim has written nothing');
  return { early: answer, late };
}

/** How many leases and how many hints there are. */
async function countsIn({ store }: AppClient): Promise<number[]> {
  const all = await Promise.all(['leases/', 'ready/'].map(prefix => keysOf(store, prefix)));
  return all.map(({ length }) => length);
}

describe('a claim whose key another process grants another job meanwhile', () => {
  it.each([{}, { attempt: 1 }, { attempt: 2 }])('has that lease: %o', async options => {
    const two = await openTwo(3);
    const { early, late } = await overtaken(two, () => claimWith(two.first, keyed(KEY)), options);
    expect(grantsOf(early)).toMatchObject([expect.stringMatching(/^job-2 /)]);
    expect([late.status, grantsOf(late)]).toEqual([201, grantsOf(early)]);
    expect(grantsOf(await two.endUnkeyed())).toMatchObject([expect.stringMatching(/^job-1 /)]);
    expect(await countsIn(two.second)).toEqual([2, 1]);
    // The job that was not granted can be claimed at either process.
    expect(grantOf(await claim(two.second, 'other')).lease.job_id).toBe('job-3');
  });

  it('of several jobs has those leases', async () => {
    const two = await openTwo(6);
    const ask = { max: 2 };
    const { early, late } = await overtaken(
      two,
      () => claimWith(two.first, keyed(KEY), { ...ASK, ...ask }),
      ask,
    );
    expect(grantsOf(early)).toHaveLength(2);
    expect(grantsOf(late)).toEqual(grantsOf(early));
    await two.endUnkeyed();
    expect(await countsIn(two.second)).toEqual([3, 3]);
  });

  it('has that lease also where the other process died before it answered', async () => {
    const two = await openTwo(3);
    two.atFirst.after.push(() => {
      throw new Died('It died');
    });
    const { early, late } = await overtaken(two, () => claimWith(two.first, keyed(KEY)), {
      attempt: 2,
    });
    expect([early.status, late.status]).toEqual([500, 201]);
    const renewed = await two.second.ask('POST', '/v1/heartbeats', {
      json: { beats: [{ token: grantOf(late).token }] },
    });
    expect(renewed.status).toBe(200);
    expect(await countsIn(two.second)).toEqual([1, 2]);
  });

  it('is refused where that was another request', async () => {
    const two = await openTwo(3);
    const { early, late } = await overtaken(two, () => claimWith(two.first, keyed(KEY)), {
      holder: 'another',
    });
    expect([early.status, late.status]).toEqual([201, 422]);
    expect(late.json).toMatchObject({ code: 'idempotency_key_reused' });
  });

  it('is told where that lease is over', async () => {
    const two = await openTwo(3);
    const { store } = two.world;
    const { late } = await overtaken(
      two,
      async () => {
        const early = await claimWith(two.first, keyed(KEY));
        const { lease_id } = grantOf(early).lease as unknown as { lease_id: string };
        const key = `leases/job-2.${lease_id}.json`;
        const stored = await store.get(key);
        const found = stored === null ? null : decodeLease(stored.body, key);
        if (found?.ok !== true) throw new Error('The lease is not there');
        await store.put(key, encodeLease({ ...found.lease, expired: true }), { kind: 'none' });
        return early;
      },
      { attempt: 2 },
    );
    expect(late.json).toMatchObject({ status: 409, code: 'lease_lost' });
  });

  it('gets a job where that lease was released before it looked', async () => {
    const two = await openTwo(3);
    const { late } = await overtaken(
      two,
      async () => {
        const early = await claimWith(two.first, keyed(KEY));
        const { token, lease } = grantOf(early);
        await two.first.ask('DELETE', `/v1/jobs/${lease.job_id}/lease`, withToken(token));
        return early;
      },
      { attempt: 2 },
    );
    expect(late.status).toBe(201);
    await two.endUnkeyed();
    expect(await countsIn(two.second)).toEqual([2, 1]);
  });

  it('is asked to come again where it is not known yet whether that lease is granted, and gets a job when it is gone', async () => {
    const world = makeWorld(withJointWrites(createMemoryStore()));
    const app = world.open();
    await app.create();
    await app.create({ job_id: 'job-2' });
    const parsed = await parseIdempotencyKey(KEY, null);
    if (!parsed.ok || parsed.value === null) throw new Error('The key is none');
    // As a process that writes one object after the other has it before it changes the job.
    const lease = aLease({
      job_id: 'job-2',
      lease_id: parsed.value.leaseId,
      request_sha256: await sha256Hex(JSON.stringify(['claim', ASK.holder, ASK.ttl_seconds, null])),
    });
    const key = leaseKey(lease.job_id, lease.lease_id);
    await world.store.put(key, encodeLease(lease), { kind: 'none' });
    expect((await claimWith(app, keyed(KEY, 2))).json).toMatchObject({ status: 503 });
    expect(await world.keys()).toHaveLength(5);
    await world.store.delete(key, { kind: 'none' });
    expect((await claimWith(app, keyed(KEY, 3))).status).toBe(201);
  });
});
