import { describe, expect, it } from 'vitest';
import {
  ABSENT,
  atVersion,
  type ObjectStore,
  UNCONDITIONAL,
  type Version,
} from '../../../lib/store.ts';
import { createKvShim } from '../../../lib/stores/deno-kv/in-memory.ts';
import type { KvKey, KvLike } from '../../../lib/stores/deno-kv/kv-like.ts';
import { bodyOf, largeBody, sameBytes, textOf } from '../../conformance/body.ts';
import { collect } from '../../conformance/write.ts';
import { dyingAfter } from './dying-kv.ts';
import { storeOn } from './medium.ts';

const KEY = 'jobs/a.json';
const POINTER: KvKey = ['o', 'jobs', 'a.json'];
const BODY: KvKey = ['b', 'jobs', 'a.json'];
const SMALL = largeBody(10);
const LARGE = largeBody(900_000);
const EMPTY = new Uint8Array();
const NO_LABEL = 0xffff;

/** The value of an older version of the store: a pointer that contains a small body. */
function oldValue(body: Uint8Array, label: string | null): Uint8Array {
  const labelBytes = new TextEncoder().encode(label ?? '');
  const head = new Uint8Array(3);
  new DataView(head.buffer).setUint16(1, label === null ? NO_LABEL : labelBytes.byteLength);
  return new Uint8Array([...head, ...labelBytes, ...body]);
}

/** Bodies that may be stored before a write, by an older store or by this one. */
const BEFORE: readonly (readonly [string, (kv: KvLike) => Promise<unknown>])[] = [
  ['nothing', () => Promise.resolve()],
  ['an old body', kv => kv.set(POINTER, oldValue(SMALL, 'old'))],
  ['the largest old body', kv => kv.set(POINTER, oldValue(largeBody(61_440), 'l'.repeat(900)))],
  ['an empty body', kv => storeOn(kv).put(KEY, EMPTY, ABSENT)],
  ['a small body', kv => storeOn(kv).put(KEY, SMALL, ABSENT)],
  ['a large body', kv => storeOn(kv).put(KEY, LARGE, ABSENT)],
  [
    'an old body over a small one',
    async kv => {
      await storeOn(kv).put(KEY, SMALL, ABSENT);
      await kv.set(POINTER, oldValue(bodyOf('older'), null));
    },
  ],
  [
    'an old large body over a small one',
    async kv => {
      await storeOn(kv).put(KEY, SMALL, ABSENT);
      await storeOn(kv).put('jobs/b.json', LARGE, ABSENT);
      const { value } = await kv.get(['o', 'jobs', 'b.json']);
      await kv.set(POINTER, value);
      await kv.delete(['o', 'jobs', 'b.json']);
    },
  ],
];

/** Bodies to write, and the keys that are stored afterwards. */
const AFTER: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  ['an empty body', EMPTY, ['o']],
  ['a small body', bodyOf('new'), ['b', 'o']],
  ['the largest small body', largeBody(61_440), ['b', 'o']],
  ['a large body', largeBody(130_000), ['c', 'c', 'c', 'o']],
];

const WRITES = BEFORE.flatMap(([before, arrange]) =>
  AFTER.map(([after, body, keys]) => [after, before, { arrange, body, keys }] as const),
);

describe('a body that an older store has written', () => {
  it('get(), head(), list() and poll() know it by its version and its label', async () => {
    const kv = createKvShim({ now: Date.now });
    const { versionstamp } = await kv.set(POINTER, oldValue(bodyOf('old'), 'label'));
    await kv.set(['o', 'jobs', 'b.json'], oldValue(bodyOf('bare'), null));
    const store = storeOn(kv);
    const version = `i${versionstamp}`;
    expect(await store.get(KEY)).toEqual({ body: bodyOf('old'), version });
    expect(await store.head(KEY)).toBe(version);
    expect(await collect(store.list('jobs/a'))).toEqual([{ key: KEY, version, label: 'label' }]);
    expect(await collect(store.follow('jobs/').poll())).toMatchObject([
      { kind: 'labelled', key: KEY, version, label: 'label' },
      { kind: 'stored', key: 'jobs/b.json', object: { body: bodyOf('bare') } },
    ]);
  });

  it('list() reads smaller pages while the pointers contain such bodies', async () => {
    const kv = createKvShim({ now: Date.now });
    const value = oldValue(largeBody(50_000), 'label');
    for (let job = 0; job < 250; job += 1) await kv.set(['o', 'jobs', String(job)], value);
    const limits: unknown[] = [];
    const watched: KvLike = {
      ...kv,
      list(selector, options) {
        limits.push(options?.limit);
        return kv.list(selector, options);
      },
    };
    expect(await collect(storeOn(watched).list('jobs/'))).toHaveLength(250);
    expect(limits).toEqual([100, 100, 100]);
  });

  it('put() at its version stores the body under its own key, with a small pointer', async () => {
    const kv = createKvShim({ now: Date.now });
    const { versionstamp } = await kv.set(POINTER, oldValue(largeBody(50_000), 'label'));
    const precondition = atVersion(`i${versionstamp}` as Version);
    const body = largeBody(50_001);
    const version = await storeOn(kv).put(KEY, body, precondition, 'label');
    const [pointer, stored] = await kv.getMany([POINTER, BODY]);
    expect(version).toBe(`i${pointer?.versionstamp}`);
    expect(stored?.versionstamp).toBe(pointer?.versionstamp);
    expect(pointer?.value).toHaveProperty('byteLength', 3 + 'label'.length + '50001'.length);
    expect(sameBytes(bytesOf(stored?.value), body)).toBe(true);
    expect(await storeOn(kv).put(KEY, SMALL, precondition)).toBeNull();
  });

  it('get() reads it when an older store wrote it over a newer body', async () => {
    const kv = createKvShim({ now: Date.now });
    await storeOn(kv).put(KEY, bodyOf('new'), ABSENT);
    await kv.set(POINTER, oldValue(bodyOf('old'), null));
    expect(textOf((await storeOn(kv).get(KEY))?.body)).toBe('old');
  });
});

describe('what a write leaves', () => {
  it.each(WRITES)('put() of %s over %s leaves only it', async (_, __, { arrange, body, keys }) => {
    const kv = createKvShim({ now: Date.now });
    await arrange(kv);
    await storeOn(kv).put(KEY, body, UNCONDITIONAL, 'label');
    expect(await isStored(storeOn(kv), body)).toBe(true);
    expect(await keysIn(kv)).toEqual(keys);
  });

  it.each(WRITES)('put() of %s at the version of %s does the same', async (_, __, write) => {
    const kv = createKvShim({ now: Date.now });
    await write.arrange(kv);
    const version = await storeOn(kv).head(KEY);
    await storeOn(kv).put(KEY, write.body, version === null ? ABSENT : atVersion(version));
    expect(await isStored(storeOn(kv), write.body)).toBe(true);
    expect(await keysIn(kv)).toEqual(write.keys);
  });

  it.each(BEFORE)('delete() of %s leaves nothing', async (_, arrange) => {
    const kv = createKvShim({ now: Date.now });
    await arrange(kv);
    expect(await storeOn(kv).delete(KEY, UNCONDITIONAL)).toBe(true);
    expect(await keysIn(kv)).toEqual([]);
  });

  it.each(BEFORE)(
    'put() over %s that dies before its first commit changes nothing',
    async (_, arrange) => {
      const kv = createKvShim({ now: Date.now });
      await arrange(kv);
      const [before, keys] = [await storeOn(kv).get(KEY), await keysIn(kv)];
      await Promise.allSettled([storeOn(dyingAfter(0, kv)).put(KEY, bodyOf('new'), UNCONDITIONAL)]);
      expect(await storeOn(kv).get(KEY)).toEqual(before);
      expect(await keysIn(kv)).toEqual(keys);
    },
  );
});

describe('a missing body', () => {
  it.each([
    ['is gone', (kv: KvLike) => kv.delete(BODY)],
    ['is too short', (kv: KvLike) => kv.set(BODY, new Uint8Array(3))],
    ['is not bytes', (kv: KvLike) => kv.set(BODY, 'text')],
  ])('get() rejects, and poll() says so, where it %s', async (_, spoil) => {
    const kv = createKvShim({ now: Date.now });
    await storeOn(kv).put(KEY, SMALL, ABSENT);
    await spoil(kv);
    await expect(storeOn(kv).get(KEY)).rejects.toThrow(`Cannot read "${KEY}": its body is missing`);
    const changes = await collect(storeOn(kv).follow('jobs/').poll());
    expect(changes).toMatchObject([{ kind: 'unreadable', key: KEY }]);
  });

  it.each(['', '-1', '1.5', '01', 'x', '61441', '99999999999'])(
    'get() rejects when its pointer says it has "%s" bytes',
    async bytes => {
      const kv = createKvShim({ now: Date.now });
      const head = new Uint8Array([2, 0xff, 0xff]);
      await kv.set(POINTER, new Uint8Array([...head, ...bodyOf(bytes)]));
      await expect(storeOn(kv).get(KEY)).rejects.toThrow('the value is no object');
    },
  );
});

async function isStored(store: ObjectStore, body: Uint8Array): Promise<boolean> {
  const object = await store.get(KEY);
  return object !== null && sameBytes(object.body, body);
}

/** The first part of each key, in order: a body, a chunk, a pointer or an upload record. */
async function keysIn(kv: KvLike): Promise<unknown[]> {
  return (await collect(kv.list({ prefix: [] }))).map(({ key }) => key[0]);
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : EMPTY;
}
