import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ABSENT, atVersion, StoreError, UNCONDITIONAL, type Version } from '../../../lib/store.ts';
import type { WorkersKvLike } from '../../../lib/stores/workers-kv/namespace.ts';
import { createWorkersKvStore } from '../../../lib/stores/workers-kv.ts';
import { bodyOf, largeBody, sameBytes, textOf } from '../../conformance/body.ts';
import { pollLines } from '../../conformance/follow.ts';
import { collect, write } from '../../conformance/write.ts';
import { openEmulation } from '../emulation.ts';

const KEY = 'jobs/a.json';
const TOO_MANY = new Error('KV PUT failed: 429 Too Many Requests');
const QUOTA = new Error(
  'KV PUT failed: 429: your account has reached the free usage limit for this operation for today [code: 10048]',
);
const UNAVAILABLE = new Error('KV GET failed: 503 Service Unavailable');

const emulation = await openEmulation();
const { namespace } = emulation;
const store = createWorkersKvStore({ namespace });

afterEach(() => emulation.clear());
afterAll(() => emulation.stop());

describe('values in the namespace', () => {
  it('put() stores the bytes unchanged under the key', async () => {
    await store.put(KEY, bodyOf('{}\n'), ABSENT, 'label');
    const { value } = await namespace.getWithMetadata(KEY, 'arrayBuffer');
    expect(value).toEqual(bodyOf('{}\n').buffer);
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
  ])('put(), list() and get() agree about %s', async key => {
    const version = await store.put(key, bodyOf(key), ABSENT);
    const entries = await collect(store.list(key.slice(0, key.indexOf('/') + 1)));
    expect(entries).toEqual([{ key, version, label: null }]);
    expect(textOf((await store.get(key))?.body)).toBe(key);
  });

  it('put() takes 25 MiB', async () => {
    await store.put(KEY, new Uint8Array(25 * 1_024 * 1_024), UNCONDITIONAL);
    expect((await store.get(KEY))?.body.byteLength).toBe(26_214_400);
  });

  it('put() fails, and reports that it wrote nothing, when a body is larger than 25 MiB', async () => {
    const putting = store.put(KEY, new Uint8Array(26_214_401), UNCONDITIONAL);
    await expect(putting).rejects.toThrow(
      new StoreError(
        'Cannot write "workers-kv:jobs/a.json": nothing was written, because Workers KV takes 26214400 bytes and the body has 26214401',
      ),
    );
    expect(await store.get(KEY)).toBeNull();
  });

  it('put() leaves out a label that does not fit into the metadata', async () => {
    await store.put(KEY, bodyOf('one'), UNCONDITIONAL, "'".repeat(900));
    expect(await pollLines(store.follow('jobs/'))).toEqual([`stored ${KEY}: one`]);
  });

  it('put() keeps a label of 900 bytes of JSON', async () => {
    const label = JSON.stringify(Array.from({ length: 225 }, () => 'x')).slice(0, 900);
    await store.put(KEY, bodyOf('one'), UNCONDITIONAL, label);
    expect(await pollLines(store.follow('jobs/'))).toEqual([`labelled ${KEY}: ${label}`]);
  });

  it('locate() names the namespace when its name is known', () => {
    expect(store.locate(KEY)).toBe('workers-kv:jobs/a.json');
    const named = createWorkersKvStore({ namespace, name: 'states' });
    expect(named.locate(KEY)).toBe('workers-kv:states/jobs/a.json');
  });
});

describe('values that another program put there', () => {
  it.each([undefined, null, 'text', { version: 'short' }, { version: 7, label: 'x' }])(
    'get(), head() and list() agree on a version when the metadata is %j',
    async metadata => {
      await namespace.put(KEY, bodyOf('alien'), { metadata });
      const version = await store.head(KEY);
      expect(version).toMatch(/^[0-9a-f]{64}$/);
      expect((await store.get(KEY))?.version).toBe(version);
      expect(await collect(store.list('jobs/'))).toEqual([{ key: KEY, version, label: null }]);
    },
  );

  it('poll() reports their bodies', async () => {
    await namespace.put(KEY, bodyOf('alien'), { metadata: null });
    expect(await pollLines(store.follow('jobs/'))).toEqual([`stored ${KEY}: alien`]);
  });

  it('put() replaces them at their version', async () => {
    await namespace.put(KEY, bodyOf('alien'), { metadata: null });
    const version = (await store.head(KEY)) ?? ('' as Version);
    expect(await store.put(KEY, bodyOf('one'), atVersion(version))).not.toBeNull();
  });
});

describe('pages', () => {
  it('list() and poll() give all of 234 keys in pages of 100, each once and in order', async () => {
    const { paged } = storeOn({
      list(options) {
        const limited = { ...options, limit: 100 };
        return namespace.list(limited);
      },
    });
    const keys = Array.from({ length: 234 }, (_, index) => `jobs/${10_000 + index}.json`);
    await Promise.all(keys.map(key => store.put(key, bodyOf('{}'), UNCONDITIONAL, key)));
    const entries = await collect(paged.list('jobs/'));
    expect(entries.map(({ key }) => key)).toEqual(keys);
    expect(await pollLines(paged.follow('jobs/'))).toHaveLength(234);
    expect(await collect(paged.list('jobs/', keys[99]))).toHaveLength(134);
  });

  it('list() fails when a page that is not the last has no cursor', async () => {
    const { paged } = storeOn({ list: async () => ({ keys: [], list_complete: false }) });
    await expect(collect(paged.list('jobs/'))).rejects.toThrow('has no cursor');
  });
});

describe('operations that the namespace refuses', () => {
  it('put() is retried, with one version, when the key was written too often', async () => {
    const failures = [() => Promise.reject(TOO_MANY), () => Promise.reject(TOO_MANY)];
    const { paged, pauses } = storeOn({
      put: async (key, body, options) => {
        await namespace.put(key, body, options);
        await failures.shift()?.();
      },
    });
    expect(await paged.put(KEY, bodyOf('one'), ABSENT)).toBe(await store.head(KEY));
    expect(pauses).toEqual([200, 400]);
  });

  it('put() fails, with its cause, when the pauses reach ten seconds', async () => {
    const { paged, pauses } = storeOn({ put: () => Promise.reject(TOO_MANY) });
    await expect(write(paged, KEY, 'one')).rejects.toMatchObject({
      name: 'StoreError',
      cause: TOO_MANY,
    });
    expect(pauses).toEqual([200, 400, 800, 1_600, 3_000, 3_000]);
  });

  it('put() fails immediately when the daily quota is used up', async () => {
    const { paged, pauses } = storeOn({ put: () => Promise.reject(QUOTA) });
    await expect(write(paged, KEY, 'one')).rejects.toMatchObject({ cause: QUOTA });
    expect(pauses).toEqual([]);
  });

  it('list() is retried when the namespace is unavailable for a moment', async () => {
    await write(store, KEY, 'one');
    const failures = [() => Promise.reject(UNAVAILABLE)];
    const { paged } = storeOn({
      list: options => (failures.shift() ?? (() => namespace.list(options)))(),
    });
    expect(await collect(paged.list('jobs/'))).toHaveLength(1);
  });
});

/** A store on the namespace, with some of its methods replaced, and how long it paused. */
function storeOn(replaced: Partial<WorkersKvLike>) {
  const pauses: number[] = [];
  const paged = createWorkersKvStore({
    namespace: { ...namespace, ...replaced },
    random: () => 1,
    delay: async ms => {
      pauses.push(ms);
    },
  });
  return { paged, pauses };
}
