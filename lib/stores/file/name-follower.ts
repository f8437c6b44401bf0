import { type Dir, lstatSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import type { NameChange, NameFollower } from '../../store.ts';
import { type ChangedNamesOptions, createChangedNames, type Touchable } from './changed-names.ts';
import { isMissing, storeError } from './errno.ts';
import { removeStaleTemporaries } from './stale-temporaries.ts';
import { isTemporaryName } from './temporary.ts';
import { nextTurn } from './watch.ts';

export interface FileNameFollower extends NameFollower, Touchable {}

// The event loop gets a turn after this number of names.
const NAMES_PER_TURN = 256;

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

  function changeOf(name: string): NameChange | null {
    const key = files.keyOf(name);
    if (exists(`${files.folder}/${name}`)) {
      const isNew = !known.has(name);
      known.set(name, looks);
      return isNew ? { kind: 'named', key } : null;
    }
    return known.delete(name) ? { kind: 'removed', key } : null;
  }

  async function* reportChanged(names: Set<string>): AsyncGenerator<NameChange> {
    let count = 0;
    try {
      for (const name of names) {
        const change = changeOf(name);
        names.delete(name);
        if (change !== null) yield change;
        count += 1;
        if (count % NAMES_PER_TURN === 0) await nextTurn();
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
    let isDone = false;
    try {
      for await (const name of namesIn(files.folder)) {
        if (isTemporaryName(name)) temporaries.push(name);
        if (!files.has(name)) continue;
        const isNew = !known.has(name);
        known.set(name, look);
        if (isNew) yield { kind: 'named', key: files.keyOf(name) };
      }
      removeStaleTemporaries(files.folder, temporaries);
      // A file that was created during the look may be missing from it.
      const missing = [...known].flatMap(([name, at]) => (at === look ? [] : [name]));
      yield* reportChanged(new Set(missing));
      isDone = true;
    } finally {
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
    touch: changed.touch,
    close: changed.close,
  };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The names in a folder, in any order; none when the folder does not exist. */
async function* namesIn(folder: string): AsyncGenerator<string> {
  let opened: Dir;
  try {
    opened = await opendir(folder, { bufferSize: NAMES_PER_TURN });
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  for await (const { name } of opened) yield name;
}
