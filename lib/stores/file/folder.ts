import { closeSync, constants, fsync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from './home.ts';
import { type Identity, identityAt, identityOfOpen, isSame } from './identity.ts';
import type { Layout } from './layout.ts';
import { makeOneFolder, type Permissions } from './permissions.ts';
import { syncFolder } from './sync-folder.ts';

/** An open folder. It stays open because its names are durable only after it has been synced itself. */
export interface Folder {
  /** Resolves when every name that was set before the call is on the disk. */
  sync(): Promise<void>;
}

/**
 * The folders of a store. A folder is opened at the first write to it, and again when another folder has its name.
 * A missing folder below the directory is created at any time. The directory itself is never created again.
 */
export interface Folders {
  within<T>(path: string, task: (folder: Folder) => Promise<T>): Promise<T>;
  /** Creates a folder below the directory if it is missing. */
  make(path: string): void;
  close(): void;
}

interface OpenFolder extends Folder {
  readonly fd: number;
  readonly identity: Identity;
  /** The number of tasks that may still sync it. */
  users: number;
  /** Another folder has its name, so no new task uses this one. */
  retired: boolean;
}

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY;

const fsyncFile = promisify(fsync);

export function createFolders(parts: {
  readonly layout: Layout;
  readonly home: Home;
  readonly permissions: Permissions;
}): Folders {
  const { layout, home, permissions } = parts;
  const opened = new Map<string, OpenFolder>();

  function make(path: string): void {
    home.require();
    for (const folder of [layout.hidden, path]) {
      if (makeOneFolder(folder, permissions)) syncFolder(dirname(folder));
    }
  }

  function current(path: string): OpenFolder {
    const found = path === layout.root ? home.require() : identityAt(path);
    const known = opened.get(path);
    if (known !== undefined) {
      if (isSame(known.identity, found)) return known;
      opened.delete(path);
      known.retired = true;
      closeUnused(known);
    }
    if (found === null) make(path);
    const folder = openFolder(path);
    opened.set(path, folder);
    return folder;
  }

  return {
    async within(path, task) {
      const folder = current(path);
      folder.users += 1;
      try {
        return await task(folder);
      } finally {
        folder.users -= 1;
        closeUnused(folder);
      }
    },

    make,

    close() {
      for (const folder of opened.values()) {
        folder.retired = true;
        closeUnused(folder);
      }
      opened.clear();
    },
  };
}

function closeUnused({ fd, users, retired }: OpenFolder): void {
  if (retired && users === 0) closeSync(fd);
}

/**
 * Shares one sync among concurrent callers. A sync covers only writes from before its start. So a caller that
 * arrives while one runs waits for the next one, together with all callers that arrive until that one starts.
 */
export function shareSync(sync: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  async function start(): Promise<void> {
    next = null;
    running = sync();
    try {
      await running;
    } finally {
      running = null;
    }
  }

  return () => {
    if (next !== null) return next;
    if (running === null) return start();
    // If the running sync fails, the callers that wait for it get the error.
    next = running.then(start, start);
    return next;
  };
}

function openFolder(path: string): OpenFolder {
  const fd = openSync(path, FOLDER);
  return {
    fd,
    identity: identityOfOpen(fd),
    users: 0,
    retired: false,
    sync: shareSync(() => fsyncFile(fd)),
  };
}

/** Creates the folder and its parents, and syncs every folder that got a new name. */
export function makeDirectory(path: string, permissions: Permissions): void {
  if (identityAt(path) !== null) return;
  const above = dirname(path);
  if (above !== path) makeDirectory(above, permissions);
  if (makeOneFolder(path, permissions)) syncFolder(above);
}
