import { type Dir, lstatSync, opendirSync } from 'node:fs';
import type { NameChange, NameFollower } from '../../store.ts';
import { type ChangedNamesOptions, createChangedNames, type Touchable } from './changed-names.ts';
import { isMissing, storeError } from './errno.ts';
import { removeStaleTemporaries } from './temporaries/stale.ts';
import { isTemporaryName } from './temporaries/temporary.ts';
import { nextTurn } from './watch.ts';

export interface FileNameFollower extends NameFollower, Touchable {}

// Folders are read synchronously, because a trip through the thread pool costs more than a name. The event loop gets a
// turn after this number of names.
const NAMES_PER_TURN = 128;

/**
 * Follows which files exist. It reads none: a name with an event costs one `lstat`, and a name that a look at the whole
 * folder finds costs nothing else.
 */
export function createFileNameFollower(options: ChangedNamesOptions): FileNameFollower {
  const { files } = options;
  const changed = createChangedNames(options);
  /** The names that were reported, with the number of the last look at the folder that found them. */
  const known = new Map<string, number>();
  let looks = 0;
  let count = 0;

  function changeOf(name: string): NameChange | null {
    const key = files.keyOf(name);
    if (exists(`${files.folder}/${name}`)) return changeOfPresent(name);
    return known.delete(name) ? { kind: 'removed', key } : null;
  }

  function changeOfPresent(name: string): NameChange | null {
    const isNew = !known.has(name);
    known.set(name, looks);
    return isNew ? { kind: 'named', key: files.keyOf(name) } : null;
  }

  function isPauseDue(): boolean {
    count += 1;
    return count % NAMES_PER_TURN === 0;
  }

  async function* reportChanged(names: Set<string>): AsyncGenerator<NameChange> {
    try {
      for (const name of names) {
        const change = changeOf(name);
        names.delete(name);
        if (change !== null) yield change;
        if (isPauseDue()) await nextTurn();
      }
    } finally {
      // The caller may stop early. The next poll reports the rest.
      for (const name of names) changed.touch(name);
    }
  }

  async function* reportAll(): AsyncGenerator<NameChange> {
    looks += 1;
    const look = looks;
    const temporaries: string[] = [];
    const folder = open(files.folder);
    let isDone = false;
    try {
      for (let entry = folder?.readSync(); entry; entry = folder?.readSync()) {
        const { name } = entry;
        if (isTemporaryName(name)) temporaries.push(name);
        const change = files.has(name) ? changeOfPresent(name) : null;
        if (change !== null) yield change;
        if (isPauseDue()) await nextTurn();
      }
      removeStaleTemporaries(files.folder, temporaries);
      // A file that was created during the look may be missing from it.
      for (const [name, at] of known) {
        const change = at === look ? null : changeOf(name);
        if (change !== null) yield change;
        if (isPauseDue()) await nextTurn();
      }
      isDone = true;
    } finally {
      folder?.closeSync();
      if (!isDone) changed.scanNext();
    }
  }

  return {
    async *poll() {
      const names = await changed.take();
      try {
        yield* names === null ? reportAll() : reportChanged(names);
      } catch (error) {
        throw storeError(`follow the names in "${files.folder}"`, error);
      }
    },
    forget(key) {
      const name = key.slice(key.indexOf('/') + 1);
      known.delete(name);
      changed.touch(name);
    },
    touch: name => changed.touch(name),
    close: () => changed.close(),
  };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Null when the folder does not exist. */
function open(folder: string): Dir | null {
  try {
    return opendirSync(folder, { bufferSize: NAMES_PER_TURN });
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}
