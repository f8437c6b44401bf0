import { closeSync, constants, fsync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Home } from './home.ts';
import { type Identity, identityAt, identityOfOpen, isSame } from './identity.ts';
import type { Layout } from './layout.ts';
import { makeOneFolder, type Permissions } from './permissions.ts';

/** A folder that is held open, because its names last only once it has been synced itself. */
export interface Folder {
  /** Resolves once every name that was set before the call is on the disk. */
  sync(): Promise<void>;
}

/**
 * The folders of a store. Each is opened when it is first written to, and again when another one has taken its
 * name; one below the directory that is missing is made, at any time. The directory itself is never made again.
 */
export interface Folders {
  within<T>(path: string, task: (folder: Folder) => Promise<T>): Promise<T>;
  /** Makes a folder below the directory where it is missing. */
  make(path: string): void;
  close(): void;
}

interface OpenFolder extends Folder {
  readonly fd: number;
  readonly identity: Identity;
  /** How many tasks may still sync it. */
  users: number;
  /** Another one has its name, so nobody new comes to it. */
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
 * Shares one sync among those who wait for it. A sync covers only what came before its start, so who
 * arrives while one runs waits for the next, together with all who arrive until that one starts.
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
    // Its failure is told to those who waited for it.
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

/** Makes the folder and those above it, and syncs every folder that got a new name. */
export function makeDirectory(path: string, permissions: Permissions): void {
  if (identityAt(path) !== null) return;
  const above = dirname(path);
  if (above !== path) makeDirectory(above, permissions);
  if (makeOneFolder(path, permissions)) syncFolder(above);
}

function syncFolder(path: string): void {
  const fd = openSync(path, FOLDER);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
