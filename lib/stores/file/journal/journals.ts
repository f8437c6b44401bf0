import { StoreError } from '../../../store.ts';
import { storeError } from '../errno.ts';
import type { Permissions } from '../permissions.ts';
import { syncFolder } from '../sync-folder.ts';
import { HEADER_BYTES } from './header.ts';
import { createJournal, type Journal, JournalLost, type Ticket } from './journal.ts';
import { createJournalFile, type JournalFile } from './journal-file.ts';
import { journalNames } from './journal-names.ts';
import type { RecordedWrite } from './record.ts';
import type { SegmentSizes } from './segments.ts';
import { filesOf, type SyncFiles } from './sync-files.ts';
import { createTombstones } from './tombstones.ts';

/** The journal of this process, opened at its first write. One that has failed is replaced. */
export interface Journals {
  /** False if no journal can be opened now, such as on a full disk: then files are synced one by one. */
  open(): boolean | Promise<boolean>;
  /** Resolves when the record and all earlier ones are on the disk. Rejects with a `StoreError`. */
  append(record: RecordedWrite): Promise<Ticket>;
  /** Takes a record whose write has happened already. It is on the disk when a later `append` resolves. */
  note(record: RecordedWrite): void;
  /** Resolves when all records are on the disk. */
  settle(): Promise<void>;
  /** Syncs the files of all records until now. */
  checkpoint(): Promise<void>;
  /** Takes over the journals of dead processes, without waiting for it. */
  adoptBehind(): void;
  /** Syncs the files and removes the journal. */
  close(): Promise<void>;
}

/** Runs a task later, unless the process has ended. Returns a function that prevents it. */
export type StartTimer = (task: () => void, ms: number) => () => void;

export interface JournalsParts {
  readonly folder: string;
  readonly makeFolder: () => void;
  readonly permissions: Permissions;
  /** Null where the system has none. Then there is no journal. */
  readonly bootId: string | null;
  readonly sizes: SegmentSizes;
  readonly sync: SyncFiles;
  readonly startTimer: StartTimer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Takes over the journals of dead processes. */
  readonly adopt: () => Promise<void>;
}

interface Current {
  readonly journal: Journal;
  readonly file: JournalFile;
}

/** After the first write, files are synced this much later at most. */
export const CHECKPOINT_MS = 5_000;
const RETRY_MS = 5_000;
/** At some 400 bytes each. */
const MAX_TOMBSTONES = 8_192;
const ATTEMPTS = 3;

export const DEFAULT_SIZES: SegmentSizes = {
  segment: 16 * 1024 * 1024,
  firstFill: 256 * 1024,
  fill: 1024 * 1024,
};

export function createJournals(parts: JournalsParts): Journals {
  const { folder, sizes, sync, startTimer, now } = parts;
  const tombstones = createTombstones(MAX_TOMBSTONES);
  let current: Current | null = null;
  let opening: Promise<boolean> | null = null;
  let retryAtMs = Number.NEGATIVE_INFINITY;
  let stopTimer: (() => void) | null = null;
  let background: Promise<void> = Promise.resolve();
  let isClosed = false;
  /** Noted while no journal could take them. The next journal does, or the next write syncs their files. */
  const strays: RecordedWrite[] = [];

  async function syncStrays(): Promise<void> {
    const synced = strays.splice(0);
    if (synced.length === 0) return;
    try {
      await sync(filesOf(synced));
    } catch (error) {
      strays.unshift(...synced);
      throw storeError('sync files without a journal', error);
    }
  }

  function startCheckpointTimer(): void {
    if (stopTimer !== null || isClosed) return;
    stopTimer = startTimer(() => {
      stopTimer = null;
      runBehind(async () => {
        await checkpoint();
        await parts.adopt();
      });
    }, CHECKPOINT_MS);
  }

  /** The records of a task that fails stay, and it is repeated. A full journal shows the error to its writers. */
  function runBehind(task: () => Promise<void>): void {
    background = background.then(task).catch(startCheckpointTimer);
  }

  async function checkpoint(): Promise<void> {
    await current?.journal.checkpoint();
  }

  function othersIn(own = current?.file.path): boolean {
    return journalNames(folder).some(name => `${folder}/${name}` !== own);
  }

  async function create(bootId: string): Promise<Current> {
    parts.makeFolder();
    const { permissions } = parts;
    const segmentBytes = sizes.segment;
    const file = await createJournalFile(folder, { bootId, segmentBytes, permissions });
    try {
      await file.fill(HEADER_BYTES, sizes.firstFill);
    } catch (error) {
      file.remove();
      file.close();
      throw error;
    }
    const journal = createJournal({
      file,
      sizes,
      filledBytes: sizes.firstFill,
      tombstones,
      sync,
      hasOthers: () => othersIn(),
      nowNs: () => process.hrtime.bigint(),
      onDirty: startCheckpointTimer,
    });
    return { journal, file };
  }

  /** Syncs what the journal has recorded, and removes it. Rejects if that fails: it is then still needed. */
  async function retire({ journal, file }: Current): Promise<void> {
    await journal.checkpoint();
    const isNamed = file.isNamed();
    const isNeeded = tombstones.young(process.hrtime.bigint()).length > 0 && othersIn(file.path);
    if (isNamed && !(isNeeded && journal.isUsable())) {
      file.remove();
      syncFolder(folder);
    }
    file.close();
  }

  async function replace(bootId: string): Promise<boolean> {
    if (current !== null) {
      await retire(current);
      current = null;
    }
    try {
      current = await create(bootId);
      for (const record of strays.splice(0)) current.journal.note(record);
      return true;
    } catch (error) {
      // Without a journal every write waits for its own syncs.
      if (!(error instanceof Error && 'code' in error)) throw error;
      retryAtMs = now() + RETRY_MS;
      return false;
    }
  }

  function open(): boolean | Promise<boolean> {
    if (current?.journal.isUsable() === true) return true;
    if (isClosed) throw new StoreError('Cannot write: the store is closed');
    const { bootId } = parts;
    if (bootId === null || (current === null && now() < retryAtMs)) return false;
    opening ??= replace(bootId).finally(() => {
      opening = null;
    });
    return opening;
  }

  return {
    open,

    async append(record) {
      for (let attempt = 1; ; attempt += 1) {
        if (!(await open()) || current === null) {
          throw new StoreError(`Cannot open a journal in "${folder}"`);
        }
        try {
          return await current.journal.append(record);
        } catch (error) {
          if (!(error instanceof JournalLost) || attempt === ATTEMPTS) throw error;
        }
      }
    },

    note(record) {
      if (current?.journal.isUsable() === true) current.journal.note(record);
      else strays.push(record);
    },

    async settle() {
      // Replacing a failed journal syncs the files of its records.
      if (current?.journal.isUsable() === false) await open();
      if (current !== null) await current.journal.settle();
      else await syncStrays();
    },

    checkpoint,

    adoptBehind() {
      runBehind(parts.adopt);
    },

    async close() {
      isClosed = true;
      stopTimer?.();
      await background;
      await opening;
      await syncStrays();
      if (current === null) return;
      const last = current;
      current = null;
      try {
        await retire(last);
      } catch (error) {
        last.file.close();
        throw storeError(`sync the files of "${last.file.path}"`, error);
      }
    },
  };
}
