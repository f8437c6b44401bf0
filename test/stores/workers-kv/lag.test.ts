import { beforeEach, describe, expect, it } from 'vitest';
import { ABSENT, atVersion, type ObjectStore, UNCONDITIONAL } from '../../../lib/store.ts';
import type { WorkersKvLike } from '../../../lib/stores/workers-kv/namespace.ts';
import { createWorkersKvStore } from '../../../lib/stores/workers-kv.ts';
import { bodyOf, textOf } from '../../conformance/body.ts';
import { pollLines } from '../../conformance/follow.ts';
import { collect, write } from '../../conformance/write.ts';

const KEY = 'jobs/a.json';

let medium: LaggingNamespace;
let store: ObjectStore;

beforeEach(() => {
  medium = laggingNamespace();
  store = createWorkersKvStore({ namespace: medium.namespace });
});

describe('a namespace that lags', () => {
  it('get(), head() and list() see a write when the medium shows it', async () => {
    const version = await write(store, KEY, 'one');
    expect(await store.get(KEY)).toBeNull();
    expect(await store.head(KEY)).toBeNull();
    expect(await collect(store.list('jobs/'))).toEqual([]);
    medium.showReads();
    medium.showLists();
    expect(await store.head(KEY)).toBe(version);
    expect(await collect(store.list('jobs/'))).toHaveLength(1);
  });

  it('put() that expects absence overwrites an object that it cannot see yet', async () => {
    await write(store, KEY, 'one');
    expect(await store.put(KEY, bodyOf('two'), ABSENT)).not.toBeNull();
    medium.showReads();
    expect(textOf((await store.get(KEY))?.body)).toBe('two');
  });

  it('put() refuses the version of its own last write until the medium shows it', async () => {
    const version = await write(store, KEY, 'one');
    expect(await store.put(KEY, bodyOf('two'), atVersion(version))).toBeNull();
    medium.showReads();
    expect(await store.put(KEY, bodyOf('two'), atVersion(version))).not.toBeNull();
  });

  it('delete() that expects absence removes an object that it cannot see yet', async () => {
    await write(store, KEY, 'one');
    expect(await store.delete(KEY, UNCONDITIONAL)).toBe(true);
    medium.showReads();
    expect(await store.get(KEY)).toBeNull();
  });

  it('poll() reports a listed object that was not found when it is found', async () => {
    const follower = store.follow('jobs/');
    await write(store, KEY, 'one');
    medium.showLists();
    expect(await pollLines(follower)).toEqual([]);
    medium.showReads();
    expect(await pollLines(follower)).toEqual([`stored ${KEY}: one`]);
  });

  it('poll() reports nothing twice when a read is older than the list', async () => {
    const follower = store.follow('jobs/');
    await write(store, KEY, 'one');
    medium.showLists();
    medium.showReads();
    await pollLines(follower);
    await write(store, KEY, 'two');
    medium.showLists();
    expect(await pollLines(follower)).toEqual([]);
    medium.showReads();
    expect(await pollLines(follower)).toEqual([`stored ${KEY}: two`]);
  });
});

interface LaggingNamespace {
  readonly namespace: WorkersKvLike;
  /** From now on reads see the writes until now. */
  showReads(): void;
  showLists(): void;
}

interface Value {
  readonly body: Uint8Array;
  readonly metadata: unknown;
}

function laggingNamespace(): LaggingNamespace {
  const written = new Map<string, Value>();
  let read = new Map<string, Value>();
  let listed = new Map<string, Value>();

  async function getWithMetadata(key: string, type: 'arrayBuffer' | 'stream') {
    const found = read.get(key);
    if (found === undefined) return { value: null, metadata: null };
    const body = type === 'stream' ? { cancel: async () => {} } : new Uint8Array(found.body).buffer;
    return { value: body, metadata: found.metadata };
  }

  return {
    namespace: {
      getWithMetadata: getWithMetadata as WorkersKvLike['getWithMetadata'],
      async put(key, body, { metadata }) {
        written.set(key, { body, metadata });
      },
      async delete(key) {
        written.delete(key);
      },
      async list({ prefix = '' }) {
        const entries = [...listed].filter(([name]) => name.startsWith(prefix));
        const keys = entries.map(([name, { metadata }]) => ({ name, metadata }));
        return { keys, list_complete: true };
      },
    },
    showReads: () => {
      read = new Map(written);
    },
    showLists: () => {
      listed = new Map(written);
    },
  };
}
