import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, StoreError, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import { createDenoKvStore } from '../../../lib/stores/deno-kv.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { collect, write } from '../../conformance/write.ts';
import { seededRandom } from '../../support/random.ts';
import { interrupted } from './dying-kv.ts';
import { storeOn } from './medium.ts';

const KEY = 'jobs/a.json';
const LOCKED = 'database is locked\n\nStack backtrace:\n   0: <unknown>';

describe('a locked database', () => {
  it('put() retries until the lock is released', async () => {
    const { store, waits } = busyFor(3);
    expect(await store.put(KEY, bodyOf('one'), ABSENT)).not.toBeNull();
    expect(waits).toHaveLength(3);
  });

  it('put() rejects when the lock stays', async () => {
    const { store, waits } = busyFor(1_000);
    const attempt = store.put(KEY, bodyOf('one'), ABSENT);
    await expect(attempt).rejects.toMatchObject({
      name: 'StoreError',
      message: `Cannot write "${KEY}": database is locked`,
    });
    expect(waits).toHaveLength(20);
    expect(Math.max(...waits)).toBeLessThan(500);
  });

  function busyFor(times: number) {
    const failures = Array.from({ length: times }, () => () => Promise.reject(new Error(LOCKED)));
    const waits: number[] = [];
    const store = createDenoKvStore({
      kv: interrupted(createKvShim({ now: Date.now }), {
        beforeCommit: async () => failures.shift()?.(),
      }),
      random: seededRandom(),
      now: () => 1_000,
      delay: async ms => void waits.push(ms),
    });
    return { store, waits };
  }
});

describe('a medium that fails', () => {
  it('put() does not retry a failure that may have happened after the commit', async () => {
    const kv = createKvShim({ now: Date.now });
    const cause = new Error('connection reset');
    const store = storeOn(interrupted(kv, { afterCommit: () => Promise.reject(cause) }));
    const attempt = store.put(KEY, bodyOf('one'), ABSENT);
    await expect(attempt).rejects.toMatchObject({
      message: `Cannot write "${KEY}": connection reset`,
      cause,
    });
    expect(textOf((await storeOn(kv).get(KEY))?.body)).toBe('one');
  });

  it('every method rejects with a StoreError when the KV is closed', async () => {
    const kv = createKvShim({ now: Date.now });
    const store = storeOn(kv);
    await store.close();
    await expect(store.get(KEY)).rejects.toThrow(StoreError);
    await expect(store.head(KEY)).rejects.toThrow(StoreError);
    await expect(store.put(KEY, bodyOf('one'), ABSENT)).rejects.toThrow(StoreError);
    await expect(store.delete(KEY, UNCONDITIONAL)).rejects.toThrow(StoreError);
    await expect(collect(store.list('jobs/'))).rejects.toThrow(StoreError);
    await expect(collect(store.follow('jobs/').poll())).rejects.toThrow(StoreError);
  });
});

describe('values of other programs', () => {
  it('get() rejects, and list() and delete() work, when the value is not an object', async () => {
    const kv = createKvShim({ now: Date.now });
    await kv.set(['o', 'jobs', 'a.json'], { not: 'ours' });
    const store = storeOn(kv);
    await expect(store.get(KEY)).rejects.toThrow('the value is no object');
    expect(await collect(store.list('jobs/'))).toMatchObject([{ key: KEY, label: null }]);
    expect(await collect(store.follow('jobs/').poll())).toMatchObject([{ kind: 'unreadable' }]);
    expect(await store.delete(KEY, UNCONDITIONAL)).toBe(true);
  });

  it('put() and delete() refuse a version that no such store has minted', async () => {
    const store = storeOn(createKvShim({ now: Date.now }));
    await write(store, KEY, 'one');
    const foreign = atVersion('m1' as Version);
    expect(await store.put(KEY, bodyOf('two'), foreign)).toBeNull();
    expect(await store.delete(KEY, foreign)).toBe(false);
  });
});

describe('labels', () => {
  it('list() gives labels, and poll() reports them instead of bodies', async () => {
    const store = storeOn(createKvShim({ now: Date.now }));
    const version = await store.put(KEY, bodyOf('one'), ABSENT, 'Grüße 名前');
    await store.put('jobs/b.json', bodyOf('two'), ABSENT, '');
    await store.put('jobs/c.json', new Uint8Array(100_000), ABSENT, 'large');
    const entries = await collect(store.list('jobs/'));
    expect(entries.map(({ label }) => label)).toEqual(['Grüße 名前', '', 'large']);
    const changes = await collect(store.follow('jobs/').poll());
    expect(changes).toMatchObject([
      { kind: 'labelled', key: KEY, version, label: 'Grüße 名前' },
      { kind: 'labelled', key: 'jobs/b.json', label: '' },
      { kind: 'labelled', key: 'jobs/c.json', label: 'large' },
    ]);
  });
});
