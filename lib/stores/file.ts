import { accessSync, constants } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import type { ObjectStore } from '../store.ts';
import { readObject } from './file/body.ts';
import type { ChangedNamesOptions, Touchable } from './file/changed-names.ts';
import type { OnCrashPoint } from './file/crash-point.ts';
import { hasCode, storeError, withStoreError } from './file/errno.ts';
import { type FileSystemType, requireLocalDisk, systemFileSystemType } from './file/file-system.ts';
import { createFolders, makeDirectory } from './file/folder.ts';
import { createFileFollower } from './file/follower.ts';
import { openHome } from './file/home.ts';
import { createAdoption } from './file/journal/adoption.ts';
import { readBootId } from './file/journal/boot-id.ts';
import { journalNames } from './file/journal/journal-names.ts';
import { createJournals, DEFAULT_SIZES, type StartTimer } from './file/journal/journals.ts';
import { replayJournals } from './file/journal/replay.ts';
import type { SegmentSizes } from './file/journal/segments.ts';
import { createSyncFileSystem, type SyncFileSystem } from './file/journal/sync-file-system.ts';
import { createSyncFiles } from './file/journal/sync-files.ts';
import type { LabelMedium, LabelMediumOptions } from './file/labels/label-medium.ts';
import { createFileLabels } from './file/labels/labels.ts';
import { systemLabels } from './file/labels/system-labels.ts';
import { createLayout, type Layout, type PrefixFiles } from './file/layout.ts';
import { listFiles } from './file/listing.ts';
import { createKeyLock } from './file/lock.ts';
import { openLockFiles } from './file/lock-file.ts';
import { createModificationTimes } from './file/modification-time.ts';
import { createFileNameFollower } from './file/name-follower.ts';
import { permissionsOf } from './file/permissions.ts';
import { entriesOf, namesIn, statsOf, versionOf } from './file/stat.ts';
import { createFileBehind, createFileNow } from './file/temporaries/new-file.ts';
import { createPacedCreation } from './file/temporaries/paced-creation.ts';
import { createCleaner, removeStaleTemporaries } from './file/temporaries/stale.ts';
import { createTemporaryFolder } from './file/temporaries/temporary-folder.ts';
import { SYSTEM_WRITES, type WriteParts, type WriteSome } from './file/temporaries/write-body.ts';
import { type WatchFolder, watchFolder } from './file/watch.ts';
import { createWriter } from './file/writer.ts';

export interface FileStoreOptions {
  /** Created if it is missing. May be relative; `locate` shows it as given here. */
  readonly directory: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** From 0 up to 1. */
  readonly random: () => number;
  /**
   * The mode of the files that the store creates, independent of the umask. The default is read and write for the
   * owner only. A file that is overwritten gets the mode too. Users with access to files may also enter new folders.
   */
  readonly mode?: number;
  /** Allows a file system that several machines share. The default is to refuse it. */
  readonly allowNetwork?: boolean;
  /**
   * Remembers labels of files in `.dalsegno/`, so that a follower in a later process need not read the files again. A function that
   * gets the reason where that fails. Nothing else depends on it. None are remembered if it is left out.
   */
  readonly rememberLabels?: (reason: string) => void;
  readonly seams?: FileStoreSeams;
}

/** What tests replace. */
export interface FileStoreSeams {
  /** Waits the given number of milliseconds between two tries for a lock. */
  readonly delay?: (ms: number) => Promise<void>;
  readonly writeSome?: WriteSome;
  readonly writeParts?: WriteParts;
  readonly watchFolder?: WatchFolder;
  readonly fileSystemType?: FileSystemType;
  /** Called at every crash point of a write. */
  readonly onCrashPoint?: OnCrashPoint;
  /** The id of this run of the machine. Null: no journal, each write waits for its own syncs. */
  readonly bootId?: string | null;
  readonly journalSizes?: SegmentSizes;
  readonly startTimer?: StartTimer;
  readonly syncFileSystem?: SyncFileSystem;
  /** Where labels are remembered. */
  readonly labelMedium?: (options: LabelMediumOptions) => LabelMedium;
}

/** Only the owner has access: states may contain data that other users of the machine must not read. */
export const DEFAULT_FILE_MODE = 0o600;

/**
 * Opens a store of files on a local disk, one file per key, and removes the temporary files of killed writers.
 * Any number of processes on one machine may open the directory. Programs that do not use this
 * store may read, replace and remove its files. Rejects with a `StoreError` when the directory cannot be used.
 */
export async function createFileStore(options: FileStoreOptions): Promise<ObjectStore> {
  const { directory, now, random, seams = {} } = options;
  return withStoreError(
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
      const followers = new Map<Touchable, PrefixFiles>();
      const lock = createKeyLock({ files: lockFiles, random, delay: seams.delay ?? wait });
      const bootId = seams.bootId === undefined ? readBootId() : seams.bootId;
      const journalFolder = `${layout.hidden}/journal`;
      const placeOf = (key: string) => layout.placeOf(key);
      const hasJournals = journalNames(journalFolder).length > 0;
      if (hasJournals) {
        const parts = { folder: journalFolder, bootId, permissions, placeOf };
        await lock.runAlone(() =>
          replayJournals({ ...parts, makeFolder: path => folders.make(path) }),
        );
      }
      const sync = createSyncFiles({
        placeOf,
        permissions,
        syncFileSystem: seams.syncFileSystem ?? createSyncFileSystem(),
      });
      const nowNs = () => process.hrtime.bigint();
      const adopt = createAdoption({ folder: journalFolder, bootId, sync, nowNs });
      const journals = createJournals({
        folder: journalFolder,
        makeFolder: () => folders.make(journalFolder),
        permissions,
        bootId,
        sizes: seams.journalSizes ?? DEFAULT_SIZES,
        sync,
        startTimer: seams.startTimer ?? startTimer,
        now,
        adopt,
      });
      // The journals of processes that died in this run of the machine.
      if (hasJournals) journals.adoptBehind();

      const writer = createWriter({
        placeOf,
        home,
        folders,
        temporaries: createTemporaryFolder({
          folder: layout.temporaries,
          makeFolder: () => folders.make(layout.temporaries),
          createFile: createPacedCreation({
            createNow: createFileNow,
            createBehind: createFileBehind,
            now: () => performance.now(),
          }),
        }),
        permissions,
        lock,
        journals,
        times: createModificationTimes({ now, random }),
        now,
        writes: {
          writeSome: seams.writeSome ?? SYSTEM_WRITES.writeSome,
          writeParts: seams.writeParts ?? SYSTEM_WRITES.writeParts,
        },
        reach: seams.onCrashPoint ?? ignore,
        changed: ({ folder, name }) => {
          for (const [follower, files] of followers) {
            if (files.folder === folder) follower.touch(name);
          }
        },
      });

      const labels =
        options.rememberLabels === undefined
          ? null
          : createFileLabels(
              (seams.labelMedium ?? systemLabels)({
                path: `${layout.hidden}/index`,
                mode: permissions.file,
                bootId,
                nowNs: () => BigInt(Math.floor(now())) * 1_000_000n,
              }),
              { startTimer: seams.startTimer ?? startTimer, report: options.rememberLabels },
            );

      const clean = createCleaner({ folder: layout.temporaries, now });

      function opened<C, F extends Touchable & { poll(): AsyncIterable<C> }>(
        prefix: string,
        create: (options: ChangedNamesOptions) => F,
      ): F {
        const files = layout.filesOf(prefix);
        const follower = create({ files, now, watchFolder: seams.watchFolder ?? watchFolder });
        followers.set(follower, files);
        return {
          ...follower,
          // Another generator around that of the follower would cost as much as the rest of a look at a file.
          poll: () => ({
            [Symbol.asyncIterator]() {
              home.require();
              clean();
              return follower.poll()[Symbol.asyncIterator]();
            },
          }),
        };
      }

      return {
        ordered: null,
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
          withStoreError(
            () => `read "${layout.locate(key)}"`,
            async () => {
              const object = await readObject(layout.placeOf(key).path);
              if (object === null) home.require();
              return object;
            },
          ),

        // Without closures and further promises: a heartbeat consists of little else.
        async head(key) {
          try {
            const stats = statsOf(layout.placeOf(key).path);
            if (stats !== null) return versionOf(stats);
            home.require();
            return null;
          } catch (error) {
            throw storeError(`look up "${layout.locate(key)}"`, error);
          }
        },

        put: async (key, body, precondition, _label, durability = 'durable') =>
          withStoreError(
            () => `write "${layout.locate(key)}"`,
            async () => {
              if (layout.isProbe(key)) await requireWritableFolders(layout);
              return writer.put(key, body, { precondition, durability });
            },
          ),

        delete: async (key, precondition, durability = 'durable') =>
          withStoreError(
            () => `delete "${layout.locate(key)}"`,
            () => writer.delete(key, { precondition, durability }),
          ),

        list: (prefix, after) => listFiles({ layout, home }, { prefix, after }),

        follow: prefix => opened(prefix, parts => createFileFollower({ ...parts, prefix, labels })),
        followNames: prefix => opened(prefix, createFileNameFollower),

        locate: key => layout.locate(key),

        close: () =>
          withStoreError(
            () => `close the store in "${directory}"`,
            async () => {
              for (const follower of followers.keys()) follower.close();
              followers.clear();
              labels?.close();
              try {
                await journals.close();
              } finally {
                lockFiles.close();
                folders.close();
                home.close();
              }
            },
          ),
      };
    },
  );
}

/** A probe is written to one folder only. This checks the permissions of the others. */
async function requireWritableFolders({ hidden }: Layout): Promise<void> {
  for (const folder of [hidden, ...(await foldersIn(hidden))]) requireWritable(folder);
}

function requireWritable(folder: string): void {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    // A write creates a missing folder.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await entriesOf(folder);
  return entries.filter(entry => entry.isDirectory()).map(({ name }) => `${folder}/${name}`);
}

async function cleanFolders({ root, hidden }: Layout): Promise<void> {
  for (const folder of [root, ...(await foldersIn(hidden))]) {
    removeStaleTemporaries(folder, await namesIn(folder));
  }
}

/** Does not keep the process alive. */
function startTimer(task: () => void, ms: number): () => void {
  const timer = setTimeout(task, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

function ignore(): void {}
