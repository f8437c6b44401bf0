import { lstatSync, statSync } from 'node:fs';
import type { Change, Follower } from '../../store.ts';
import { storeError } from './errno.ts';
import { examine, type Finding, type KnownFile } from './known-file.ts';
import type { PrefixFiles } from './layout.ts';
import { removeStaleTemporaries } from './stale-temporaries.ts';
import { entriesOf } from './stat.ts';
import { nextTurn, type Watch, type WatchFolder, waitForEvents } from './watch.ts';

/** A follower of the files of one prefix. Its own store calls `touch` for its writes, so those need no event. */
export interface FileFollower extends Follower {
  touch(name: string): void;
  close(): void;
}

export interface FileFollowerOptions {
  readonly files: PrefixFiles;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly watchFolder: WatchFolder;
}

// The kernel drops events when its queue is full, and Node does not report that.
const SCAN_INTERVAL_MS = 30_000;
// Above this number, checking every name costs little more than checking only the changed ones.
const MAX_DIRTY_NAMES = 20_000;
// Files are read synchronously, because four trips through the thread pool cost several times the read. The event
// loop gets a turn after this number of files or bytes.
const FILES_PER_TURN = 32;
const BYTES_PER_TURN = 128 * 1024;

/**
 * Follows by the events of the folder: a poll checks only the names that had an event. It scans the whole folder,
 * and reads the files that have a new time, size or inode, at the first poll, whenever events may have been lost,
 * and every 30 seconds.
 */
export function createFileFollower(options: FileFollowerOptions): FileFollower {
  const { files, now, watchFolder } = options;
  const known = new Map<string, KnownFile>();
  const dirty = new Set<string>();
  /** Links to files elsewhere: changes of those cause no event in this folder. */
  const linked = new Set<string>();
  let watching: Watching | null = null;
  let nextScanAtMs = Number.NEGATIVE_INFINITY;

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

  async function scanFolder(): Promise<Set<string>> {
    const identity = identityOf(files.folder);
    if (identity === null) stopWatch();
    else if (watching?.identity !== identity) startWatch(identity);
    dirty.clear();
    nextScanAtMs = now() + SCAN_INTERVAL_MS;
    const entries = await entriesOf(files.folder);
    removeStaleTemporaries(
      files.folder,
      entries.map(entry => entry.name),
    );
    linked.clear();
    const names = new Set(known.keys());
    for (const entry of entries) {
      if (!files.has(entry.name)) continue;
      if (entry.isSymbolicLink()) linked.add(entry.name);
      if (entry.isFile() || entry.isSymbolicLink()) names.add(entry.name);
    }
    return names;
  }

  function takeDirty(): Set<string> {
    for (const name of dirty) {
      const stats = lstatSync(`${files.folder}/${name}`, { throwIfNoEntry: false });
      if (stats?.isSymbolicLink() === true) linked.add(name);
      else linked.delete(name);
    }
    const names = new Set([...dirty, ...linked]);
    dirty.clear();
    return names;
  }

  async function namesToExamine(): Promise<Set<string>> {
    const current = watching !== null && watching.identity === identityOf(files.folder);
    if (current && now() < nextScanAtMs) return takeDirty();
    return scanFolder();
  }

  function applyFinding(name: string, finding: Finding): Change | null {
    const key = files.keyOf(name);
    switch (finding.kind) {
      case 'unchanged':
        return null;
      case 'gone':
        return known.delete(name) ? { kind: 'removed', key } : null;
      case 'confirmed':
        remember(name, finding.known);
        return null;
      case 'unreadable':
        remember(name, finding.known);
        return { kind: 'unreadable', key, reason: finding.reason };
      case 'stored':
        remember(name, finding.known);
        return { kind: 'stored', key, object: finding.object };
      default:
        return finding satisfies never;
    }
  }

  function remember(name: string, file: KnownFile): void {
    known.set(name, file);
    if (typeof file === 'object' && file.kind === 'young') dirty.add(name);
  }

  async function* reportChanges(names: Set<string>): AsyncGenerator<Change> {
    let fileCount = 0;
    let bytes = 0;
    try {
      for (const name of names) {
        const path = `${files.folder}/${name}`;
        const finding = examine(path, known.get(name), now());
        const change = applyFinding(name, finding);
        names.delete(name);
        fileCount += 1;
        if (finding.kind === 'stored') bytes += finding.object.body.byteLength;
        if (change !== null) yield change;
        if (fileCount < FILES_PER_TURN && bytes < BYTES_PER_TURN) continue;
        fileCount = 0;
        bytes = 0;
        await nextTurn();
      }
    } finally {
      // The caller may stop early. The next poll reports the rest.
      for (const name of names) touch(name);
    }
  }

  return {
    async *poll() {
      await waitForEvents();
      yield* reportChanges(await attempt(namesToExamine));
    },
    touch,
    close: stopWatch,
  };

  async function attempt<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      scanNext();
      throw storeError(`follow the files in "${files.folder}"`, error);
    }
  }
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
