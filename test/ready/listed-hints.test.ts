import { describe, expect, it } from 'vitest';
import { parseReadyKey } from '../../lib/keys/ready-hint.ts';
import { createHintPages, type HintOutcome } from '../../lib/ready/hint-pages.ts';
import { createListedHints, type ListedHints, MAX_SPREAD } from '../../lib/ready/listed-hints.ts';
import { ABSENT, type ObjectStore, UNCONDITIONAL } from '../../lib/store.ts';
import { createMemoryStore } from '../../lib/stores/memory.ts';

const ALL = { nameHash: null, safePrefix: '' };
const HASH = '0123456789ab';

function keyOf(index: number): string {
  return `ready/20261128T000000.${String(index).padStart(6, '0')}Z.${HASH}~job-${index}`;
}

async function storeWith(hints: number): Promise<{ store: ObjectStore; lists: () => number }> {
  const inner = createMemoryStore();
  for (let index = 1; index <= hints; index += 1) {
    await inner.put(keyOf(index), new Uint8Array(), ABSENT);
  }
  let lists = 0;
  const store: ObjectStore = {
    ...inner,
    list(...query) {
      lists += 1;
      return inner.list(...query);
    },
  };
  return { store, lists: () => lists };
}

/** The hint that one claim gets, with a repository of its own, as each request of the edge has. */
async function takeOne(store: ObjectStore, listed: ListedHints, nowMs = 0): Promise<string | null> {
  const pages = createHintPages({
    store,
    clock: { millis: () => nowMs },
    random: { fraction: () => 0.99 },
    listed,
  });
  const next = await pages.candidates(ALL).next();
  return next.done === true ? null : next.value.key;
}

describe('listed hints', () => {
  it('serve the claims of several requests from one list, each hint to one claim, in their order', async () => {
    const { store, lists } = await storeWith(5);
    const listed = createListedHints(1_000);
    const taken = [];
    for (let claim = 0; claim < 5; claim += 1) taken.push(await takeOne(store, listed));
    expect(taken).toEqual([1, 2, 3, 4, 5].map(keyOf));
    expect(lists()).toBe(1);
  });

  it('are listed again when they are older than their age, or the clock was set back', async () => {
    const { store, lists } = await storeWith(5);
    const listed = createListedHints(1_000);
    expect(await takeOne(store, listed, 5_000)).toBe(keyOf(1));
    expect(await takeOne(store, listed, 6_000)).toBe(keyOf(2));
    await store.delete(keyOf(1), UNCONDITIONAL);
    expect(await takeOne(store, listed, 6_001)).toBe(keyOf(2));
    expect(await takeOne(store, listed, 1_000)).toBe(keyOf(2));
    expect(lists()).toBe(3);
  });

  it('go on for a claim that was stopped for longer than their age', async () => {
    const { store } = await storeWith(4);
    const listed = createListedHints(1_000);
    let nowMs = 0;
    const clock = { millis: () => nowMs };
    const random = { fraction: () => 0 };
    // Of another request each, which have listed at the same time.
    const pages = [1, 2].map(() => createHintPages({ store, clock, random, listed }));
    const claims = pages.map(each => each.candidates(ALL));
    const taken = await Promise.all(claims.map(claim => claim.next()));
    expect(taken.map(({ value }) => value?.key)).toEqual([1, 2].map(keyOf));
    nowMs = 2_000;
    for (const [nth, { value }] of taken.entries()) {
      if (value !== undefined) pages[nth]?.tried(ALL, value, 'taken');
    }
    const next = await Promise.all(claims.map(claim => claim.next()));
    expect(next.map(({ value }) => value?.key)).toEqual([3, 4].map(keyOf));
  });

  it('are listed again when they are used up', async () => {
    const { store } = await storeWith(1);
    const listed = createListedHints(1_000);
    expect(await takeOne(store, listed)).toBe(keyOf(1));
    expect(await takeOne(store, listed)).toBe(keyOf(1));
  });

  it('are taken at random from the first ones after others were faster, and in their order again after grants', async () => {
    const { store } = await storeWith(40);
    const pages = createHintPages({
      store,
      clock: { millis: () => 0 },
      random: { fraction: () => 0.99 },
      listed: createListedHints(1_000),
    });
    const take = async () => {
      const { value } = await pages.candidates(ALL).next();
      return value?.key;
    };
    const hint = parseReadyKey(keyOf(1));
    if (hint === null) throw new Error('Not a hint');
    expect(await take()).toBe(keyOf(1));
    for (let miss = 0; miss < 2; miss += 1) pages.tried(ALL, hint, 'taken');
    expect(await take()).toBe(keyOf(5));
    for (let miss = 0; miss < 10; miss += 1) pages.tried(ALL, hint, 'taken');
    expect(await take()).toBe(keyOf(18));
    for (let grant = 1; grant < MAX_SPREAD; grant += 1) pages.tried(ALL, hint, 'granted');
    expect(await take()).toBe(keyOf(2));
  });

  it('keep their order after stale ones, and not after those that other processes have taken', async () => {
    const { store } = await storeWith(40);
    const order = async (outcome: HintOutcome) => {
      const pages = createHintPages({
        store,
        clock: { millis: () => 0 },
        random: { fraction: () => 0.5 },
        listed: createListedHints(),
      });
      for await (const hint of pages.candidates(ALL)) {
        pages.tried(ALL, hint, outcome);
        if (hint.key === keyOf(3)) break;
      }
      const { value } = await pages.candidates(ALL).next();
      return value?.key;
    };
    expect(await order('skipped')).toBe(keyOf(4));
    expect(await order('taken')).not.toBe(keyOf(4));
  });

  it('keep their order after other hints of a job that this process was granted', async () => {
    const { store } = await storeWith(40);
    const keys = [1, 2].map(second => keyOf(1).replace('T000000.', `T00000${second}.`));
    for (const key of keys) await store.put(key, new Uint8Array(), ABSENT);
    const pages = createHintPages({
      store,
      clock: { millis: () => 0 },
      random: { fraction: () => 0.5 },
      listed: createListedHints(),
    });
    for (const [nth, key] of [keyOf(1), ...keys].entries()) {
      const hint = parseReadyKey(key);
      if (hint === null) throw new Error('Not a hint');
      pages.tried(ALL, hint, nth === 0 ? 'granted' : 'taken');
    }
    const { value } = await pages.candidates(ALL).next();
    expect(value?.key).toBe(keyOf(1));
  });

  it('of one repository are listed once for claims that come together', async () => {
    const { store, lists } = await storeWith(3);
    const pages = createHintPages({
      store,
      clock: { millis: () => 0 },
      random: { fraction: () => 0.99 },
      listed: createListedHints(),
    });
    const taken = await Promise.all([1, 2, 3].map(() => pages.candidates(ALL).next()));
    expect(new Set(taken.map(({ value }) => value?.key))).toEqual(new Set([1, 2, 3].map(keyOf)));
    expect(lists()).toBe(1);
  });

  it('of very long filters are not kept', () => {
    const listed = createListedHints();
    const page = listed.of('x'.repeat(501), 0);
    listed.fill(page, [keyOf(1)], 0);
    expect(listed.of('x'.repeat(501), 0).keys).toEqual([]);
  });

  it('keep the pages of the last filters within their bound', () => {
    const listed = createListedHints();
    for (let filter = 0; filter < 150; filter += 1) {
      listed.fill(listed.of(`filter ${filter}`, 0), [keyOf(filter)], 0);
    }
    expect(listed.of('filter 0', 0).keys).toEqual([]);
    expect(listed.of('filter 149', 0).keys).toEqual([keyOf(149)]);
  });
});
