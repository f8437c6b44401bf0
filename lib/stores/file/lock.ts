import { closeSync, constants, openSync } from 'node:fs';
import { tryLock, unlock } from 'fs-native-extensions';
import { StoreError } from '../../store.ts';

/** Keeps the writers of one key apart: those of this process, and those of any other. */
export interface KeyLock {
  /** Runs the task when no other of this process is at the key. */
  inTurn<T>(key: string, task: () => Promise<T>): Promise<T>;
  /** Runs the task while no other process is at the key. Called within `inTurn` alone. */
  exclusively<T>(key: string, task: () => Promise<T>): Promise<T>;
  close(): void;
}

export interface KeyLockOptions {
  /** Waits so many milliseconds. */
  readonly delay: (ms: number) => Promise<void>;
  /** From 0 up to 1, so that two who wait do not meet again. */
  readonly random: () => number;
}

// Linux locks ranges of bytes, one for each slot. Elsewhere only the whole file can be locked, and
// whoever unlocks it unlocks it for all of the process: there, every key shares one slot.
const SLOTS = process.platform === 'linux' ? 2 ** 20 : 1;
const RANGE_BYTES = process.platform === 'linux' ? 1 : 0;
const ATTEMPTS = 1_000;
const LONGEST_DELAY_MS = 20;

/**
 * Opens the lock file. The kernel holds the locks for the open file and drops them when its process
 * ends, however it ends, so a killed writer blocks nobody. They do not hold between tasks of one open
 * file, which is why a queue within the process comes first.
 */
export function openKeyLock(path: string, { delay, random }: KeyLockOptions): KeyLock {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o666);
  const tails = new Map<number, Promise<void>>();

  // To wait inside the kernel would take a thread of the pool that the holder needs for its rename.
  async function claim(slot: number): Promise<void> {
    for (let attempt = 1; !tryLock(fd, slot, RANGE_BYTES); attempt += 1) {
      if (attempt === ATTEMPTS)
        throw new StoreError(`Cannot lock "${path}": another process holds it`);
      await delay(1 + random() * Math.min(attempt, LONGEST_DELAY_MS));
    }
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

    async exclusively(key, task) {
      const slot = slotOf(key);
      await claim(slot);
      try {
        return await task();
      } finally {
        unlock(fd, slot, RANGE_BYTES);
      }
    },

    close: () => closeSync(fd),
  };
}

function ignore(): void {}

// FNV-1a. Every process on a folder must come to the same slot for a key, so this never changes.
function slotOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SLOTS;
}
