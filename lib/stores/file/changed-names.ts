import { statSync } from 'node:fs';
import { storeError } from './errno.ts';
import type { PrefixFiles } from './layout.ts';
import { type Watch, type WatchFolder, waitForEvents } from './watch.ts';

export interface ChangedNamesOptions {
  readonly files: PrefixFiles;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly watchFolder: WatchFolder;
}

/** What a store does with its followers. It calls `touch` for its own writes, so those need no event. */
export interface Touchable {
  touch(name: string): void;
  close(): void;
}

/** The names in a folder that had an event. */
export interface ChangedNames extends Touchable {
  /**
   * The names that may have changed since the last call, before this call; null if the caller must look at the whole
   * folder: at the first call, whenever events may have been lost, and every 30 seconds, or more rarely where that takes
   * long. Rejects with a `StoreError`.
   */
  take(): Promise<Set<string> | null>;
  /** The caller has looked at the whole folder. */
  scanned(): void;
  /** The next `take` is null. */
  scanNext(): void;
  /** Runs a task that looks at the folder. After an error the next `take` is null. Rejects with a `StoreError`. */
  attempt<T>(task: () => Promise<T>): Promise<T>;
}

// The kernel drops events when its queue is full, and Node does not report that.
const SCAN_INTERVAL_MS = 30_000;
/** While the events can be relied on, looks at the whole folder take a twentieth of the time at most, */
const SCAN_PAUSE = 19;
/** and what no event has told is found after so long. */
const LONGEST_INTERVAL_MS = 600_000;
// Above this number, checking every name costs little more than checking only the changed ones.
const MAX_DIRTY_NAMES = 20_000;

export function createChangedNames(options: ChangedNamesOptions): ChangedNames {
  const { files, now, watchFolder } = options;
  const dirty = new Set<string>();
  let watching: Watching | null = null;
  let nextScanAtMs = Number.NEGATIVE_INFINITY;
  let scanStartedAtMs = 0;

  function scanNext(): void {
    nextScanAtMs = Number.NEGATIVE_INFINITY;
  }

  function touch(name: string): void {
    if (!files.has(name)) return;
    dirty.add(name);
    if (dirty.size <= MAX_DIRTY_NAMES) return;
    dirty.clear();
    scanNext();
  }

  function stopWatch(): void {
    watching?.watch.close();
    watching = null;
    scanNext();
  }

  function startWatch(identity: string): void {
    stopWatch();
    try {
      watching = {
        identity,
        watch: watchFolder(files.folder, { changed: touch, lost: stopWatch }),
      };
    } catch {
      // Without a watch (the system may have none left) every poll scans the folder: slower, but correct.
    }
  }

  function takeDirty(): Set<string> | null {
    const identity = identityOf(files.folder);
    if (watching !== null && watching.identity === identity && now() < nextScanAtMs) {
      const names = new Set(dirty);
      dirty.clear();
      return names;
    }
    if (identity === null) stopWatch();
    else if (watching?.identity !== identity) startWatch(identity);
    dirty.clear();
    scanStartedAtMs = now();
    nextScanAtMs = scanStartedAtMs + SCAN_INTERVAL_MS;
    return null;
  }

  async function attempt<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      scanNext();
      throw storeError(`follow the files in "${files.folder}"`, error);
    }
  }

  return {
    touch,
    scanNext,
    attempt,
    close: stopWatch,
    scanned() {
      // Without events, or if some were lost meanwhile, the next one is not later.
      if (watching === null || nextScanAtMs === Number.NEGATIVE_INFINITY) return;
      const pauseMs = Math.min(SCAN_PAUSE * (now() - scanStartedAtMs), LONGEST_INTERVAL_MS);
      nextScanAtMs = Math.max(nextScanAtMs, now() + pauseMs);
    },
    async take() {
      await waitForEvents();
      return attempt(async () => takeDirty());
    },
  };
}

interface Watching {
  readonly watch: Watch;
  readonly identity: string;
}

/** Differs when another folder has taken the name; null when no folder exists. */
function identityOf(folder: string): string | null {
  const stats = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}-${stats.ino}-${stats.birthtimeNs}`;
}
