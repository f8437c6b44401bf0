import { describe, expect, it } from 'vitest';
import { StoreError, UNCONDITIONAL } from '../../../lib/store.ts';
import { seededRandom } from '../../support/random.ts';
import { createFakeS3, FAKE_ADDRESS, failure } from '../../support/s3/fake.ts';
import { openS3 } from '../../support/s3/open-s3.ts';

const PAGE = 5;
/** 40 pages. */
const KEYS = 200;

/** Answers the first requests only once so many wait: less than that at a time never ends. */
function createGate(count: number) {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  return async (): Promise<void> => {
    if (isOpen) return;
    await new Promise<void>(resolve => {
      waiting.push(resolve);
      if (waiting.length < count) return;
      isOpen = true;
      for (const pass of waiting.splice(0)) pass();
    });
  };
}

function bucketOf(count: number, pageSize = PAGE) {
  const fake = createFakeS3({ pageSize });
  const writer = openS3(FAKE_ADDRESS, { fetch: fake.fetch });
  const state = {
    open: 0,
    most: 0,
    lists: 0,
    pass: async () => {},
    fails: (_after: string): boolean => false,
  };
  const store = openS3(FAKE_ADDRESS, {
    async fetch(request, init) {
      state.open += 1;
      state.lists += 1;
      state.most = Math.max(state.most, state.open);
      await state.pass();
      state.open -= 1;
      const asked = new URL(new Request(request, init).url).searchParams;
      if (state.fails(asked.get('start-after') ?? '')) return failure(403, 'AccessDenied');
      return fake.fetch(request, init);
    },
  });
  const add = (key: string): void => {
    const object = { body: new Uint8Array(), etag: `"${key}"`, metadata: {} };
    fake.objects.set(key, object);
  };
  for (let nth = 0; nth < count; nth += 1) add(`leases/${String(nth).padStart(4, '0')}`);
  async function list(after?: string): Promise<readonly string[]> {
    Object.assign(state, { most: 0, lists: 0 });
    const keys: string[] = [];
    for await (const { key } of store.list('leases/', after, { labels: false })) keys.push(key);
    return keys;
  }
  const put = (key: string) => writer.put(key, new Uint8Array(), UNCONDITIONAL);
  const remove = (key: string) => writer.delete(key, UNCONDITIONAL);
  return { fake, store, state, list, put, remove };
}

const stored = (fake: { objects: ReadonlyMap<string, unknown> }) =>
  [...fake.objects.keys()].filter(key => key.startsWith('leases/')).toSorted();

describe('a long list', () => {
  it('asks for four sections side by side once it was listed, with no request more', async () => {
    const { fake, list, state } = bucketOf(KEYS);
    expect(await list()).toEqual(stored(fake));
    expect(state).toMatchObject({ most: 1, lists: KEYS / PAGE });
    state.pass = createGate(4);
    expect(await list()).toEqual(stored(fake));
    expect(state).toMatchObject({ most: 4, lists: KEYS / PAGE });
  });

  it('has every key in order whatever has come and gone since, for a request of each section more', async () => {
    const random = seededRandom(4);
    const { fake, list, state, put, remove } = bucketOf(KEYS);
    for (let round = 0; round < 8; round += 1) {
      expect(await list()).toEqual(stored(fake));
      const pages = Math.ceil(fake.objects.size / PAGE);
      expect(state.lists).toBeLessThanOrEqual(pages + pages / 8 + 8);
      for (const key of stored(fake)) if (random.fraction() < 0.05) await remove(key);
      for (let nth = 0; nth < 12; nth += 1) await put(`leases/${random.fraction().toFixed(6)}`);
    }
  });

  it('behind a key, or of few pages, asks for one page after the other', async () => {
    const { fake, list, state } = bucketOf(KEYS);
    await list();
    expect(await list('leases/0100')).toEqual(stored(fake).slice(101));
    expect(state.most).toBe(1);
    const short = bucketOf(30);
    await short.list();
    await short.list();
    expect(short.state).toMatchObject({ most: 1, lists: 6 });
  });

  it('rejects where a section fails, after the keys before it', async () => {
    const { list, state } = bucketOf(KEYS);
    await list();
    state.fails = after => after === 'leases/0079';
    await expect(list()).rejects.toThrow(StoreError);
    state.fails = () => false;
    expect(await list()).toHaveLength(KEYS);
  });

  it('with the names of an index is side by side from the second page on, also in a new process', async () => {
    const { fake, store } = bucketOf(0, 4 * PAGE);
    for (let nth = 0; nth < 2 * KEYS; nth += 1) {
      const key = `jobs/${String(nth).padStart(4, '0')}.json`;
      await store.put(key, new TextEncoder().encode(key), UNCONDITIONAL, `label ${nth}`);
    }
    for (let nth = 0; nth < 2 * KEYS; nth += PAGE) {
      const part = JSON.stringify({ version: 1, entries: [] });
      const name = `labels/jobs/${String(nth).padStart(4, '0')}.json`;
      await store.put(name, new TextEncoder().encode(part), UNCONDITIONAL);
    }
    let lists = 0;
    let open = 0;
    let most = 0;
    const pass = createGate(4);
    const later = openS3(FAKE_ADDRESS, {
      indexed: ['jobs/'],
      async fetch(request, init) {
        const url = new Request(request, init).url;
        if (!url.includes('prefix=jobs')) return fake.fetch(request, init);
        open += 1;
        lists += 1;
        most = Math.max(most, open);
        if (url.includes('start-after')) await pass();
        open -= 1;
        return fake.fetch(request, init);
      },
    });
    const keys: string[] = [];
    for await (const change of later.follow('jobs/').poll()) keys.push(change.key);
    expect(keys).toHaveLength(2 * KEYS);
    expect({ most, isFew: lists <= KEYS / PAGE }).toEqual({ most: 4, isFew: true });
  });
});
