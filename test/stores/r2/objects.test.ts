import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ABSENT, atVersion, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import type { R2BucketLike, R2PageLike } from '../../../lib/stores/r2/bucket.ts';
import { createR2Store } from '../../../lib/stores/r2.ts';
import { bodyOf, largeBody, sameBytes, textOf } from '../../conformance/body.ts';
import { pollLines } from '../../conformance/follow.ts';
import { collect, write } from '../../conformance/write.ts';
import { openEmulation } from '../emulation.ts';

const KEY = 'jobs/a.json';
const BROKEN = new Error('get: Access denied. (10003)');

const emulation = await openEmulation();
const { bucket } = emulation;
const store = createR2Store({ bucket });

afterEach(() => emulation.clear());
afterAll(() => emulation.stop());

describe('objects in the bucket', () => {
  it('put() stores the bytes unchanged under the key', async () => {
    await store.put(KEY, bodyOf('{}\n'), ABSENT, 'label');
    const object = await bucket.get(KEY);
    expect(await object?.arrayBuffer()).toEqual(bodyOf('{}\n').buffer);
  });

  it('put() stores only the view of a larger array', async () => {
    await store.put(KEY, bodyOf('one two').subarray(4), UNCONDITIONAL);
    expect(textOf((await store.get(KEY))?.body)).toBe('two');
  });

  it('put() and get() keep 5 MB and an empty body', async () => {
    await store.put(KEY, largeBody(5_000_000), UNCONDITIONAL, 'large');
    await store.put('ready/1~a', new Uint8Array(), ABSENT, 'empty');
    const large = await store.get(KEY);
    expect(sameBytes(large?.body ?? new Uint8Array(), largeBody(5_000_000))).toBe(true);
    expect((await store.get('ready/1~a'))?.body.byteLength).toBe(0);
  });

  it.each([
    `jobs/${'n'.repeat(255)}`,
    `jobs/${'名'.repeat(85)}`,
    'ready/2026-01-02T03:04:05.678901Z~Grüße-𝒳',
    'ready/~',
  ])('put(), list() and get() agree about %s', async key => {
    const version = await store.put(key, bodyOf(key), ABSENT, key.slice(0, 50));
    const entries = await collect(store.list(key.slice(0, key.indexOf('/') + 1)));
    expect(entries).toEqual([{ key, version, label: key.slice(0, 50) }]);
    expect(textOf((await store.get(key))?.body)).toBe(key);
  });

  it('get() reads a body again that breaks off', async () => {
    await write(store, KEY, 'one');
    const broken: R2BucketLike['get'] = async key => ({
      key,
      etag: 'broken',
      size: 0,
      arrayBuffer: () => Promise.reject(new Error('Network connection lost.')),
    });
    const gets = [broken, broken];
    const shaky = storeOn({ get: key => (gets.shift() ?? (() => bucket.get(key)))(key) });
    expect(textOf((await shaky.get(KEY))?.body)).toBe('one');
  });

  it('put() mints the bare etag as a version', async () => {
    const version = await write(store, KEY, 'one');
    expect(version).toBe((await bucket.head(KEY))?.etag);
    expect(version).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each(['*', '"quoted"', 'W/"weak"', 'a, b', ''])(
    'put() and delete() refuse when they expect %s, which is not an etag',
    async version => {
      await write(store, KEY, 'one');
      const expected = atVersion(version as Version);
      expect(await store.put(KEY, bodyOf('two'), expected)).toBeNull();
      expect(await store.delete(KEY, expected)).toBe(false);
      expect(textOf((await store.get(KEY))?.body)).toBe('one');
    },
  );

  it('locate() names the bucket when its name is known', () => {
    expect(store.locate(KEY)).toBe('r2:jobs/a.json');
    expect(createR2Store({ bucket, name: 'states' }).locate(KEY)).toBe('r2:states/jobs/a.json');
  });
});

describe('objects that another program put there', () => {
  it('list() returns them without a label', async () => {
    const object = await bucket.put(KEY, bodyOf('alien'), {});
    expect(await collect(store.list('jobs/'))).toEqual([
      { key: KEY, version: object?.etag, label: null },
    ]);
  });

  it('poll() reports their bodies, among those that are labelled', async () => {
    await bucket.put('jobs/alien.json', bodyOf('alien'), { customMetadata: { made: 'elsewhere' } });
    await store.put(KEY, bodyOf('one'), ABSENT, 'label');
    expect(await pollLines(store.follow('jobs/'))).toEqual([
      'labelled jobs/a.json: label',
      'stored jobs/alien.json: alien',
    ]);
  });

  it('put() replaces them at their version', async () => {
    await bucket.put(KEY, bodyOf('alien'), {});
    const version = (await store.get(KEY))?.version ?? ('' as Version);
    expect(await store.put(KEY, bodyOf('one'), atVersion(version))).not.toBeNull();
  });
});

describe('pages', () => {
  it('list() and poll() give all of 234 labelled keys, each once and in order', async () => {
    const keys = Array.from({ length: 234 }, (_, index) => `jobs/${10_000 + index}.json`);
    await Promise.all(keys.map(key => store.put(key, bodyOf('{}'), ABSENT, `label of ${key}`)));
    const entries = await collect(store.list('jobs/'));
    expect(entries.map(({ key }) => key)).toEqual(keys);
    expect(entries.map(({ label }) => label)).toEqual(keys.map(key => `label of ${key}`));
    expect(await pollLines(store.follow('jobs/'))).toHaveLength(234);
    expect(await collect(store.list('jobs/', keys[199]))).toHaveLength(34);
  });

  it('list() continues after a page that is empty and not the last', async () => {
    await write(store, KEY, 'one');
    const empty: R2PageLike = { objects: [], truncated: true, cursor: 'next' };
    const pages = [empty, await bucket.list({ prefix: 'jobs/' })];
    const paged = storeOn({ list: async () => pages.shift() ?? empty });
    expect(await collect(paged.list('jobs/'))).toHaveLength(1);
  });

  it('list() fails when a page that is not the last has no cursor', async () => {
    const paged = storeOn({ list: async () => ({ objects: [], truncated: true }) });
    await expect(collect(paged.list('jobs/'))).rejects.toThrow('has no cursor');
  });
});

describe('follow()', () => {
  it('poll() reports an unreadable object once, and its body when it becomes readable', async () => {
    await write(store, KEY, 'one');
    const failures = [() => Promise.reject(BROKEN), () => Promise.reject(BROKEN)];
    const follower = storeOn({
      get: key => (failures.shift() ?? (() => bucket.get(key)))(),
    }).follow('jobs/');
    const tale = `unreadable ${KEY}: Cannot read "r2:${KEY}": ${BROKEN.message}`;
    expect(await pollLines(follower)).toEqual([tale]);
    expect(await pollLines(follower)).toEqual([]);
    expect(await pollLines(follower)).toEqual([`stored ${KEY}: one`]);
  });

  it('poll() reports nothing about objects that were deleted between its list and its read', async () => {
    await write(store, KEY, 'one');
    const follower = storeOn({ get: async () => null }).follow('jobs/');
    expect(await pollLines(follower)).toEqual([]);
  });

  it('poll() reads no labelled object, and none twice', async () => {
    const read: string[] = [];
    const follower = storeOn({
      get: key => {
        read.push(key);
        return bucket.get(key);
      },
    }).follow('jobs/');
    await store.put(KEY, bodyOf('one'), ABSENT, 'label');
    await write(store, 'jobs/b.json', 'two');
    await pollLines(follower);
    await pollLines(follower);
    expect(read).toEqual(['jobs/b.json']);
  });

  it('poll() reports each of 20 bodies without labels', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `jobs/${10 + index}.json`);
    for (const name of names) await write(store, name, 'one');
    expect(await pollLines(store.follow('jobs/'))).toEqual(
      names.map(name => `stored ${name}: one`),
    );
  });
});

/** A store on the bucket, with some of its methods replaced. */
function storeOn(replaced: Partial<R2BucketLike>) {
  return createR2Store({
    bucket: {
      get: key => bucket.get(key),
      head: key => bucket.head(key),
      put: (key, body, options) => bucket.put(key, body, options),
      delete: key => bucket.delete(key),
      list: options => bucket.list(options),
      ...replaced,
    },
    delay: async () => {},
  });
}
