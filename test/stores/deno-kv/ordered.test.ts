import { describe, expect, it } from 'vitest';
import {
  ABSENT,
  atVersion,
  type ObjectStore,
  type OrderedLists,
  type PageQuery,
  UNCONDITIONAL,
} from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import type { KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import type { Ordering } from '../../../lib/stores/deno-kv/order-changes.ts';
import { createDenoKvStore } from '../../../lib/stores/deno-kv.ts';
import { largeBody } from '../../conformance/body.ts';
import { seededRandom } from '../../support/random.ts';
import { countedKv, type KvSpending } from './counted-kv.ts';

const BODY = new Uint8Array([1]);
const LARGE = largeBody(200_000);
const ALL: PageQuery = { group: null, after: null, before: null, descending: true, limit: 10 };

/** Labels are `order group`. */
const ORDERING: Ordering = {
  folders: ['jobs'],
  placeOf: label => {
    const [order = '', group = ''] = label.split(' ');
    return group === '' ? null : { order, group };
  },
};

describe('page()', () => {
  it('has the objects by their order, and the names of one order the other way round', async () => {
    const { store, names } = makeStore();
    await put(store, { a: '2 x', b: '1 x', c: '2 y', ca: '2 y', é: '3 x' });
    expect(await names(ALL)).toEqual(['é', 'a', 'c', 'ca', 'b']);
    expect(await names({ ...ALL, descending: false })).toEqual(['b', 'ca', 'c', 'a', 'é']);
    expect(await names({ ...ALL, group: 'y' })).toEqual(['c', 'ca']);
    expect(await names({ ...ALL, before: '2' })).toEqual(['b']);
    expect(await names({ ...ALL, before: '3', descending: false })).toEqual(['b', 'ca', 'c', 'a']);
  });

  it('continues behind an object, also behind one that is gone', async () => {
    const { store, names } = makeStore();
    await put(store, { a: '1 x', b: '1 x', c: '2 x' });
    const after = { order: '1', key: 'jobs/a' };
    expect(await names({ ...ALL, after })).toEqual(['b']);
    expect(await names({ ...ALL, after, descending: false })).toEqual(['c']);
    await store.delete('jobs/a', UNCONDITIONAL);
    expect(await names({ ...ALL, after })).toEqual(['b']);
  });

  it('has objects without a place first, in the list of all only', async () => {
    const { store, names } = makeStore();
    await put(store, { a: '1 x', b: 'none' });
    await store.put('jobs/c', BODY, ABSENT);
    expect(await names(ALL)).toEqual(['b', 'c', 'a']);
    expect(await names({ ...ALL, descending: false })).toEqual(['c', 'b', 'a']);
    expect(await names({ ...ALL, group: 'x' })).toEqual(['a']);
    expect(await names({ ...ALL, before: '9' })).toEqual(['a']);
  });

  it('has an object once when its place, its size or its label has changed, with its version', async () => {
    const { store, ordered, names } = makeStore();
    await put(store, { a: '1 x' });
    const changes = [
      [LARGE, '2 y'],
      [BODY, '0 x'],
      [BODY, undefined],
      [LARGE, '5 x'],
    ] as const;
    for (const [body, label] of changes) {
      const version = await store.head('jobs/a');
      const next = await store.put(
        'jobs/a',
        body,
        version === null ? ABSENT : atVersion(version),
        label,
      );
      const [entry, ...rest] = await ordered.page('jobs', ALL);
      expect(entry).toMatchObject({ key: 'jobs/a', version: next, label: label ?? null });
      expect(rest).toEqual([]);
    }
    await store.delete('jobs/a', UNCONDITIONAL);
    expect(await names(ALL)).toEqual([]);
    expect(await names({ ...ALL, descending: false })).toEqual([]);
  });

  it('is not changed by a put that is refused', async () => {
    const { store, names } = makeStore();
    await put(store, { a: '1 x' });
    expect(await store.put('jobs/a', BODY, ABSENT, '2 y')).toBeNull();
    expect(await names({ ...ALL, group: 'y' })).toEqual([]);
  });

  it('costs one list of its entries, whatever the number of objects', async () => {
    const { store, names, take } = makeStore();
    for (let index = 0; index < 2_000; index += 1) {
      const order = String(index).padStart(4, '0');
      await store.put(`jobs/${index}`, BODY, ABSENT, `${order} ${index % 2 === 0 ? 'x' : 'y'}`);
    }
    take();
    expect(await names({ ...ALL, group: 'y', limit: 50 })).toHaveLength(50);
    const { reads, lists, deliveredBytes } = take();
    expect({ reads, lists }).toEqual({ reads: 0, lists: 1 });
    expect(deliveredBytes).toBeLessThan(50 * 20);
  });
});

describe('a write of an object with a place', () => {
  it('costs the reads and commits of one without', async () => {
    const { store, take } = makeStore();
    const version = await store.put('jobs/a', BODY, ABSENT, '1 x');
    expect(take()).toMatchObject({ reads: 0, lists: 0, commits: 1, sets: 4, deletes: 0 });
    await store.put('jobs/a', BODY, version === null ? ABSENT : atVersion(version), '2 x');
    expect(take()).toMatchObject({ reads: 0, lists: 0, commits: 1, sets: 4, deletes: 2 });
    await store.delete('jobs/a', UNCONDITIONAL);
    expect(take()).toMatchObject({ reads: 1, lists: 0, commits: 1, sets: 0, deletes: 4 });
  });

  it('reads the place that it replaces where the process does not know it', async () => {
    const { store, kv, names, take } = makeStore();
    const version = await store.put('jobs/a', BODY, ABSENT, '1 x');
    const other = storeOn(kv);
    take();
    await other.put('jobs/a', BODY, version === null ? ABSENT : atVersion(version), '2 x');
    expect(take()).toMatchObject({ reads: 1, commits: 1 });
    expect(await names(ALL)).toEqual(['a']);
  });
});

describe('complete()', () => {
  it('adds what a version without lists wrote, and removes what it changed and deleted', async () => {
    const { store, ordered, kv, names } = makeStore();
    await put(store, { changed: '1 x', deleted: '2 x', same: '3 x' });
    const older = createDenoKvStore({ kv, random: seededRandom(2), now: () => 0 });
    await older.put('jobs/changed', LARGE, UNCONDITIONAL, '7 y');
    await older.put('jobs/new', BODY, UNCONDITIONAL, '8 y');
    await older.put('jobs/unplaced', BODY, UNCONDITIONAL);
    await older.delete('jobs/deleted', UNCONDITIONAL);
    expect(await ordered.isComplete('jobs')).toBe(false);
    expect(await ordered.complete('jobs', 1)).toBeGreaterThan(0);
    expect(await ordered.isComplete('jobs')).toBe(true);
    expect(await names(ALL)).toEqual(['unplaced', 'new', 'changed', 'same']);
    expect(await names({ ...ALL, group: 'x' })).toEqual(['same']);
    expect(await names({ ...ALL, group: 'y' })).toEqual(['new', 'changed']);
    const versions = (await ordered.page('jobs', ALL)).map(({ version }) => version);
    const keys = ['jobs/unplaced', 'jobs/new', 'jobs/changed', 'jobs/same'];
    expect(versions).toEqual(await Promise.all(keys.map(key => store.head(key))));
    expect(await ordered.complete('jobs', 2_000)).toBe(0);
  });

  it('leaves nothing of an added entry when its object is replaced', async () => {
    const { store, ordered, kv, names } = makeStore();
    const older = createDenoKvStore({ kv, random: seededRandom(2), now: () => 0 });
    await older.put('jobs/a', BODY, ABSENT, '1 x');
    await ordered.complete('jobs', 1);
    await store.put('jobs/a', BODY, UNCONDITIONAL, '2 y');
    expect(await names(ALL)).toEqual(['a']);
    expect(await names({ ...ALL, group: 'x' })).toEqual([]);
  });

  it('does nothing where it was done since', async () => {
    const { ordered } = makeStore();
    expect(await ordered.complete('jobs', 500)).toBe(0);
    expect(await ordered.complete('jobs', 500)).toBeNull();
  });
});

function storeOn(kv: KvLike): ObjectStore {
  return createDenoKvStore({ kv, random: seededRandom(1), now: () => 1_000, ordering: ORDERING });
}

interface World {
  readonly store: ObjectStore;
  readonly ordered: OrderedLists;
  readonly kv: KvLike;
  readonly take: () => KvSpending;
  readonly names: (query: PageQuery) => Promise<string[]>;
}

function makeStore(): World {
  const counted = countedKv(createKvShim({ now: () => 0 }));
  const store = storeOn(counted.kv);
  const ordered = orderedOf(store);
  return {
    kv: counted.kv,
    take: () => counted.take(),
    store,
    ordered,
    names: async query => {
      const entries = await ordered.page('jobs', query);
      return entries.map(({ key }) => key.slice('jobs/'.length));
    },
  };
}

function orderedOf({ ordered }: ObjectStore): OrderedLists {
  if (ordered === null) throw new Error('The store has no lists by place');
  return ordered;
}

async function put(store: ObjectStore, labels: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, label] of Object.entries(labels)) {
    await store.put(`jobs/${name}`, BODY, ABSENT, label);
  }
}
