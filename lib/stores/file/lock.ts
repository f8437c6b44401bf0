import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { tryLock, unlock } from 'fs-native-extensions';
import { StoreError } from '../../store.ts';
import { closeBehind } from './close-behind.ts';
import { hasCode, isMissing } from './errno.ts';
import { isSame } from './identity.ts';
import type { LockFile, LockFiles } from './lock-file.ts';
import { type FileStats, statsOf } from './stat.ts';

/** Allows one writer of a key at a time, among all processes. */
export interface KeyLock {
  /** Runs the task when no other task of this process uses the key. */
  runInQueue<T>(key: string, task: () => Promise<T>): Promise<T>;
  /**
   * Runs the task while no other process uses the key, whose file is at the path. Must be called within `runInQueue`.
   *
   * It takes two locks: one in the lock file, where rivals wait for each other, and one on the file itself. The second
   * works even if another program replaces the lock file before the task ends. The task gets the stats of the file at
   * that path.
   */
  runExclusively<T>(place: LockedPlace, task: (stored: FileStats | null) => Promise<T>): Promise<T>;
  /** Runs the task while no other process runs such a task, whatever the keys. */
  runAlone<T>(task: () => Promise<T>): Promise<T>;
}

export interface LockedPlace {
  readonly key: string;
  readonly path: string;
  /** Whether a file was there a moment ago. */
  readonly isExpected: boolean;
}

export interface KeyLockOptions {
  readonly files: LockFiles;
  /** Waits the given number of milliseconds. */
  readonly delay: (ms: number) => Promise<void>;
  /** From 0 up to 1: spreads the tries of waiting processes. */
  readonly random: () => number;
}

// Linux locks ranges of bytes: one byte per slot. On other systems only the whole file can be locked, and
// one unlock ends all locks of the process, so every key shares one slot.
const IS_LINUX = process.platform === 'linux';
const SLOTS = IS_LINUX ? 2 ** 20 : 1;
const RANGE_BYTES = IS_LINUX ? 1 : 0;
const ATTEMPTS = 1_000;
/** A byte behind the slots. To replay journals may take a minute. */
const ALONE = IS_LINUX ? SLOTS : 0;
const ALONE_ATTEMPTS = 30_000;
const LONGEST_DELAY_MS = 20;
const MOVES_BEFORE_DELAY = 10;
const LOCKABLE = constants.O_RDWR | constants.O_NONBLOCK;

/**
 * The kernel holds the locks for the open file and releases them when its process ends in any way, so a killed writer
 * blocks no other. The locks do not work between tasks that share one open file, so tasks of one process queue first.
 */
export function createKeyLock({ files, delay, random }: KeyLockOptions): KeyLock {
  const tails = new Map<number, Promise<void>>();

  // Waiting inside the kernel would use a thread of the pool, which the holder needs for its rename.
  async function retryClaim<T>(
    path: string,
    claim: () => T | Unclaimed,
    attempts = ATTEMPTS,
  ): Promise<T> {
    for (let tried = 1; tried <= attempts; tried += 1) {
      const outcome = claim();
      if (outcome !== 'busy' && outcome !== 'moved') return outcome;
      // A file that has moved is tried again immediately, unless it keeps moving.
      if (outcome === 'moved' && tried % MOVES_BEFORE_DELAY !== 0) continue;
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
    async runInQueue(key, task) {
      const slot = slotOf(key);
      const turn = (tails.get(slot) ?? Promise.resolve()).then(task);
      // The caller of a failed task gets the error. The next task runs in any case.
      const tail = turn.then(ignore, ignore);
      tails.set(slot, tail);
      try {
        return await turn;
      } finally {
        if (tails.get(slot) === tail) tails.delete(slot);
      }
    },

    async runExclusively({ key, path, isExpected }, task) {
      const slot = slotOf(key);
      const file = await retryClaim(path, () => claimSlot(slot));
      try {
        const own = await retryClaim(path, () => claimFile(path, isExpected));
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

    async runAlone(task) {
      const file = await retryClaim('the journals', () => claimSlot(ALONE), ALONE_ATTEMPTS);
      try {
        return await task();
      } finally {
        unlock(file.fd, ALONE, RANGE_BYTES);
        file.leave();
      }
    },
  };
}

/** `busy`: another process has the lock. `moved`: the locked file had lost its name before it was locked. */
type Unclaimed = 'busy' | 'moved';

interface OwnLock {
  readonly stored: FileStats | null;
  release(): void;
}

/**
 * Locks the file at the path, if it exists and this process may lock it. If the file was replaced during the wait,
 * the process has to lock the one that has the name now.
 */
function claimFile(path: string, isExpected: boolean): OwnLock | Unclaimed {
  // Checking first costs less than the error from opening a missing file.
  const isThere = isExpected || statsOf(path) !== null;
  const fd = IS_LINUX && isThere ? openToLock(path) : null;
  if (fd === null) return { stored: isThere ? statsOf(path) : null, release: ignore };
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
  // A pipe, or anything else that is not a file, is not locked.
  if (opened.isFile() && !tryLock(fd)) return 'busy';
  const stored = statsOf(path);
  if (!isSame(opened, stored)) return 'moved';
  return {
    stored,
    release() {
      unlock(fd);
      closeBehind(fd);
    },
  };
}

function openToLock(path: string): number | null {
  try {
    return openSync(path, LOCKABLE);
  } catch (error) {
    if (isMissing(error)) return null;
    // Another user's file, a read-only disk, a folder or a special file: here only the lock file excludes rivals.
    if (UNLOCKABLE.some(code => hasCode(error, code))) return null;
    throw error;
  }
}

const UNLOCKABLE = ['EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ELOOP', 'ETXTBSY', 'ENXIO'];

function ignore(): void {}

// FNV-1a. Every process on a folder must compute the same slot for a key, so this never changes.
function slotOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SLOTS;
}
