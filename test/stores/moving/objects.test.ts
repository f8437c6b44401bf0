import { describe, expect, it } from 'vitest';
import { ABSENT, atVersion, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import { createMemoryStore } from '../../../lib/stores/memory.ts';
import { createMovingStore, type MovingStore } from '../../../lib/stores/moving.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Move {
  readonly from: ObjectStore;
  readonly to: ObjectStore;
  readonly moving: MovingStore;
  readonly start: () => void;
}

function openMove(): Move {
  let now = 0;
  const from = createMemoryStore();
  const to = createMemoryStore();
  const options = { from, to, stays: 'jobs', startsAtMs: 1, labelOf: () => undefined };
  return {
    from,
    to,
    moving: createMovingStore({ ...options, nowMs: () => now }),
    start() {
      now = 1;
    },
  };
}

async function textIn(store: ObjectStore, key: string): Promise<string | null> {
  const object = await store.get(key);
  return object === null ? null : new TextDecoder().decode(object.body);
}

async function keysIn(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

describe('a move that has not started', () => {
  it('writes and reads as if there were no other store', async () => {
    const { from, to, moving } = openMove();
    await moving.put('leases/a', bytes('{}'), ABSENT);
    expect(await textIn(from, 'leases/a')).toBe('{}');
    expect(await textIn(moving, 'leases/a')).toBe('{}');
    expect(await keysIn(to, 'leases/')).toEqual([]);
  });

  it('reads what was moved while the read was under way', async () => {
    const move = openMove();
    const { from, moving } = move;
    await from.put('leases/a', bytes('{}'), ABSENT);
    const late = createMovingStore({
      from: {
        ...from,
        async get(key) {
          move.start();
          await moving.get(key);
          return from.get(key);
        },
      },
      to: move.to,
      stays: 'jobs',
      startsAtMs: 1,
      nowMs: () => (moving.isStarted() ? 1 : 0),
      labelOf: () => undefined,
    });
    expect(await textIn(late, 'leases/a')).toBe('{}');
  });

  it('lists what is moved while it lists', async () => {
    const move = openMove();
    const { from, moving } = move;
    const keys = Array.from({ length: 1_200 }, (_, at) => `ready/${String(at).padStart(4, '0')}`);
    for (const key of keys) await from.put(key, bytes(''), ABSENT);
    const listed: string[] = [];
    for await (const { key } of moving.list('ready/')) {
      listed.push(key);
      if (listed.length !== 250) continue;
      move.start();
      for (const each of keys.slice(400)) await moving.move(each);
    }
    expect(listed).toEqual(keys);
  });
});

describe('a move that has started', () => {
  it('get() takes an object over', async () => {
    const { from, to, moving, start } = openMove();
    await from.put('leases/a', bytes('{"renewals":3}'), ABSENT);
    start();
    expect(await textIn(moving, 'leases/a')).toBe('{"renewals":3}');
    expect(await from.head('leases/a')).toBeNull();
    expect(await textIn(to, 'leases/a')).toBe('{"renewals":3}');
  });

  it('put() refuses to create what the other store has', async () => {
    const { from, moving, start } = openMove();
    await from.put('leases/a', bytes('{}'), ABSENT);
    start();
    expect(await moving.put('leases/a', bytes('[]'), ABSENT)).toBeNull();
  });

  it('put() refuses a version of before the move', async () => {
    const { from, moving, start } = openMove();
    const before = await from.put('leases/a', bytes('{}'), ABSENT);
    if (before === null) throw new Error('The first put was refused');
    start();
    await moving.get('leases/a');
    expect(await moving.put('leases/a', bytes('[]'), atVersion(before))).toBeNull();
  });

  it('delete() removes it from both', async () => {
    const { from, to, moving, start } = openMove();
    await from.put('ready/a', bytes(''), ABSENT);
    await to.put('ready/a', bytes(''), ABSENT);
    start();
    expect(await moving.delete('ready/a', UNCONDITIONAL)).toBe(true);
    expect([await from.head('ready/a'), await to.head('ready/a')]).toEqual([null, null]);
  });

  it('list() has the keys of both in order, each once', async () => {
    const { from, to, moving, start } = openMove();
    for (const name of ['a', 'c', 'e', 'f']) await from.put(`ready/${name}`, bytes(''), ABSENT);
    for (const name of ['b', 'c', 'g']) await to.put(`ready/${name}`, bytes(''), ABSENT);
    start();
    const all = ['a', 'b', 'c', 'e', 'f', 'g'].map(name => `ready/${name}`);
    expect(await keysIn(moving, 'ready/')).toEqual(all);
  });

  it('a writer that has read the sealed object wins over its copy', async () => {
    const { from, to, moving, start } = openMove();
    await from.put('leases/a', bytes('{"renewals":1}'), ABSENT);
    start();
    let isLate = false;
    const stopped = createMovingStore({
      from: {
        ...from,
        async delete(key, precondition) {
          if (isLate) return from.delete(key, precondition);
          isLate = true;
          const sealed = await from.get(key);
          if (sealed === null) throw new Error('It was not sealed');
          expect(JSON.parse(new TextDecoder().decode(sealed.body))).toEqual({ renewals: 1 });
          await from.put(key, bytes('{"renewals":2}'), atVersion(sealed.version));
          return from.delete(key, precondition);
        },
      },
      to,
      stays: 'jobs',
      startsAtMs: 0,
      nowMs: () => 1,
      labelOf: () => undefined,
    });
    expect(await textIn(stopped, 'leases/a')).toBe('{"renewals":2}');
    expect(await textIn(moving, 'leases/a')).toBe('{"renewals":2}');
    expect(await from.head('leases/a')).toBeNull();
  });

  it.each([1, 2, 3, 4, 5])(
    'a read that ended after %i steps is continued by the next',
    async steps => {
      const { from, to, moving, start } = openMove();
      await from.put('leases/a', bytes('{"renewals":1}'), ABSENT);
      start();
      let left = steps;
      const broken = (store: ObjectStore): ObjectStore => ({
        ...store,
        get: key => stepped(() => store.get(key)),
        put: (...args) => stepped(() => store.put(...args)),
        delete: (...args) => stepped(() => store.delete(...args)),
      });
      async function stepped<T>(task: () => Promise<T>): Promise<T> {
        left -= 1;
        if (left < 0) throw new Error('The isolate has ended');
        return task();
      }
      const dying = createMovingStore({
        from: broken(from),
        to: broken(to),
        stays: 'jobs',
        startsAtMs: 0,
        nowMs: () => 1,
        labelOf: () => undefined,
      });
      await expect(dying.get('leases/a')).rejects.toThrow('The isolate has ended');
      expect(await textIn(moving, 'leases/a')).toBe('{"renewals":1}');
      expect(await from.head('leases/a')).toBeNull();
      expect(await textIn(to, 'leases/a')).toBe('{"renewals":1}');
    },
  );

  it('jobs stay where they are', async () => {
    const { from, to, moving, start } = openMove();
    await from.put('jobs/a', bytes('{}'), ABSENT);
    start();
    expect(await moving.get('jobs/a')).toBeNull();
    await to.put('jobs/b', bytes('{}'), ABSENT);
    expect(await keysIn(moving, 'jobs/')).toEqual(['jobs/b']);
  });
});
