import {
  allows,
  type ObjectStore,
  type StoredEntry,
  type StoredObject,
  StoreError,
  type Version,
} from '../store.ts';
import { createFollower } from './binding/follower.ts';
import { createNameFollower } from './binding/name-follower.ts';
import { cursorOf } from './binding/page.ts';
import { createRetry, type RetryTiming } from './binding/retry.ts';
import { joined } from './parts.ts';
import { isTransient } from './workers-kv/fault.ts';
import { foreignVersion, mintVersion, readMetadata, writeMetadata } from './workers-kv/metadata.ts';
import type { KvListed, WorkersKvLike } from './workers-kv/namespace.ts';

export interface WorkersKvStoreOptions extends RetryTiming {
  readonly namespace: WorkersKvLike;
  /** The name of the namespace in `locate`. A binding does not know its own name. */
  readonly name?: string;
}

const MAX_BODY_BYTES = 25 * 1_024 * 1_024;

/**
 * A store in a Workers KV namespace, for accounts without R2. The medium has no compare-and-swap: a conditional
 * write reads and then writes, and of two concurrent writers the later one wins. Reads and lists may be a
 * minute old or older. This store creates the versions, and stores them in the metadata.
 */
export function createWorkersKvStore(options: WorkersKvStoreOptions): ObjectStore {
  const { namespace, name } = options;
  const retry = createRetry(options, isTransient);

  function locate(key: string): string {
    return name === undefined ? `workers-kv:${key}` : `workers-kv:${name}/${key}`;
  }

  const get = (key: string): Promise<StoredObject | null> =>
    retry(`read "${locate(key)}"`, async () => {
      const { value, metadata } = await namespace.getWithMetadata(key, 'arrayBuffer');
      if (value === null) return null;
      const body = new Uint8Array(value);
      return { body, version: readMetadata(metadata)?.version ?? (await foreignVersion(body)) };
    });

  async function versionIn(key: string, metadata: unknown): Promise<Version | null> {
    return readMetadata(metadata)?.version ?? (await get(key))?.version ?? null;
  }

  async function head(key: string): Promise<Version | null> {
    const found = await retry(`look up "${locate(key)}"`, async () => {
      // Cancelling a stream is the only way to get the metadata without the body.
      const { value, metadata } = await namespace.getWithMetadata(key, 'stream');
      await value?.cancel();
      return value === null ? null : { metadata };
    });
    return found === null ? null : versionIn(key, found.metadata);
  }

  async function entriesOf({ name: key, metadata }: KvListed): Promise<StoredEntry[]> {
    const version = await versionIn(key, metadata);
    if (version === null) return [];
    return [{ key, version, label: readMetadata(metadata)?.label ?? null }];
  }

  async function* list(prefix: string, after = ''): AsyncGenerator<StoredEntry> {
    const attempt = `list "${locate(prefix)}"`;
    let start: { cursor?: string } = {};
    for (;;) {
      const page = await retry(attempt, () => namespace.list({ prefix, ...start }));
      for (const listed of page.keys) if (listed.name > after) yield* await entriesOf(listed);
      if (page.list_complete) return;
      start = { cursor: cursorOf(page, attempt) };
    }
  }

  return {
    ordered: null,
    traits: {
      name: 'workers-kv',
      compareAndSwap: false,
      sharedBetweenProcesses: true,
      durable: true,
      readAfterWrite: false,
      distinctVersions: true,
      conditionalDelete: false,
      labels: true,
    },

    get,
    head,

    async put(key, parts, precondition, label) {
      const body = joined(parts);
      const attempt = `write "${locate(key)}"`;
      if (body.byteLength > MAX_BODY_BYTES) throw tooLarge(attempt, body.byteLength);
      if (precondition.kind !== 'none' && !allows(precondition, await head(key))) return null;
      const version = mintVersion();
      const metadata = writeMetadata({ version, label: label ?? null });
      await retry(attempt, () => namespace.put(key, body, { metadata }));
      return version;
    },

    async delete(key, precondition) {
      if (precondition.kind !== 'none' && !allows(precondition, await head(key))) return false;
      await retry(`delete "${locate(key)}"`, () => namespace.delete(key));
      return true;
    },

    list,
    follow: prefix => createFollower({ list: () => list(prefix), get, notFound: 'later' }),
    followNames: prefix => createNameFollower(() => list(prefix)),
    locate,
    async close() {},
  };
}

function tooLarge(attempt: string, bodyBytes: number): StoreError {
  return new StoreError(
    `Cannot ${attempt}: nothing was written, because Workers KV takes ${MAX_BODY_BYTES} bytes and the body has ${bodyBytes}`,
  );
}
