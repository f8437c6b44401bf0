import { close, closeSync, constants, fstatSync, openSync } from 'node:fs';
import { tryLock, unlock } from 'fs-native-extensions';
import { StoreError } from '../../store.ts';
import { hasCode, isMissing } from './errno.ts';
import { isSame } from './identity.ts';
import type { LockFile, LockFiles } from './lock-file.ts';
import { type Stamp, stampOf } from './stat.ts';

/** Keeps the writers of one key apart: those of this process, and those of any other. */
export interface KeyLock {
  /** Runs the task when no other of this process is at the key. */
  inTurn<T>(key: string, task: () => Promise<T>): Promise<T>;
  /**
   * Runs the task while no other process is at the key, whose file is at the path. Called within `inTurn` alone.
   *
   * Two locks are held: one in the lock file, in which rivals wait for each other, and one on the file itself. The second
   * holds also where another program replaces the lock file between the first and the end of the task. The task is
   * told what is stored at that path.
   */
  exclusively<T>(place: LockedPlace, task: (stored: Stamp | null) => Promise<T>): Promise<T>;
}

export interface LockedPlace {
  readonly key: string;
  readonly path: string;
}

export interface KeyLockOptions {
  readonly files: LockFiles;
  /** Waits so many milliseconds. */
  readonly delay: (ms: number) => Promise<void>;
  /** From 0 up to 1, so that two who wait do not meet again. */
  readonly random: () => number;
}

// Linux locks ranges of bytes, one for each slot. Elsewhere only the whole file can be locked, and
// whoever unlocks it unlocks it for all of the process: there, every key shares one slot.
const IS_LINUX = process.platform === 'linux';
const SLOTS = IS_LINUX ? 2 ** 20 : 1;
const RANGE_BYTES = IS_LINUX ? 1 : 0;
const ATTEMPTS = 1_000;
const LONGEST_DELAY_MS = 20;
const MOVES_AT_ONCE = 10;
const LOCKABLE = constants.O_RDWR | constants.O_NONBLOCK;

/**
 * The kernel holds the locks for the open file and drops them when its process ends, however it ends, so a killed
 * writer blocks nobody. They do not hold between tasks of one open file, which is why a queue within the process
 * comes first.
 */
export function createKeyLock({ files, delay, random }: KeyLockOptions): KeyLock {
  const tails = new Map<number, Promise<void>>();

  // To wait inside the kernel would take a thread of the pool that the holder needs for its rename.
  async function claimed<T>(path: string, claim: () => T | Unclaimed): Promise<T> {
    for (let tried = 1; tried <= ATTEMPTS; tried += 1) {
      const outcome = claim();
      if (outcome !== 'busy' && outcome !== 'moved') return outcome;
      // What has moved is tried again at once, as long as it does not go on moving.
      if (outcome === 'moved' && tried % MOVES_AT_ONCE !== 0) continue;
      await delay(1 + random() * Math.min(tried, LONGEST_DELAY_MS));
    }
    throw new StoreError(`Cannot lock "${path}": another process holds it`);
  }

  function claimSlot(slot: number): LockFile | Unclaimed {
    const file = files.enter();
    try {
      const isLocked = tryLock(file.fd, slot, RANGE_BYTES);
      if (file.isCurrent()) {
        if (isLocked) return file;
        file.leave();
        return 'busy';
      }
      if (isLocked) unlock(file.fd, slot, RANGE_BYTES);
    } catch (error) {
      file.leave();
      throw error;
    }
    file.leave();
    return 'moved';
  }

  return {
    async inTurn(key, task) {
      const slot = slotOf(key);
      const turn = (tails.get(slot) ?? Promise.resolve()).then(task);
      // A failure is told to the caller of its own task, and the next one runs all the same.
      const tail = turn.then(ignore, ignore);
      tails.set(slot, tail);
      try {
        return await turn;
      } finally {
        if (tails.get(slot) === tail) tails.delete(slot);
      }
    },

    async exclusively({ key, path }, task) {
      const slot = slotOf(key);
      const file = await claimed(path, () => claimSlot(slot));
      try {
        const own = await claimed(path, () => claimFile(path));
        try {
          return await task(own.stored);
        } finally {
          own.release();
        }
      } finally {
        unlock(file.fd, slot, RANGE_BYTES);
        file.leave();
      }
    },
  };
}

/** `busy`: another process has it. `moved`: what was locked lost its name before that. */
type Unclaimed = 'busy' | 'moved';

interface OwnLock {
  readonly stored: Stamp | null;
  release(): void;
}

/**
 * Locks the file at the path, where there is one that this process may lock. A process that waited for a file that was replaced
 * meanwhile has to lock the one that has its name now.
 */
function claimFile(path: string): OwnLock | Unclaimed {
  const found = stampOf(path);
  // To look first costs less than the error of opening what is not there.
  const fd = IS_LINUX && found !== null ? openToLock(path) : null;
  if (fd === null) return { stored: found, release: ignore };
  let own: OwnLock | Unclaimed = 'busy';
  try {
    own = claimOpen(fd, path);
    return own;
  } finally {
    if (own === 'busy' || own === 'moved') closeSync(fd);
  }
}

function claimOpen(fd: number, path: string): OwnLock | Unclaimed {
  const opened = fstatSync(fd, { bigint: true });
  // A pipe, or what else is no file, is not locked.
  if (opened.isFile() && !tryLock(fd)) return 'busy';
  const stored = stampOf(path);
  if (!isSame(opened, stored)) return 'moved';
  return {
    stored,
    release() {
      unlock(fd);
      // Through the pool: to close the last name of a replaced file frees it, and that may wait for the disk.
      close(fd, ignore);
    },
  };
}

function openToLock(path: string): number | null {
  try {
    return openSync(path, LOCKABLE);
  } catch (error) {
    if (isMissing(error)) return null;
    // Another user's, of a read-only disk, a folder or no file at all: only the lock file keeps rivals apart there.
    if (UNLOCKABLE.some(code => hasCode(error, code))) return null;
    throw error;
  }
}

const UNLOCKABLE = ['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ELOOP', 'ETXTBSY', 'ENXIO'];

function ignore(): void {}

// FNV-1a. Every process on a folder must come to the same slot for a key, so this never changes.
function slotOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SLOTS;
}
