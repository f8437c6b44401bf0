import { closeSync, fsync, linkSync, renameSync } from 'node:fs';
import { promisify } from 'node:util';
import {
  type Body,
  type Durability,
  type Precondition,
  StoreError,
  type Version,
} from '../../store.ts';
import { byteLengthOf, joined } from '../parts.ts';
import type { OnCrashPoint } from './crash-point.ts';
import { hasCode } from './errno.ts';
import type { Folder, Folders } from './folder.ts';
import type { Home } from './home.ts';
import type { Ticket } from './journal/journal.ts';
import type { Journals } from './journal/journals.ts';
import type { RecordedWrite } from './journal/record.ts';
import type { Place } from './layout.ts';
import type { KeyLock, LockedPlace } from './lock.ts';
import type { ModificationTimes } from './modification-time.ts';
import type { Permissions } from './permissions.ts';
import { removeFile } from './remove-file.ts';
import { type FileStats, holds, statsOf, versionOf } from './stat.ts';
import {
  abandonTemporary,
  createEmptyFile,
  postpone,
  type Temporary,
  writeTemporary,
} from './temporaries/temporary.ts';
import type { TemporaryFolder } from './temporaries/temporary-folder.ts';
import type { WriteCalls } from './temporaries/write-body.ts';

/** Puts and deletes files: atomic, with one writer of a key at a time. */
export interface Writer {
  put(key: string, body: Body, options: PutOptions): Promise<Version | null>;
  delete(key: string, options: PutOptions): Promise<boolean>;
}

export interface PutOptions {
  readonly precondition: Precondition;
  readonly durability: Durability;
}

export interface WriterParts {
  readonly placeOf: (key: string) => Place;
  readonly home: Home;
  readonly folders: Folders;
  readonly temporaries: TemporaryFolder;
  readonly permissions: Permissions;
  readonly lock: KeyLock;
  readonly times: ModificationTimes;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly journals: Journals;
  readonly writes: WriteCalls;
  readonly reach: OnCrashPoint;
  /** Called as soon as readers see the change of a file. */
  readonly changed: (place: Place) => void;
}

/**
 * The result of one attempt to write. `lost`: a cleaner removed the temporary file, or another program removed the
 * folder, before anything was stored.
 */
type Attempt = { readonly kind: 'stored'; readonly version: Version } | 'refused' | 'lost';

type Removal = 'deleted' | 'absent' | 'refused';

/**
 * How a write becomes durable. `journal`: its record is synced before it becomes visible, and its file later.
 * `noted`: the record is not waited for. `direct`: the file is synced before it becomes visible, and its folder after.
 */
type Way = 'journal' | 'noted' | 'direct';

interface Target extends Place {
  readonly key: string;
  readonly precondition: Precondition;
  readonly way: Way;
}

const ATTEMPTS = 3;
/** To sync a larger body itself costs less than to write it twice. */
const MAX_RECORDED_BYTES = 64 * 1024;
/** Every file system puts a new name on the disk by itself within this time. */
const YOUNG_MS = 60_000;
const EMPTY = new Uint8Array();

const fsyncFile = promisify(fsync);

/** Creates a writer that rejects with the errors of the system. */
export function createWriter(parts: WriterParts): Writer {
  const { placeOf, home, folders, lock, times, journals, writes, reach, changed } = parts;
  const { permissions, temporaries, now } = parts;

  /** How this write becomes durable now. */
  function chooseWay(bytes: number, durability: Durability): Way | Promise<Way> {
    if (bytes > MAX_RECORDED_BYTES) return 'direct';
    const recorded = durability === 'ordered' ? 'noted' : 'journal';
    const isOpen = journals.open();
    if (typeof isOpen === 'boolean') return isOpen ? recorded : 'direct';
    return isOpen.then(opened => (opened ? recorded : 'direct'));
  }

  async function store(target: Target, body: Body): Promise<Attempt> {
    const { folder, path, precondition, way } = target;
    const replaced = statsOf(path);
    // A replaced version never comes back, so the refusal needs no lock and no written body.
    if (!holds(precondition, replaced)) return 'refused';
    const modifiedAtNs = times.after(replaced?.mtimeNs ?? null);
    const isSynced = way === 'direct';
    const content = { body, modifiedAtNs, permissions, writes, reach, isSynced };
    const temporary = await orLost(async () =>
      writeTemporary(await temporaries.create(folder, permissions.file), content),
    );
    if (temporary === 'lost') return 'lost';
    let outcome: Attempt = 'refused';
    try {
      // The records of earlier writes become durable no later than this one.
      if (isSynced) await journals.settle();
      const isExpected = replaced !== null;
      outcome = await orLost(() =>
        way !== 'journal' && precondition.kind === 'absent'
          ? link(temporary, target, body)
          : replace(temporary, { ...target, isExpected }, body),
      );
      return outcome;
    } catch (error) {
      if (!hasCode(error, 'EXDEV')) throw error;
      temporaries.leave(folder);
      outcome = 'lost';
      return outcome;
    } finally {
      if (temporary.isNamed) abandonTemporary(temporary);
      closeSync(temporary.fd);
      if (outcome !== 'refused' && outcome !== 'lost') reach('released');
    }
  }

  /**
   * Gives a new file its name. `link` never replaces a file, but `rename` does. So this needs no lock, unless a record
   * is to be on the disk before: then nobody else may create the file meanwhile.
   */
  async function link(temporary: Temporary, target: Target, body: Body): Promise<Attempt> {
    const record = recordOf(target, body, { stats: temporary.stats, replaced: null });
    if (!tryLink(temporary, target)) return 'refused';
    if (target.way === 'noted') journals.note(record);
    return stored(temporary, target);
  }

  function replace(
    temporary: Temporary,
    target: Target & LockedPlace,
    body: Body,
  ): Promise<Attempt> {
    const { path, precondition, way } = target;
    return lock.runExclusively(target, async (replaced): Promise<Attempt> => {
      reach('claimed');
      if (!holds(precondition, replaced)) return 'refused';
      // Another process has replaced the file meanwhile. The new time must be later than that one's.
      if (replaced !== null && replaced.mtimeNs >= temporary.stats.mtimeNs) {
        postpone(temporary, times.after(replaced.mtimeNs));
        if (way === 'direct') await fsyncFile(temporary.fd);
      }
      const { stats } = temporary;
      const replacesYoung = replaced !== null && isYoung(replaced, now());
      const record = { ...recordOf(target, body, { stats, replaced }), replacesYoung };
      return carryOut(target, record, () => {
        if (precondition.kind !== 'absent') renameSync(temporary.path, path);
        else if (!tryLink(temporary, target)) return null;
        temporary.isNamed = false;
        return stored(temporary, target);
      }).then(done => done ?? 'refused');
    });
  }

  /** Records the write, and then does it. Null of `write` says that it did not happen. */
  async function carryOut<T>(
    { way }: Target,
    record: RecordedWrite,
    write: () => T | null,
  ): Promise<T | null> {
    const ticket = await recordFirst(way, record);
    let done: T | null = null;
    try {
      done = write();
    } finally {
      if (done === null && way !== 'direct') journals.note(voidOf(record));
      ticket?.applied();
    }
    // Another program was faster. Its file must not be taken for an older one than the record.
    if (done === null) await journals.settle();
    return done;
  }

  async function recordFirst(way: Way, record: RecordedWrite): Promise<Ticket | null> {
    switch (way) {
      case 'direct':
        return null;
      case 'noted':
        journals.note(record);
        return null;
      case 'journal': {
        const ticket = await journals.append(record);
        reach('recorded');
        return ticket;
      }
      default:
        return way satisfies never;
    }
  }

  function tryLink(temporary: Temporary, { path }: Target): boolean {
    try {
      linkSync(temporary.path, path);
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
    reach('linked');
    abandonTemporary(temporary);
    temporary.isNamed = false;
    reach('unlinked');
    return true;
  }

  function stored({ stats }: Temporary, target: Target): Attempt {
    if (target.precondition.kind !== 'absent') reach('renamed');
    changed(target);
    return { kind: 'stored', version: versionOf(stats) };
  }

  /** An empty file is complete when it has its name. Null if a file has the name already. */
  function createEmpty(target: Target): Attempt | null {
    const { path } = target;
    const stampNs = process.hrtime.bigint();
    const stats = createEmptyFile(path, { modifiedAtNs: times.after(null), permissions });
    if (stats === null) return null;
    journals.note({ ...recordOf(target, EMPTY, { stats, replaced: null }), stampNs });
    changed(target);
    return { kind: 'stored', version: versionOf(stats) };
  }

  async function put(target: Target, body: Body, folder: Folder): Promise<Attempt> {
    const { key, precondition, way } = target;
    if (way === 'noted' && byteLengthOf(body) === 0 && precondition.kind !== 'version') {
      const created = await orLost(async () => createEmpty(target) ?? 'refused');
      if (created !== 'refused' || precondition.kind === 'absent') return created;
    }
    // Writers of this process queue for the whole write. So the second is refused before it writes a body.
    const tried = await lock.runInQueue(key, () => store(target, body));
    if (way === 'direct' && tried !== 'refused' && tried !== 'lost') await folder.sync();
    return tried;
  }

  async function remove(target: Target): Promise<Removal> {
    const { path, precondition } = target;
    const found = statsOf(path);
    if (!holds(precondition, found)) return 'refused';
    if (found === null) return 'absent';
    return lock.runExclusively({ ...target, isExpected: true }, async current => {
      if (!holds(precondition, current)) return 'refused';
      if (current === null) return 'absent';
      const record = recordOf(target, null, { stats: current, replaced: current });
      if (target.way === 'direct') await journals.settle();
      const isDeleted = await carryOut(target, record, () => (removeFile(path) ? true : null));
      if (isDeleted === true) return 'deleted';
      return holds(precondition, null) ? 'absent' : 'refused';
    });
  }

  /** A deletion that a crash may undo, whatever is stored: it needs no lock. */
  function drop(target: Target): Removal {
    const { path } = target;
    const found = statsOf(path);
    if (found === null) return 'absent';
    const record = recordOf(target, null, { stats: found, replaced: found });
    if (!removeFile(path)) return 'absent';
    journals.note({ ...record, kind: 'drop' });
    return 'deleted';
  }

  return {
    async put(key, body, { precondition, durability }) {
      const place = placeOf(key);
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const outcome = await folders.within(place.folder, async folder => {
          const way = await chooseWay(byteLengthOf(body), durability);
          return put({ ...place, key, precondition, way }, body, folder);
        });
        if (outcome === 'refused') return null;
        if (outcome === 'lost') continue;
        reach('settled');
        return outcome.version;
      }
      throw new StoreError(
        `Cannot write "${place.path}": its folder or its temporary file vanished ${ATTEMPTS} times`,
      );
    },

    async delete(key, { precondition, durability }) {
      const place = placeOf(key);
      const way = await chooseWay(0, durability);
      const target = { ...place, key, precondition, way };
      const outcome =
        way === 'noted' && precondition.kind === 'none'
          ? drop(target)
          : await lock.runInQueue(key, () => remove(target));
      if (outcome === 'absent') home.require();
      if (outcome === 'deleted') {
        changed(place);
        if (way === 'direct') await folders.within(place.folder, folder => folder.sync());
      }
      return outcome !== 'refused';
    },
  };
}

/** Whether the file has had its name for a short time only, by the clock of the machine. */
function isYoung({ ctimeNs }: FileStats, nowMs: number): boolean {
  return Number(ctimeNs / 1_000_000n) > nowMs - YOUNG_MS;
}

/** A body of null records a deletion. A direct write has no record, so its body may be large. */
function recordOf(
  { key, way }: Target,
  body: Body | null,
  { stats, replaced }: { readonly stats: FileStats; readonly replaced: FileStats | null },
): RecordedWrite {
  const deletion = way === 'noted' ? 'drop' : 'delete';
  return {
    key,
    kind: body === null ? deletion : 'put',
    stampNs: process.hrtime.bigint(),
    modifiedAtNs: stats.mtimeNs,
    replacedNs: replaced?.mtimeNs ?? null,
    replacesYoung: false,
    body: body === null || way === 'direct' ? EMPTY : joined(body),
  };
}

function voidOf({ key, stampNs }: RecordedWrite): RecordedWrite {
  const nowNs = process.hrtime.bigint();
  return {
    key,
    kind: 'void',
    stampNs: nowNs,
    modifiedAtNs: stampNs,
    replacedNs: null,
    replacesYoung: false,
    body: EMPTY,
  };
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
