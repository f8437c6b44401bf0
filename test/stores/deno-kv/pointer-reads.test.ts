import { describe, expect, it } from 'vitest';
import { ABSENT, type ObjectStore, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import type { KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import { countedKv } from './counted-kv.ts';
import { storeOn } from './medium.ts';

const BODY = new Uint8Array([1]);
const KEYS = Array.from({ length: 12 }, (_, index) => `jobs/${index}`);

describe('head() of several callers at once', () => {
  it('of one key is one read', async () => {
    const { store, take, versions } = await filled();
    const [first = ''] = KEYS;
    const heads = await Promise.all([store.head(first), store.head(first), store.head(first)]);
    expect(heads).toEqual([versions[0], versions[0], versions[0]]);
    expect(take().reads).toBe(1);
  });

  it('of twelve keys is two reads, of ten keys and of two', async () => {
    const { store, take, versions } = await filled();
    expect(await Promise.all(KEYS.map(key => store.head(key)))).toEqual(versions);
    expect(take().reads).toBe(2);
  });

  it('is a read of its own for a caller that comes while one runs', async () => {
    const { gate, store } = await gated();
    const early = store.head('jobs/0');
    const read = await gate.next();
    const version = await store.put('jobs/0', BODY, ABSENT);
    const late = store.head('jobs/0');
    read.finish();
    (await gate.next()).finish();
    expect({ early: await early, late: await late }).toEqual({ early: null, late: version });
  });

  it('fails for the callers of the read that failed alone', async () => {
    const shim = createKvShim({ now: Date.now });
    let isBroken = true;
    const kv: KvLike = {
      ...shim,
      get: key => (isBroken ? Promise.reject(new Error('lost')) : shim.get(key)),
    };
    const store = storeOn(kv);
    const failed = await Promise.allSettled([store.head('jobs/0'), store.head('jobs/0')]);
    isBroken = false;
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await store.head('jobs/0')).toBeNull();
  });
});

describe('head() where the changes are counted', () => {
  it('reads a key again only after a change', async () => {
    let count = 1;
    const { store, take, versions } = await filled(() => count);
    const heads = async () => [await store.head('jobs/0'), await store.head('jobs/0')];
    expect(await heads()).toEqual([versions[0], versions[0]]);
    expect(take().reads).toBe(1);
    count += 1;
    expect(await heads()).toEqual([versions[0], versions[0]]);
    expect(take().reads).toBe(1);
  });

  it('remembers also that nothing is stored', async () => {
    const { store, take } = await filled(() => 1);
    expect([await store.head('jobs/none'), await store.head('jobs/none')]).toEqual([null, null]);
    expect(take().reads).toBe(1);
  });

  it('reads each time while they cannot be counted', async () => {
    const { store, take } = await filled(() => null);
    await store.head('jobs/0');
    await store.head('jobs/0');
    expect(take().reads).toBe(2);
  });

  it('does not take a read for current that began before a change', async () => {
    let count = 1;
    const { gate, store } = await gated(() => count);
    const early = store.head('jobs/0');
    const read = await gate.next();
    const version = await store.put('jobs/0', BODY, ABSENT);
    count += 1;
    read.finish();
    expect(await early).toBeNull();
    const late = store.head('jobs/0');
    (await gate.next()).finish();
    expect(await late).toBe(version);
  });

  it('sees what another store has written', async () => {
    const shim = createKvShim({ now: Date.now });
    let count = 1;
    const left = storeOn(shim, { changeCount: () => count });
    await left.put('jobs/0', BODY, ABSENT);
    await left.head('jobs/0');
    const version = await storeOn(shim).put('jobs/0', BODY, UNCONDITIONAL);
    count += 1;
    expect(await left.head('jobs/0')).toBe(version);
  });
});

async function filled(changeCount: (() => number | null) | null = null) {
  const counted = countedKv(createKvShim({ now: Date.now }));
  const store = storeOn(counted.kv, { changeCount });
  const versions: (Version | null)[] = [];
  for (const key of KEYS) versions.push(await store.put(key, BODY, ABSENT));
  counted.take();
  return { store, versions, take: () => counted.take() };
}

interface Read {
  finish(): void;
}

/** A store whose reads of one key get their value at once, and return it when the test says so. */
async function gated(changeCount: (() => number | null) | null = null): Promise<{
  readonly store: ObjectStore;
  readonly gate: { next(): Promise<Read> };
}> {
  const shim = createKvShim({ now: Date.now });
  const begun: Read[] = [];
  let notify = (): void => {};
  const kv: KvLike = {
    ...shim,
    async get(key) {
      const found = await shim.get(key);
      const { promise, resolve } = Promise.withResolvers<void>();
      begun.push({ finish: resolve });
      notify();
      await promise;
      return found;
    },
  };
  async function next(): Promise<Read> {
    for (;;) {
      const read = begun.shift();
      if (read !== undefined) return read;
      await new Promise<void>(resolve => {
        notify = resolve;
      });
    }
  }
  return { store: storeOn(kv, { changeCount }), gate: { next } };
}
