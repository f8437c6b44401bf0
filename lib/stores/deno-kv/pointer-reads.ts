import { pointerKey } from './keys.ts';
import type { KnownPointers } from './known-pointers.ts';
import type { KvLike, KvRead } from './kv-like.ts';
import type { Retry } from './retry.ts';
import { type StoredPointer, storedPointer } from './stored-pointer.ts';

/** The most keys that Deno KV reads in one call. */
export const KEYS_PER_READ = 10;

/** A local database reads one call after the other, so the calls behind these would only wait. */
const LOCAL_READS_AT_ONCE = 2;

/** Callers of one key that wait for its next read. */
interface Waiting {
  readonly key: string;
  readonly answer: Promise<StoredPointer | null>;
  readonly resolve: (stored: StoredPointer | null) => void;
  readonly reject: (error: unknown) => void;
}

interface PointerReadsParts {
  readonly kv: KvLike;
  readonly retry: Retry;
  readonly known: KnownPointers;
  /** Whether the calls wait for each other anyway. */
  readonly isLocal: boolean;
}

/**
 * Reads pointers. Callers that wait for a read share it: those of one key, and up to ten keys in one call. A caller
 * shares only a read that begins after its own call, so it sees each write that was acknowledged before. Where the
 * changes of the database are counted, a pointer is read again only after a change.
 */
export function createPointerReads({ kv, retry, known, isLocal }: PointerReadsParts) {
  const readsAtOnce = isLocal ? LOCAL_READS_AT_ONCE : Number.POSITIVE_INFINITY;
  const waiting = new Map<string, Waiting>();
  let reading = 0;
  let isStarting = false;

  function enter(key: string): Promise<StoredPointer | null> {
    const shared = waiting.get(key);
    if (shared !== undefined) return shared.answer;
    const { promise, resolve, reject } = Promise.withResolvers<StoredPointer | null>();
    waiting.set(key, { key, answer: promise, resolve, reject });
    if (!isStarting) {
      isStarting = true;
      // Calls of the same turn share the read.
      queueMicrotask(start);
    }
    return promise;
  }

  function start(): void {
    isStarting = false;
    while (waiting.size > 0 && reading < readsAtOnce) {
      const taken = [...waiting.values()].slice(0, KEYS_PER_READ);
      for (const { key } of taken) waiting.delete(key);
      void read(taken);
    }
  }

  async function read(taken: readonly Waiting[]): Promise<void> {
    reading += 1;
    const count = known.count();
    try {
      const entries = await readAll(taken.map(({ key }) => key));
      for (const [index, { key, resolve }] of taken.entries()) {
        const entry = entries[index];
        const stored =
          entry === undefined || entry.versionstamp === null ? null : storedPointer(entry);
        known.remember(key, stored, count);
        resolve(stored);
      }
    } catch (error) {
      for (const { reject } of taken) reject(error);
    } finally {
      reading -= 1;
      start();
    }
  }

  function readAll(keys: readonly string[]): Promise<readonly KvRead[]> {
    const [first = ''] = keys;
    return retry(`read "${first}"`, async () =>
      keys.length === 1 ? [await kv.get(pointerKey(first))] : kv.getMany(keys.map(pointerKey)),
    );
  }

  return (key: string): Promise<StoredPointer | null> => {
    const stored = known.find(key, known.count());
    return stored === undefined ? enter(key) : Promise.resolve(stored);
  };
}
