import { closeSync, fstatSync, fsync, link, rename, unlink } from 'node:fs';
import { promisify } from 'node:util';
import { type Precondition, StoreError, type Version } from '../../store.ts';
import type { OnCrashPoint } from './crash-point.ts';
import { hasCode } from './errno.ts';
import type { Folders } from './folder.ts';
import type { Home } from './home.ts';
import type { Place } from './layout.ts';
import type { KeyLock } from './lock.ts';
import type { ModificationTimes } from './modification-time.ts';
import type { Permissions } from './permissions.ts';
import { holds, statsOf, versionOf } from './stat.ts';
import {
  abandonTemporary,
  setModifiedAt,
  type Temporary,
  unlockTemporary,
  type WriteSome,
  writeTemporary,
} from './temporary.ts';

/** Puts and deletes files: atomic, with one writer of a key at a time, and durable when the promise resolves. */
export interface Writer {
  put(key: string, body: Uint8Array, precondition: Precondition): Promise<Version | null>;
  delete(key: string, precondition: Precondition): Promise<boolean>;
}

export interface WriterParts {
  readonly placeOf: (key: string) => Place;
  readonly home: Home;
  readonly folders: Folders;
  readonly permissions: Permissions;
  readonly lock: KeyLock;
  readonly times: ModificationTimes;
  readonly writeSome: WriteSome;
  readonly reach: OnCrashPoint;
  /** Called as soon as readers see the change of a file. */
  readonly changed: (place: Place) => void;
}

/**
 * The result of one attempt to write. `lost`: a cleaner removed the temporary file, or another program removed the
 * folder, before anything was stored.
 */
type Attempt = { readonly kind: 'stored'; readonly version: Version } | 'refused' | 'lost';

/** The result of one attempt to give a temporary file the name of its key. */
type Commit = 'stored' | 'refused' | 'lost';

type Removal = 'deleted' | 'absent' | 'refused';

interface Target extends Place {
  readonly key: string;
  readonly precondition: Precondition;
}

const ATTEMPTS = 3;

const fsyncFile = promisify(fsync);
const linkFile = promisify(link);
const renameFile = promisify(rename);
const unlinkFile = promisify(unlink);

/** Creates a writer that rejects with the errors of the system. */
export function createWriter(parts: WriterParts): Writer {
  const { placeOf, home, folders, lock, times, writeSome, reach, changed } = parts;
  const { permissions } = parts;

  async function store(target: Target, body: Uint8Array): Promise<Attempt> {
    const { folder, path, precondition } = target;
    const replaced = statsOf(path);
    // A replaced version never comes back, so the refusal needs no lock and no written body.
    if (!holds(precondition, replaced)) return 'refused';
    const modifiedAtNs = times.after(replaced?.mtimeNs ?? null);
    const content = { body, modifiedAtNs, permissions, writeSome, reach };
    const temporary = await orLost(() => writeTemporary(folder, content));
    if (temporary === 'lost') return 'lost';
    try {
      const commit = await name(temporary, target);
      if (commit !== 'stored') return commit;
      const version = versionOf(fstatSync(temporary.fd, { bigint: true }));
      return { kind: 'stored', version };
    } finally {
      closeSync(temporary.fd);
    }
  }

  async function name(temporary: Temporary, target: Target): Promise<Commit> {
    const { precondition } = target;
    try {
      const commit =
        precondition.kind === 'absent'
          ? await create(temporary, target)
          : await replace(temporary, target);
      if (commit === 'refused') abandonTemporary(temporary);
      return commit;
    } catch (error) {
      abandonTemporary(temporary);
      if (hasCode(error, 'ENOENT')) return 'lost';
      throw error;
    }
  }

  // link() never replaces a file, but rename() does. So creating needs no lock.
  async function create(temporary: Temporary, { path }: Target): Promise<Commit> {
    try {
      await linkFile(temporary.path, path);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return 'refused';
      throw error;
    }
    reach('linked');
    abandonTemporary(temporary);
    reach('unlinked');
    return 'stored';
  }

  async function replace(temporary: Temporary, target: Target): Promise<Commit> {
    const { path, precondition } = target;
    let postponed = false;
    const commit = await lock.runExclusively(target, async (replaced): Promise<Commit> => {
      reach('claimed');
      if (!holds(precondition, replaced)) return 'refused';
      // Another process has replaced the file meanwhile. The new time must be later than that one's.
      if (replaced !== null && replaced.mtimeNs >= temporary.modifiedAtNs) {
        setModifiedAt(temporary.fd, times.after(replaced.mtimeNs));
        postponed = true;
      }
      await renameFile(temporary.path, path);
      unlockTemporary(temporary);
      reach('renamed');
      return 'stored';
    });
    reach('released');
    if (postponed) await fsyncFile(temporary.fd);
    return commit;
  }

  async function remove({ path, key, precondition }: Target): Promise<Removal> {
    const found = statsOf(path);
    if (!holds(precondition, found)) return 'refused';
    if (found === null) return 'absent';
    return lock.runExclusively({ key, path }, async current => {
      if (!holds(precondition, current)) return 'refused';
      if (current === null) return 'absent';
      if (await tryUnlink(path)) return 'deleted';
      return holds(precondition, null) ? 'absent' : 'refused';
    });
  }

  return {
    async put(key, body, precondition) {
      const place = placeOf(key);
      const target = { ...place, key, precondition };
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const outcome = await folders.within(place.folder, async folder => {
          // Writers of this process queue for the whole write. So the second is refused before it writes a body.
          const tried = await lock.runInQueue(key, () => store(target, body));
          if (tried === 'refused' || tried === 'lost') return tried;
          changed(place);
          await folder.sync();
          reach('settled');
          return tried;
        });
        if (outcome === 'refused') return null;
        if (outcome !== 'lost') return outcome.version;
      }
      throw new StoreError(
        `Cannot write "${place.path}": its folder or its temporary file vanished ${ATTEMPTS} times`,
      );
    },

    async delete(key, precondition) {
      const place = placeOf(key);
      const target = { ...place, key, precondition };
      const outcome = await lock.runInQueue(key, () => remove(target));
      if (outcome === 'absent') home.require();
      if (outcome === 'deleted') {
        changed(place);
        await folders.within(place.folder, folder => folder.sync());
      }
      return outcome !== 'refused';
    },
  };
}

/** Returns false when another program was faster. */
async function tryUnlink(path: string): Promise<boolean> {
  try {
    await unlinkFile(path);
    return true;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

/** Returns `lost` when the folder is gone, because then nothing was written. */
async function orLost<T>(write: () => Promise<T>): Promise<T | 'lost'> {
  try {
    return await write();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'lost';
    throw error;
  }
}
