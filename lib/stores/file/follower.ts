import { lstatSync } from 'node:fs';
import type { Change, Follower } from '../../store.ts';
import { type ChangedNamesOptions, createChangedNames, type Touchable } from './changed-names.ts';
import { examine, type Finding, type KnownFile } from './known-file.ts';
import { entriesOf } from './stat.ts';
import { removeStaleTemporaries } from './temporaries/stale.ts';
import { nextTurn } from './watch.ts';

/** A follower of the files of one prefix. */
export interface FileFollower extends Follower, Touchable {}

// Files are read synchronously, because four trips through the thread pool cost several times the read. The event
// loop gets a turn after this number of files or bytes.
const FILES_PER_TURN = 32;
const BYTES_PER_TURN = 128 * 1024;
/** Names of a whole folder that are looked at in one turn. */
const NAMES_PER_TURN = 5_000;

/**
 * Follows by the events of the folder: a poll checks only the names that had an event. When it must look at the
 * whole folder, it reads the files that have a new time, size or inode.
 */
export function createFileFollower(options: ChangedNamesOptions): FileFollower {
  const { files, now } = options;
  const changed = createChangedNames(options);
  const known = new Map<string, KnownFile>();
  /** Links to files elsewhere: changes of those cause no event in this folder. */
  const linked = new Set<string>();

  async function scanFolder(): Promise<Set<string>> {
    const entries = await entriesOf(files.folder);
    removeStaleTemporaries(
      files.folder,
      entries.map(entry => entry.name),
    );
    linked.clear();
    const names = new Set(known.keys());
    let count = 0;
    for (const entry of entries) {
      count += 1;
      if (count % NAMES_PER_TURN === 0) await nextTurn();
      if (!files.has(entry.name)) continue;
      if (entry.isSymbolicLink()) linked.add(entry.name);
      if (entry.isFile() || entry.isSymbolicLink()) names.add(entry.name);
    }
    return names;
  }

  function withLinks(dirty: ReadonlySet<string>): Set<string> {
    for (const name of dirty) {
      const stats = lstatSync(`${files.folder}/${name}`, { throwIfNoEntry: false });
      if (stats?.isSymbolicLink() === true) linked.add(name);
      else linked.delete(name);
    }
    return new Set([...dirty, ...linked]);
  }

  async function namesToExamine(): Promise<Set<string>> {
    const dirty = await changed.take();
    return changed.attempt(async () => (dirty === null ? scanFolder() : withLinks(dirty)));
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
    if (typeof file === 'object' && file.kind === 'young') changed.touch(name);
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
      for (const name of names) changed.touch(name);
    }
  }

  return {
    async *poll() {
      yield* reportChanges(await namesToExamine());
    },
    touch: name => changed.touch(name),
    close: () => changed.close(),
  };
}
