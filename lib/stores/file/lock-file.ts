import { closeSync, constants, openSync } from 'node:fs';
import { hasCode } from './errno.ts';
import { identityAt, identityOfOpen, isSame } from './identity.ts';
import { type Permissions, permitFile } from './permissions.ts';

/** The open file whose bytes are locked. */
export interface LockFile {
  readonly fd: number;
  /**
   * Whether it still has its name. Another program may remove or replace it, or its folder, at any moment. A lock on
   * a file that other processes do not find excludes none of them.
   */
  isCurrent(): boolean;
  leave(): void;
}

/** Keeps the lock file open, and opens a new one when the last one has lost its name. */
export interface LockFiles {
  /** Returns the last known file, which stays open until `leave` is called. */
  enter(): LockFile;
  close(): void;
}

interface OpenLockFile {
  readonly fd: number;
  isNamed(): boolean;
  users: number;
}

const OPEN = constants.O_RDWR;
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
const ATTEMPTS = 10;

export function openLockFiles(
  path: string,
  options: { readonly permissions: Permissions; readonly makeFolder: () => void },
): LockFiles {
  const { permissions, makeFolder } = options;
  let latest = openLockFile();
  let isLost = false;

  function openLockFile(): OpenLockFile {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const fd = openOrCreate();
        const identity = identityOfOpen(fd);
        return { fd, isNamed: () => isSame(identity, identityAt(path)), users: 0 };
      } catch (error) {
        // Another process removes or creates it at the same time.
        const isRace = hasCode(error, 'ENOENT') || hasCode(error, 'EEXIST');
        if (!isRace || attempt === ATTEMPTS) throw error;
      }
    }
  }

  function openOrCreate(): number {
    try {
      return openSync(path, OPEN);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    makeFolder();
    const fd = openSync(path, CREATE, permissions.file);
    permitFile(fd, permissions);
    return fd;
  }

  function closeUnused(file: OpenLockFile): void {
    if (file !== latest && file.users === 0) closeSync(file.fd);
  }

  return {
    enter() {
      if (isLost) {
        const lost = latest;
        latest = openLockFile();
        isLost = false;
        closeUnused(lost);
      }
      const file = latest;
      file.users += 1;
      return {
        fd: file.fd,
        isCurrent() {
          if (file.isNamed()) return true;
          if (file === latest) isLost = true;
          return false;
        },
        leave() {
          file.users -= 1;
          closeUnused(file);
        },
      };
    },

    close: () => closeSync(latest.fd),
  };
}
