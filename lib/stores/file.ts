import { setTimeout as wait } from 'node:timers/promises';
import { type ObjectStore, type StoredEntry, StoreError } from '../store.ts';
import { readObject } from './file/body.ts';
import { entriesOf } from './file/entry.ts';
import { hasCode, storeError } from './file/errno.ts';
import { createFolders } from './file/folder.ts';
import { createFileFollower, type FileFollower } from './file/follower.ts';
import { createLayout, type Layout, type Shelf } from './file/layout.ts';
import { removeLeftovers } from './file/leftover.ts';
import { openKeyLock } from './file/lock.ts';
import { createModificationTimes } from './file/modification-time.ts';
import { type Stamp, stampOf, versionOf } from './file/stamp.ts';
import type { Steps } from './file/step.ts';
import { type WriteSome, writeSomeBytes } from './file/temporary.ts';
import { nextTurn, type WatchFolder, watchFolder } from './file/watch.ts';
import { createWriter } from './file/writer.ts';

export interface FileStoreOptions {
  /** Made if it is missing. May be relative; `locate` shows it as it is given here. */
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly seams?: FileStoreSeams;
}

/** Where a test takes the place of the system. */
export interface FileStoreSeams {
  /** Waits so many milliseconds between two tries for a lock. */
  readonly delay?: (ms: number) => Promise<void>;
  readonly writeSome?: WriteSome;
  readonly watchFolder?: WatchFolder;
  /** Runs at every step of a write. */
  readonly onStep?: Steps;
}

const NAMES_PER_TURN = 256;

/**
 * Opens a store of files on a local disk, one for each key, and removes what killed writers left behind.
 * Any number of processes may have the directory open, on one machine; programs that know nothing of this
 * store may read, replace and remove its files. Rejects with a `StoreError` when the directory cannot be used.
 */
export async function createFileStore(options: FileStoreOptions): Promise<ObjectStore> {
  const { directory, now, random, seams = {} } = options;
  return trying(
    () => `open the store in "${directory}"`,
    async () => {
      const layout = createLayout(directory);
      const folders = createFolders();
      await folders.open(layout.root);
      await folders.open(layout.hidden);
      await cleanFolders(layout);
      const lock = openKeyLock(`${layout.hidden}/lock`, { random, delay: seams.delay ?? wait });
      const followers = new Map<FileFollower, Shelf>();

      const writer = createWriter({
        placeOf: key => layout.placeOf(key),
        folders,
        lock,
        times: createModificationTimes({ now, random }),
        writeSome: seams.writeSome ?? writeSomeBytes,
        step: seams.onStep ?? ignoreStep,
        changed: ({ folder, name }) => {
          for (const [follower, shelf] of followers) {
            if (shelf.folder === folder) follower.touch(name);
          }
        },
      });

      return {
        traits: {
          name: 'file',
          compareAndSwap: true,
          sharedBetweenProcesses: true,
          durable: true,
          readAfterWrite: true,
          distinctVersions: true,
          conditionalDelete: true,
          labels: false,
        },

        get: async key =>
          trying(
            () => `read "${layout.locate(key)}"`,
            async () => {
              const object = await readObject(layout.placeOf(key).path);
              if (object === null) requireDirectory(layout);
              return object;
            },
          ),

        head: async key =>
          trying(
            () => `look up "${layout.locate(key)}"`,
            async () => {
              const stamp = stampOf(layout.placeOf(key).path);
              if (stamp !== null) return versionOf(stamp);
              requireDirectory(layout);
              return null;
            },
          ),

        put: async (key, body, precondition) =>
          trying(
            () => `write "${layout.locate(key)}"`,
            () => writer.put(key, body, precondition),
          ),

        delete: async (key, precondition) =>
          trying(
            () => `delete "${layout.locate(key)}"`,
            () => writer.delete(key, precondition),
          ),

        list: (prefix, after) => listShelf(layout, prefix, after),

        follow(prefix) {
          const shelf = layout.shelfOf(prefix);
          const follower = createFileFollower({
            shelf,
            now,
            watchFolder: seams.watchFolder ?? watchFolder,
          });
          followers.set(follower, shelf);
          return {
            async *poll() {
              requireDirectory(layout);
              yield* follower.poll();
            },
          };
        },

        locate: key => layout.locate(key),

        close: () =>
          trying(
            () => `close the store in "${directory}"`,
            async () => {
              for (const follower of followers.keys()) follower.close();
              followers.clear();
              lock.close();
              await folders.close();
            },
          ),
      };
    },
  );
}

/** A directory that was moved or unmounted would read as one without a single job. */
function requireDirectory({ root }: Layout): void {
  if (stampOf(root) === null) throw new StoreError(`Cannot find the directory "${root}"`);
}

async function cleanFolders({ root, hidden }: Layout): Promise<void> {
  const inHidden = (await entriesOf(hidden)).filter(entry => entry.isDirectory());
  for (const folder of [root, ...inHidden.map(({ name }) => `${hidden}/${name}`)]) {
    const entries = await entriesOf(folder);
    removeLeftovers(
      folder,
      entries.map(entry => entry.name),
    );
  }
}

async function* listShelf(layout: Layout, prefix: string, after = ''): AsyncGenerator<StoredEntry> {
  const shelf = layout.shelfOf(prefix);
  requireDirectory(layout);
  const entries = await trying(
    () => `list "${shelf.folder}"`,
    () => entriesOf(shelf.folder),
  );
  const wanted = entries
    .filter(entry => shelf.holds(entry.name) && (entry.isFile() || entry.isSymbolicLink()))
    .map(entry => entry.name)
    .filter(name => shelf.keyOf(name) > after)
    // Without a comparator, for the engine then compares texts by itself, four times as fast.
    .toSorted();
  let names = 0;
  for (const name of wanted) {
    const path = `${shelf.folder}/${name}`;
    const stamp = await trying(
      () => `list "${path}"`,
      async () => stampOrLoop(path),
    );
    if (stamp?.isFile() === true) {
      yield { key: shelf.keyOf(name), version: versionOf(stamp), label: null };
    }
    names += 1;
    if (names % NAMES_PER_TURN === 0) await nextTurn();
  }
}

function stampOrLoop(path: string): Stamp | null {
  try {
    return stampOf(path);
  } catch (error) {
    // A link that leads to itself names no file, and must not hide those that are.
    if (hasCode(error, 'ELOOP')) return null;
    throw error;
  }
}

async function trying<T>(attempt: () => string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw storeError(attempt(), error);
  }
}

function ignoreStep(): void {}
