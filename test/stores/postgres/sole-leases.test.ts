import { describe, expect, it, onTestFinished } from 'vitest';
import { ABSENT, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { bodyOf } from '../../conformance/body.ts';
import { write } from '../../conformance/write.ts';
import { openApp } from '../../support/app.ts';
import { ASK, claimWith, grantIn, keyed } from '../../support/idempotency.ts';
import { keysOf } from '../../support/leasing.ts';
import { openClient, openStore, serverUrl, targetOf } from '../../support/postgres/open-store.ts';
import { usePostgresWorld } from './world.ts';

const ID = '0123456789abcdef0123456789abcdef';
const OTHER_ID = 'fedcba98765432100123456789abcdef';
const FIRST = `leases/a.${ID}.json`;
const SECOND = `leases/b.${ID}.json`;
const { schema, open } = usePostgresWorld();

/** Writes a job, and a lease that must be new. */
function grant(store: ObjectStore, job: string, lease: string) {
  const put = { body: bodyOf('granted'), precondition: ABSENT };
  return store.putWith?.(job, put, [{ kind: 'put', key: lease, ...put }]);
}

describe('of leases with one id', () => {
  it('putWith() and put() store one, and another one once that is gone', async () => {
    const store = open();
    expect(await grant(store, 'jobs/a.json', FIRST)).toBeTruthy();
    expect(await grant(store, 'jobs/b.json', SECOND)).toBeNull();
    expect(await store.head('jobs/b.json')).toBeNull();
    expect(await store.put(SECOND, bodyOf('new'), ABSENT)).toBeNull();
    expect(await keysOf(store, 'leases/')).toEqual([FIRST]);
    await store.delete(FIRST, UNCONDITIONAL);
    expect(await grant(store, 'jobs/b.json', SECOND)).toBeTruthy();
  });

  it('one is stored of eight that come at one moment from two sides, with all beside them', async () => {
    const stores = [open(), open()];
    const tried = await Promise.all(
      Array.from({ length: 8 }, async (_, nth) => {
        const store = stores[nth % 2];
        return store && grant(store, `jobs/j${nth}.json`, `leases/j${nth}.${ID}.json`);
      }),
    );
    const [store = open()] = stores;
    expect(tried.filter(each => each !== null)).toHaveLength(1);
    expect(await keysOf(store, 'leases/')).toHaveLength(1);
    expect(await keysOf(store, 'jobs/')).toHaveLength(1);
  });

  it('one is replaced as any other object, and leases of other ids are stored beside it', async () => {
    const store = open();
    await write(store, FIRST, 'one');
    await write(store, FIRST, 'two');
    expect(await grant(store, 'jobs/b.json', `leases/b.${OTHER_ID}.json`)).toBeTruthy();
  });
});

describe('a claim and its repeat at two services at one moment', () => {
  it.each([1, 2])('get one lease, at attempts 1 and %i', async attempt => {
    const target = targetOf(serverUrl());
    const stores = [3, 3].map(size => openStore(schema, { client: openClient(target, size) }));
    onTestFinished(async () => {
      await Promise.all(stores.map(store => store.close()));
    });
    const [first, second] = stores.map((store, nth) => openApp({ store, seed: nth + 1 }));
    if (first === undefined || second === undefined) throw new Error('There are two services');
    const names = Array.from({ length: 40 }, (_, nth) => `job-${nth}`);
    await Promise.all(names.map(job_id => first.create({ job_id })));
    for (let nth = 0; nth < 10; nth++) {
      const key = `a claim of these tests ${nth}`.replaceAll(' ', '-');
      const [early, late] = await Promise.all([
        claimWith(first, keyed(key, 1), ASK),
        claimWith(second, keyed(key, attempt), ASK),
      ]);
      expect(early.status).toBe(201);
      expect(grantIn(late)).toEqual(grantIn(early));
    }
    expect(await keysOf(first.store, 'leases/')).toHaveLength(10);
  });
});
