import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import {
  acquire,
  beat,
  claimed,
  JOB,
  keysOf,
  LEASE,
  STATE_KEY,
  storedText,
  update,
  write,
} from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { situate } from '../support/situations.ts';
import { acquireMany, NOTHING } from './sweep-setup.ts';

const SWEEP = '/v1/sweep';
const GARBAGE = ['', 'garbage', '{}', 'null', '{"job_id":"job-1"}', `"${'x'.repeat(10_000)}"`];

describe('POST /v1/sweep over what is not as it should be', () => {
  it('POST removes a lease object that no job names, once it is over', async () => {
    const { app, clock, held } = await situate('held');
    const text = await storedText(app.store, held?.key);
    await app.ask('DELETE', LEASE, { headers: held?.headers ?? {} });
    await write(app.store, held?.key ?? '', text);
    expect((await app.ask('POST', SWEEP)).json).toEqual({ ...NOTHING, examined: 1 });
    clock.advance(60_000);
    expect((await app.ask('POST', SWEEP)).json).toEqual({ ...NOTHING, examined: 1, skipped: 1 });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('POST removes the lease object of a job that is gone', async () => {
    const { app, held } = await situate('zombie');
    const text = await storedText(app.store, held?.key);
    await app.ask('DELETE', JOB);
    await write(app.store, held?.key ?? '', text);
    expect((await app.ask('POST', SWEEP)).json).toEqual({ ...NOTHING, examined: 1, skipped: 1 });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
  });

  it('POST does not touch a job that another one holds now', async () => {
    const { app, held } = await situate('zombie');
    const text = await storedText(app.store, held?.key);
    const next = await acquire(app);
    await write(app.store, held?.key ?? '', text);
    expect((await app.ask('POST', SWEEP)).json).toMatchObject({ examined: 2, skipped: 1 });
    expect(await keysOf(app.store, 'leases/')).toEqual([next.key]);
    expect((await update(app, 1, 'completed', next)).status).toBe(200);
  });

  it.each(GARBAGE)('POST recovers a job whose lease object says %j, and says so', async garbage => {
    const { app, held } = await situate('held');
    await write(app.store, held?.key ?? '', garbage);
    expect((await app.ask('POST', SWEEP)).json).toMatchObject({
      examined: 1,
      recovered: 1,
      errors: 1,
      faults: [
        {
          lease: held?.key,
          path: app.store.locate(held?.key ?? ''),
          reason: expect.stringContaining('read'),
        },
      ],
    });
    expect(await keysOf(app.store, 'leases/')).toEqual([]);
    expect(await claimed(app)).toBe('job-1');
  });

  it('POST goes on past a job that is corrupt, and counts it', async () => {
    const clock = frozenClock();
    const app = openApp({ clock });
    const [key = ''] = await acquireMany(app, 3);
    clock.advance(60_000);
    await write(app.store, STATE_KEY, '{');
    expect((await app.ask('POST', SWEEP)).json).toMatchObject({
      examined: 3,
      recovered: 2,
      errors: 1,
      faults: [{ lease: key, reason: expect.stringContaining('corrupt') }],
    });
  });

  it('POST recovers a corrupt job once it is mended', async () => {
    const { app } = await situate('zombie');
    const text = await storedText(app.store);
    await write(app.store, STATE_KEY, '{');
    await app.ask('POST', SWEEP);
    await write(app.store, STATE_KEY, text);
    expect((await app.ask('POST', SWEEP)).json).toMatchObject({ recovered: 1, errors: 0 });
  });

  it.each(['leases/x', 'leases/job-1.json', 'leases/a.b.c.json'])(
    'POST counts %s as an error, and leaves it',
    async key => {
      const { app } = await situate('pending');
      await write(app.store, key, '{}');
      expect((await app.ask('POST', SWEEP)).json).toMatchObject({
        examined: 1,
        errors: 1,
        faults: [{ lease: key }],
      });
      expect(await keysOf(app.store, 'leases/')).toEqual([key]);
    },
  );

  it('POST tells no more than 20 faults of many', async () => {
    const { app } = await situate('pending');
    await Promise.all(
      Array.from({ length: 30 }, (_, index) => write(app.store, `leases/${index}`, '')),
    );
    const { json } = await app.ask('POST', SWEEP);
    expect(json).toMatchObject({ errors: 30, faults: Array.from({ length: 20 }, () => ({})) });
  });
});

describe('a store that fails on the record of expired leases', () => {
  it('POST recovers the job all the same, and its late holder is told that the lease is lost', async () => {
    const inner = createMemoryStore();
    const clock = frozenClock();
    const app = openApp({ store: failingUnder(inner, 'lapses/'), clock });
    await app.create();
    const held = await acquire(app);
    await beat(app, held);
    clock.advance(60_000);
    expect((await app.ask('POST', SWEEP)).json).toMatchObject({ recovered: 1, errors: 0 });
    expect(await keysOf(inner, 'leases/')).toEqual([]);
    expect(await update(app, 1, 'completed', held)).toMatchObject(
      aProblem({ status: 409, code: 'lease_lost' }),
    );
  });
});

function failed(): never {
  throw new StoreError('The disk is gone');
}

function failingUnder(store: ObjectStore, prefix: string): ObjectStore {
  return {
    ...store,
    get: async key => (key.startsWith(prefix) ? failed() : store.get(key)),
    put: async (key, ...rest) => (key.startsWith(prefix) ? failed() : store.put(key, ...rest)),
  };
}
