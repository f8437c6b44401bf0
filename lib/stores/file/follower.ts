import { lstatSync, statSync } from 'node:fs';
import type { Change, Follower } from '../../store.ts';
import { storeError } from './errno.ts';
import { examine, type Finding, type KnownFile } from './known-file.ts';
import type { Shelf } from './layout.ts';
import { removeLeftovers } from './stale-temporaries.ts';
import { entriesOf } from './stat.ts';
import { eventsHeard, nextTurn, type Watch, type WatchFolder } from './watch.ts';

/** A follower of one shelf. Its own store tells it of writes, so that they need no event. */
export interface FileFollower extends Follower {
  touch(name: string): void;
  close(): void;
}

export interface FileFollowerOptions {
  readonly shelf: Shelf;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly watchFolder: WatchFolder;
}

// The kernel drops events when its queue is full, and Node does not say so.
const SURVEY_INTERVAL_MS = 30_000;
// Beyond this many, a look at every name costs little more than a look at those.
const MOST_DIRTY = 20_000;
// Files are read synchronously, for four trips through the thread pool cost several times the read; after so
// many files or bytes the event loop gets a turn.
const FILES_PER_TURN = 32;
const BYTES_PER_TURN = 128 * 1024;

/**
 * Follows by events of the folder: a poll looks at the names that something happened to. It surveys the
 * whole folder, reading what has a new time, size or inode, at first, whenever events may have been lost,
 * and every 30 seconds.
 */
export function createFileFollower(options: FileFollowerOptions): FileFollower {
  const { shelf, now, watchFolder } = options;
  const known = new Map<string, KnownFile>();
  const dirty = new Set<string>();
  /** Links to files elsewhere, which no event of this folder tells of. */
  const linked = new Set<string>();
  let watching: Watching | null = null;
  let surveyAtMs = Number.NEGATIVE_INFINITY;

  function surveyNext(): void {
    surveyAtMs = Number.NEGATIVE_INFINITY;
  }

  function touch(name: string): void {
    if (!shelf.holds(name)) return;
    dirty.add(name);
    if (dirty.size <= MOST_DIRTY) return;
    dirty.clear();
    surveyNext();
  }

  function unwatch(): void {
    watching?.watch.close();
    watching = null;
    surveyNext();
  }

  function rewatch(identity: string): void {
    unwatch();
    try {
      watching = { identity, watch: watchFolder(shelf.folder, { changed: touch, lost: unwatch }) };
    } catch {
      // Without a watch, as where the system has none left, every poll is a survey: slower, not wrong.
    }
  }

  async function survey(): Promise<Set<string>> {
    const identity = identityOf(shelf.folder);
    if (identity === null) unwatch();
    else if (watching?.identity !== identity) rewatch(identity);
    dirty.clear();
    surveyAtMs = now() + SURVEY_INTERVAL_MS;
    const entries = await entriesOf(shelf.folder);
    removeLeftovers(
      shelf.folder,
      entries.map(entry => entry.name),
    );
    linked.clear();
    const names = new Set(known.keys());
    for (const entry of entries) {
      if (!shelf.holds(entry.name)) continue;
      if (entry.isSymbolicLink()) linked.add(entry.name);
      if (entry.isFile() || entry.isSymbolicLink()) names.add(entry.name);
    }
    return names;
  }

  function takeDirty(): Set<string> {
    for (const name of dirty) {
      const stats = lstatSync(`${shelf.folder}/${name}`, { throwIfNoEntry: false });
      if (stats?.isSymbolicLink() === true) linked.add(name);
      else linked.delete(name);
    }
    const names = new Set([...dirty, ...linked]);
    dirty.clear();
    return names;
  }

  async function namesToExamine(): Promise<Set<string>> {
    const current = watching !== null && watching.identity === identityOf(shelf.folder);
    if (current && now() < surveyAtMs) return takeDirty();
    return survey();
  }

  function learn(name: string, finding: Finding): Change | null {
    const key = shelf.keyOf(name);
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

  async function* tell(names: Set<string>): AsyncGenerator<Change> {
    let files = 0;
    let bytes = 0;
    try {
      for (const name of names) {
        const path = `${shelf.folder}/${name}`;
        const finding = examine(path, known.get(name), now());
        const change = learn(name, finding);
        names.delete(name);
        files += 1;
        if (finding.kind === 'stored') bytes += finding.object.body.byteLength;
        if (change !== null) yield change;
        if (files < FILES_PER_TURN && bytes < BYTES_PER_TURN) continue;
        files = 0;
        bytes = 0;
        await nextTurn();
      }
    } finally {
      // The caller may stop half-way: what it was not told of is for the next poll.
      for (const name of names) touch(name);
    }
  }

  return {
    async *poll() {
      await eventsHeard();
      yield* tell(await attempt(namesToExamine));
    },
    touch,
    close: unwatch,
  };

  async function attempt<T>(task: () => Promise<T>): Promise<T> {
    try {
      return await task();
    } catch (error) {
      surveyNext();
      throw storeError(`follow the files in "${shelf.folder}"`, error);
    }
  }
}

interface Watching {
  readonly watch: Watch;
  readonly identity: string;
}

/** Tells a folder from another one that took its name; null when there is none. */
function identityOf(folder: string): string | null {
  const stats = statSync(folder, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}-${stats.ino}-${stats.birthtimeNs}`;
}
