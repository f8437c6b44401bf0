import { closeSync, fstatSync, fsync, link, rename, unlink } from 'node:fs';
import { promisify } from 'node:util';
import { type Precondition, StoreError, type Version } from '../../store.ts';
import { hasCode } from './errno.ts';
import type { Folders } from './folder.ts';
import type { Place } from './layout.ts';
import type { KeyLock } from './lock.ts';
import type { ModificationTimes } from './modification-time.ts';
import { holds, stampOf, versionOf } from './stamp.ts';
import type { Steps } from './step.ts';
import {
  removeTemporary,
  setModifiedAt,
  type Temporary,
  type WriteSome,
  writeTemporary,
} from './temporary.ts';

/** Puts and deletes files: whole or not at all, one writer of a key at a time, lasting when answered. */
export interface Writer {
  put(key: string, body: Uint8Array, precondition: Precondition): Promise<Version | null>;
  delete(key: string, precondition: Precondition): Promise<boolean>;
}

export interface WriterParts {
  readonly placeOf: (key: string) => Place;
  readonly folders: Folders;
  readonly lock: KeyLock;
  readonly times: ModificationTimes;
  readonly writeSome: WriteSome;
  readonly step: Steps;
  /** Is told of a file as soon as readers see it changed. */
  readonly changed: (place: Place) => void;
}

/** How an attempt to give a temporary the name of its key ended. `lost`: a cleaner had removed it. */
type Commit = 'stored' | 'refused' | 'lost';

type Removal = 'deleted' | 'absent' | 'refused';

const ATTEMPTS = 3;

const fsyncFile = promisify(fsync);
const linkFile = promisify(link);
const renameFile = promisify(rename);
const unlinkFile = promisify(unlink);

/** A writer that fails with the system's own errors. */
export function createWriter(parts: WriterParts): Writer {
  const { placeOf, folders, lock, times, writeSome, step, changed } = parts;

  async function store(
    key: string,
    body: Uint8Array,
    precondition: Precondition,
  ): Promise<Version | null> {
    const { folder, path } = placeOf(key);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const replaced = stampOf(path);
      // A version that is gone never comes back: the refusal needs no lock, and no body written.
      if (!holds(precondition, replaced)) return null;
      const modifiedAtNs = times.after(replaced?.mtimeNs ?? null);
      const temporary = await writeTemporary(folder, { body, modifiedAtNs, writeSome, step });
      try {
        const commit = await name(temporary, { key, path, precondition });
        if (commit === 'refused') return null;
        if (commit === 'stored') return versionOf(fstatSync(temporary.fd, { bigint: true }));
      } finally {
        closeSync(temporary.fd);
      }
    }
    throw new StoreError(`Cannot write "${path}": its temporary file vanished ${ATTEMPTS} times`);
  }

  async function name(temporary: Temporary, target: Target): Promise<Commit> {
    try {
      const commit =
        target.precondition.kind === 'absent'
          ? await create(temporary, target)
          : await replace(temporary, target);
      if (commit === 'refused') removeTemporary(temporary);
      return commit;
    } catch (error) {
      removeTemporary(temporary);
      if (hasCode(error, 'ENOENT')) return 'lost';
      throw error;
    }
  }

  // link() refuses to replace; rename() does not. So a creation needs no lock.
  async function create(temporary: Temporary, { path }: Target): Promise<Commit> {
    try {
      await linkFile(temporary.path, path);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return 'refused';
      throw error;
    }
    step('linked');
    removeTemporary(temporary);
    step('unlinked');
    return 'stored';
  }

  async function replace(temporary: Temporary, target: Target): Promise<Commit> {
    const { key, path, precondition } = target;
    let postponed = false;
    const commit = await lock.exclusively(key, async (): Promise<Commit> => {
      step('claimed');
      const replaced = stampOf(path);
      if (!holds(precondition, replaced)) return 'refused';
      // Another process has replaced the file since: its time must be passed again.
      if (replaced !== null && replaced.mtimeNs >= temporary.modifiedAtNs) {
        setModifiedAt(temporary.fd, times.after(replaced.mtimeNs));
        postponed = true;
      }
      await renameFile(temporary.path, path);
      step('renamed');
      return 'stored';
    });
    step('released');
    if (postponed) await fsyncFile(temporary.fd);
    return commit;
  }

  async function remove(key: string, precondition: Precondition): Promise<Removal> {
    const { path } = placeOf(key);
    const found = stampOf(path);
    if (!holds(precondition, found)) return 'refused';
    if (found === null) return 'absent';
    return lock.exclusively(key, async () => {
      const current = stampOf(path);
      if (!holds(precondition, current)) return 'refused';
      if (current === null) return 'absent';
      await unlinkFile(path);
      return 'deleted';
    });
  }

  return {
    async put(key, body, precondition) {
      const place = placeOf(key);
      const folder = await folders.open(place.folder);
      // Rivals of this process take turns with the whole write: who comes second is refused for free.
      const version = await lock.inTurn(key, () => store(key, body, precondition));
      if (version === null) return null;
      changed(place);
      await folder.sync();
      step('settled');
      return version;
    },

    async delete(key, precondition) {
      const place = placeOf(key);
      const outcome = await lock.inTurn(key, () => remove(key, precondition));
      if (outcome === 'deleted') {
        changed(place);
        const folder = await folders.open(place.folder);
        await folder.sync();
      }
      return outcome !== 'refused';
    },
  };
}

interface Target {
  readonly key: string;
  readonly path: string;
  readonly precondition: Precondition;
}
