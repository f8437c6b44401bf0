import { describe, expect, it } from 'vitest';
import { type ObjectStore, StoreError } from '../../lib/store.ts';
import { openApp } from '../support/app.ts';
import { frozenClock } from '../support/clock.ts';
import { keysOf } from '../support/leasing.ts';
import { aProblem } from '../support/problem.ts';
import { runtime } from '../support/runtime.ts';

type Write = 'put' | 'delete';

/** A store that counts its writes, and fails those that it is told to. */
function openProbed() {
  const inner = runtime.openStore();
  const written: string[] = [];
  const failing = new Set<Write>();
  let held: Promise<void> = Promise.resolve();
  const attempt = async <T>(write: Write, key: string, task: () => Promise<T>): Promise<T> => {
    written.push(`${write} ${key.slice(0, key.indexOf('/'))}`);
    await held;
    if (failing.has(write)) {
      const cause = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      throw new StoreError('Cannot write "/srv/x": no space left on device', { cause });
    }
    return task();
  };
  const store: ObjectStore = {
    ...inner,
    put: (key, ...rest) => attempt('put', key, () => inner.put(key, ...rest)),
    delete: (key, ...rest) => attempt('delete', key, () => inner.delete(key, ...rest)),
  };
  const clock = frozenClock();
  return {
    app: openApp({ store, clock }),
    clock,
    store: inner,
    written,
    failing,
    hold: (until: Promise<void>): void => {
      held = until;
    },
  };
}

describe('/readyz of a store that can be read and not written', () => {
  it.each(['put', 'delete'] as const)(
    'GET answers store_unavailable when it fails each %s, and says what is wrong',
    async write => {
      const { app, failing } = openProbed();
      failing.add(write);
      const ready = await app.ask('GET', '/readyz');
      expect(ready).toMatchObject(aProblem({ status: 503, code: 'store_unavailable' }));
      expect(ready.json).toMatchObject({ detail: expect.stringContaining('not written') });
      expect(ready.header('retry-after')).toBe('5');
      expect(ready.text).not.toContain('/srv/x');
      expect((await app.ask('GET', '/v1/jobs')).status).toBe(200);
    },
  );

  it('GET finds it within five seconds, and that it works again as well', async () => {
    const { app, clock, failing } = openProbed();
    expect((await app.ask('GET', '/readyz')).status).toBe(200);
    failing.add('put');
    clock.advance(4_999);
    expect((await app.ask('GET', '/readyz')).status).toBe(200);
    clock.advance(1);
    expect((await app.ask('GET', '/readyz')).status).toBe(503);
    failing.clear();
    expect((await app.ask('GET', '/readyz')).status).toBe(503);
    clock.advance(5_000);
    expect((await app.ask('GET', '/readyz')).status).toBe(200);
  });

  it('GET asks again when the clock was put back', async () => {
    const { app, clock, failing } = openProbed();
    expect((await app.ask('GET', '/readyz')).status).toBe(200);
    failing.add('put');
    clock.advance(-3_600_000);
    expect((await app.ask('GET', '/readyz')).status).toBe(503);
  });
});

describe('what /readyz writes', () => {
  it('GET writes one object and removes it, in five seconds, however often it is asked', async () => {
    const { app, clock, written } = openProbed();
    for (let asked = 1; asked <= 50; asked += 1) {
      await app.ask('GET', '/readyz');
      clock.advance(99);
    }
    expect(written).toEqual(['put probe', 'delete probe']);
    clock.advance(5_000);
    await app.ask('GET', '/readyz');
    expect(written).toHaveLength(4);
  });

  it('GET writes it once for all that ask at the same time', async () => {
    const { app, written, hold } = openProbed();
    const { promise, resolve } = Promise.withResolvers<void>();
    hold(promise);
    const asked = Array.from({ length: 20 }, () => app.ask('GET', '/readyz'));
    resolve();
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect([new Set(statuses), written]).toEqual([new Set([200]), ['put probe', 'delete probe']]);
  });

  it('GET leaves nothing that a list shows, or a sweep meets', async () => {
    const { app, clock, store, failing } = openProbed();
    await app.create();
    failing.add('delete');
    await app.ask('GET', '/readyz');
    failing.clear();
    expect((await app.ask('GET', '/v1/jobs')).json).toMatchObject({
      jobs: [{ job_id: 'job-1' }],
      corrupt: [],
    });
    const swept = await app.ask('POST', '/v1/sweep');
    expect(swept.json).toMatchObject({ examined: 0, errors: 0 });
    expect(await keysOf(store, 'jobs/')).toEqual(['jobs/job-1.json']);
    clock.advance(5_000);
    expect((await app.ask('GET', '/readyz')).status).toBe(200);
    expect(await keysOf(store, 'probe/')).toEqual([]);
  });

  it('GET is not in the way of a job that is called as it is', async () => {
    const { app } = openProbed();
    for (const job_id of ['probe', 'probe/write', 'write']) await app.create({ job_id });
    await app.ask('GET', '/readyz');
    const list = await app.ask('GET', '/v1/jobs');
    expect(list.json).toMatchObject({ jobs: [{}, {}, {}] });
  });
});
