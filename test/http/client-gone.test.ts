import { describe, expect, it } from 'vitest';
import { type Answer, openApp } from '../support/app.ts';

import { ASK, claimWith, heldIn, KEY, keyed } from '../support/idempotency.ts';
import { beat, claimed, keysOf, LEASE, load, update } from '../support/leasing.ts';
import { openSecondProcess } from '../support/second-process.ts';
import { interruptedStore } from '../support/steps/interrupted-store.ts';

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
    expect((await update(app, 1, 'completed', held)).status).toBe(200);
  });

  it.each(['/v1/claims', LEASE])(
    'does not take the lease of its repeat back, where that was granted it first by %s',
    async path => {
      const { store, client, ask } = await open();
      const other = openSecondProcess(store);
      let again: Answer | null = null;
      store.before('leases/', async () => {
        client.abort();
        again = await other.ask('POST', path, { json: ASK, headers: keyed(KEY, 2) });
      });
      expect(await ask(path)).toMatchObject(GONE);
      const held = heldIn(again ?? (await ask(path)));
      expect((await beat(other, held)).status).toBe(200);
    },
  );
});
