import { describe, expect, it } from 'vitest';
import { StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { storeWithoutSwap, VOLATILE_LIMITS } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';

const broken = {
  ...createMemoryStore(),
  get: () => Promise.reject(new StoreError('The disk is gone')),
};

describe('/healthz', () => {
  it('GET answers ok', async () => {
    const health = await openApp().ask('GET', '/healthz');
    expect([health.status, health.json]).toEqual([200, { status: 'ok' }]);
  });

  it('GET answers ok also when the store is gone', async () => {
    expect((await openApp({ store: broken }).ask('GET', '/healthz')).status).toBe(200);
  });
});

describe('/readyz', () => {
  it('GET answers the name of the store, and what may be had of it', async () => {
    const ready = await openApp({ store: createMemoryStore() }).ask('GET', '/readyz');
    expect([ready.status, ready.json]).toEqual([
      200,
      {
        status: 'ready',
        store: createMemoryStore().traits.name,
        leases: true,
        limits: VOLATILE_LIMITS,
      },
    ]);
  });

  it('GET says what a store without compare-and-swap means', async () => {
    const ready = await openApp({ store: storeWithoutSwap() }).ask('GET', '/readyz');
    expect(ready.json).toMatchObject({
      leases: false,
      limits: [expect.stringContaining('leases, claims and sweeps answer 501'), ...VOLATILE_LIMITS],
    });
  });

  it('GET answers store_unavailable when the store is gone', async () => {
    const ready = await openApp({ store: broken }).ask('GET', '/readyz');
    expect(ready).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
    expect(ready.header('retry-after')).toBe('1');
    expect(ready.text).not.toContain('disk');
  });
});

describe('every answer', () => {
  it('GET answers the request id that the caller gave', async () => {
    const headers = { 'X-Request-Id': 'caller-1' };
    const missing = await openApp().ask('GET', '/v1/jobs/none', { headers });
    expect(missing.header('x-request-id')).toBe('caller-1');
    expect(missing.json).toMatchObject({ request_id: 'caller-1' });
  });

  it('GET makes a request id of its own when the given one could break a log', async () => {
    const headers = { 'X-Request-Id': '{"a": 1}' };
    const missing = await openApp().ask('GET', '/v1/jobs/none', { headers });
    expect(missing.header('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
