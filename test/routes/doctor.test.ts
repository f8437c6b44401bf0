import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { acquire, LEASE } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

const DOCTOR = '/v1/doctor?list_keys=20';

interface Diagnosis {
  readonly leases: boolean;
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
}

async function failing(store: ObjectStore): Promise<readonly string[]> {
  const app = openApp({ store });
  const { checks } = (await app.ask('POST', DOCTOR)).json as Diagnosis;
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

async function keysOf(store: ObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list('doctor/')) keys.push(key);
  return keys;
}

/** A store that takes every condition for none. */
function ignoringPreconditions(): ObjectStore {
  const inner = createMemoryStore();
  return { ...inner, put: (key, body) => inner.put(key, body, UNCONDITIONAL) };
}

/** A store whose lists end with their first page. */
function listingOnePage(): ObjectStore {
  const inner = createMemoryStore();
  return {
    ...inner,
    async *list(prefix, after) {
      let told = 0;
      for await (const entry of inner.list(prefix, after)) {
        if (told === 10) return;
        told += 1;
        yield entry;
      }
    },
  };
}

describe('POST /v1/doctor', () => {
  it('finds nothing wrong with a store that keeps its word', async () => {
    const app = openApp();
    const answer = await app.ask('POST', '/v1/doctor');
    expect(answer.json).toMatchObject({ store: app.store.traits.name, leases: true });
    expect(await failing(app.store)).toEqual([]);
    expect(answer.text).toContain('list of 1001 keys');
  });

  it('takes nothing from what was known of a store that does not answer', async () => {
    const inner = createMemoryStore();
    let down = false;
    const put: ObjectStore['put'] = (...call) =>
      down ? Promise.reject(new StoreError('The store is away')) : inner.put(...call);
    const app = openApp({ store: { ...inner, put } });
    await app.create();
    const held = await acquire(app);
    down = true;
    const answer = await app.ask('POST', DOCTOR);
    down = false;
    expect(answer.json).toMatchObject({ leases: true });
    expect(answer.text).toContain('The store is away');
    expect((await app.ask('PUT', LEASE, { headers: held.headers })).status).toBe(200);
  });

  it('leaves nothing behind', async () => {
    const app = openApp();
    await app.ask('POST', DOCTOR);
    expect(await keysOf(app.store)).toEqual([]);
  });

  it('finds out a store that ignores preconditions', async () => {
    expect(await failing(ignoringPreconditions())).toEqual([
      'create refused if present',
      'compare-and-swap refused when stale',
      'one winner of two',
    ]);
  });

  it('finds out a store whose lists end too soon', async () => {
    expect(await failing(listingOnePage())).toEqual(['list of 20 keys']);
  });

  it('refuses leases from then on where the store fails, and jobs still work', async () => {
    const app = openApp({ store: ignoringPreconditions() });
    await app.create();
    const before = await app.ask('POST', '/v1/claims', { json: { holder: 'w-1' } });
    await app.ask('POST', DOCTOR);
    const after = await app.ask('POST', '/v1/claims', { json: { holder: 'w-1' } });
    expect(before.status).toBe(201);
    expect(after).toMatchObject(aProblem({ status: 501, code: 'leases_unsupported' }));
    expect((await app.ask('GET', '/v1/jobs/job-1')).status).toBe(200);
  });

  it.each(['0', '10001', 'x'])('refuses list_keys=%s', async count => {
    const refused = await openApp().ask('POST', `/v1/doctor?list_keys=${count}`);
    expect(refused).toMatchObject(aProblem({ status: 422, code: 'invalid', path: '?list_keys' }));
  });
});
