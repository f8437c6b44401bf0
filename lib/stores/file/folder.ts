import { close, closeSync, constants, fsync, fsyncSync, mkdirSync, open, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** A folder that is held open, because its names last only once it has been synced itself. */
export interface Folder {
  /** Resolves once every name that was set before the call is on the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** The folders of a store, each made and opened when it is first written to. */
export interface Folders {
  open(path: string): Promise<Folder>;
  close(): Promise<void>;
}

const closeFile = promisify(close);
const fsyncFile = promisify(fsync);
const openFile = promisify(open);

export function createFolders(): Folders {
  const opened = new Map<string, Promise<Folder>>();

  async function openAnew(path: string): Promise<Folder> {
    try {
      return await openFolder(path);
    } catch (error) {
      opened.delete(path);
      throw error;
    }
  }

  return {
    open(path) {
      const known = opened.get(path);
      if (known !== undefined) return known;
      const folder = openAnew(path);
      opened.set(path, folder);
      return folder;
    },

    async close() {
      const folders = await Promise.all(opened.values());
      opened.clear();
      await Promise.all(folders.map(folder => folder.close()));
    },
  };
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

async function openFolder(path: string): Promise<Folder> {
  makeFolder(path);
  const fd = await openFile(path, constants.O_RDONLY | constants.O_DIRECTORY);
  return {
    sync: shareSync(() => fsyncFile(fd)),
    close: () => closeFile(fd),
  };
}

/** Makes the folder and those above it, and syncs every folder that got a new name. */
function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  const top = dirname(first);
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    syncFolder(folder);
    if (folder === top) return;
  }
}

function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
