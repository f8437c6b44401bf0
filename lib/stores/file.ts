import { accessSync, constants } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { ObjectStore } from '../store.ts';
import { readObject } from './file/body.ts';
import type { Steps } from './file/crash-point.ts';
import { hasCode, trying } from './file/errno.ts';
import { type FileSystemType, requireLocalDisk, systemFileSystemType } from './file/file-system.ts';
import { createFolders, makeDirectory } from './file/folder.ts';
import { createFileFollower, type FileFollower } from './file/follower.ts';
import { openHome } from './file/home.ts';
import { createLayout, type Layout, type Shelf } from './file/layout.ts';
import { listFiles } from './file/listing.ts';
import { createKeyLock } from './file/lock.ts';
import { openLockFiles } from './file/lock-file.ts';
import { createModificationTimes } from './file/modification-time.ts';
import { permissionsOf } from './file/permissions.ts';
import { removeLeftovers } from './file/stale-temporaries.ts';
import { entriesOf, stampOf, versionOf } from './file/stat.ts';
import { type WriteSome, writeSomeBytes } from './file/temporary.ts';
import { type WatchFolder, watchFolder } from './file/watch.ts';
import { createWriter } from './file/writer.ts';

export interface FileStoreOptions {
  /** Made if it is missing. May be relative; `locate` shows it as it is given here. */
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /**
   * Who may read and write the files that the store makes, whatever the umask is; the owner alone where none is given.
   * A file that is written over gets it as well. Who may read or write files may enter new folders.
   */
  readonly mode?: number;
  /** Opens it also on a file system that machines share; refused where nothing is said. */
  readonly allowNetwork?: boolean;
  readonly seams?: FileStoreSeams;
}

/** Where a test takes the place of the system. */
export interface FileStoreSeams {
  /** Waits so many milliseconds between two tries for a lock. */
  readonly delay?: (ms: number) => Promise<void>;
  readonly writeSome?: WriteSome;
  readonly watchFolder?: WatchFolder;
  readonly fileSystemType?: FileSystemType;
  /** Runs at every step of a write. */
  readonly onStep?: Steps;
}

/** The owner's alone: states may hold what nobody else on the machine is to read. */
export const DEFAULT_FILE_MODE = 0o600;

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
      const permissions = permissionsOf(options.mode ?? DEFAULT_FILE_MODE);
      const typeOf = seams.fileSystemType ?? systemFileSystemType;
      const requireLocal = (path: string): void => {
        if (options.allowNetwork !== true) requireLocalDisk(path, typeOf);
      };
      requireLocal(layout.root);
      makeDirectory(layout.root, permissions);
      const home = openHome(layout, { requireLocal });
      const folders = createFolders({ layout, home, permissions });
      const makeHidden = () => folders.make(layout.hidden);
      makeHidden();
      requireLocal(layout.hidden);
      await cleanFolders(layout);
      const lockFiles = openLockFiles(`${layout.hidden}/lock`, {
        permissions,
        makeFolder: makeHidden,
      });
      const followers = new Map<FileFollower, Shelf>();

      const writer = createWriter({
        placeOf: key => layout.placeOf(key),
        home,
        folders,
        permissions,
        lock: createKeyLock({ files: lockFiles, random, delay: seams.delay ?? wait }),
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
              if (object === null) home.require();
              return object;
            },
          ),

        head: async key =>
          trying(
            () => `look up "${layout.locate(key)}"`,
            async () => {
              const stamp = stampOf(layout.placeOf(key).path);
              if (stamp !== null) return versionOf(stamp);
              home.require();
              return null;
            },
          ),

        put: async (key, body, precondition) =>
          trying(
            () => `write "${layout.locate(key)}"`,
            async () => {
              if (layout.isProbe(key)) await requireWritableFolders(layout);
              return writer.put(key, body, precondition);
            },
          ),

        delete: async (key, precondition) =>
          trying(
            () => `delete "${layout.locate(key)}"`,
            () => writer.delete(key, precondition),
          ),

        list: (prefix, after) => listFiles({ layout, home }, { prefix, after }),

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
              home.require();
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
              lockFiles.close();
              folders.close();
              home.close();
            },
          ),
      };
    },
  );
}

/** A probe is written to one folder; that the others may be written as well is looked at. */
async function requireWritableFolders({ hidden }: Layout): Promise<void> {
  for (const folder of [hidden, ...(await foldersIn(hidden))]) requireWritable(folder);
}

function requireWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    // What is missing is made by who writes there.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
}

async function cleanFolders({ root, hidden }: Layout): Promise<void> {
  for (const folder of [root, ...(await foldersIn(hidden))]) {
    const entries = await entriesOf(folder);
    removeLeftovers(
      folder,
      entries.map(entry => entry.name),
    );
  }
}

function ignoreStep(): void {}
