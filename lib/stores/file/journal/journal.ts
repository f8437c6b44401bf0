import { StoreError } from '../../../store.ts';
import { storeError } from '../errno.ts';
import { type Applied, createEpoch, type Epoch } from './epoch.ts';
import { HEADER_BYTES, isBefore, type Position, START } from './header.ts';
import type { JournalFile } from './journal-file.ts';
import { encodeRecord, type RecordedWrite, recordBytes } from './record.ts';
import { createSegments, type Segment, type SegmentSizes } from './segments.ts';
import type { Tombstones } from './tombstones.ts';

/** Told that the file of a record has been written, or that it will not be. Every ticket must be. */
export interface Ticket {
  applied(): void;
}

/** Another program has removed the journal. Nothing of the group was written, and another journal can take it. */
export class JournalLost extends StoreError {}

/** One journal of this process. */
export interface Journal {
  /** False after a failure, or when another program has removed the file. Then a new journal is needed. */
  isUsable(): boolean;
  /** Resolves when the record and all earlier ones are on the disk. Rejects with a `StoreError`. */
  append(record: RecordedWrite): Promise<Ticket>;
  /**
   * Takes a record whose write has happened already. It is on the disk when a later `append` resolves. Only for a usable
   * journal.
   */
  note(record: RecordedWrite): void;
  /** Resolves when all records are on the disk. */
  settle(): Promise<void>;
  /** Syncs the files of all records until now, so that the records are needed no more. */
  checkpoint(): Promise<void>;
  /** Whether no file waits to be synced. */
  isClean(): boolean;
}

export interface JournalParts {
  readonly file: JournalFile;
  readonly sizes: SegmentSizes;
  /** How much of the first segment is filled with zeros already. */
  readonly filledBytes: number;
  readonly tombstones: Tombstones;
  /** Whether other processes have journals, for which deletions must stay recorded. */
  readonly hasOthers: () => boolean;
  readonly nowNs: () => bigint;
  /** Waits until the files and the names in the folders are on the disk. */
  readonly sync: (epoch: Pick<Epoch, 'files' | 'folders'>) => Promise<void>;
  /** Called when the first record since the last checkpoint comes. */
  readonly onDirty: () => void;
}

interface Entry {
  /** Null for a caller that only waits for the records before it. */
  readonly record: RecordedWrite | null;
  readonly applied: Applied;
  /** Null if nobody waits for the record. */
  readonly waiting: PromiseWithResolvers<Ticket> | null;
}

/** The largest group. A larger record is not taken. */
export const GROUP_BYTES = 256 * 1024;
/** Ordered records wait for the next durable one, unless they are this many bytes. */
const UNASKED_BYTES = 64 * 1024;
/** More files than this are synced before the segment is full. The next as many wait for them. */
const MAX_FILES = 10_000;

const NOTHING: Ticket = { applied: () => {} };

/**
 * Writes records in groups: those that arrive while a sync runs share the next one. Positions, syncs and checkpoints follow
 * each other, so what is on the disk is always the beginning of what was recorded.
 */
export function createJournal(parts: JournalParts): Journal {
  const { file, tombstones, sync, onDirty } = parts;
  const segments = createSegments(HEADER_BYTES, parts.sizes, parts.filledBytes);
  const buffer = Buffer.allocUnsafeSlow(GROUP_BYTES);
  let pending: Entry[] = [];
  let unasked = 0;
  let isRunning = false;
  let failure: StoreError | null = null;
  let epoch = createEpoch();
  let syncedEnd: Position = START;
  let checkpointing: Promise<void> | null = null;

  function push(entry: Entry, isWaitedFor: boolean): void {
    pending.push(entry);
    if (entry.record !== null) unasked += recordBytes(entry.record);
    if (pending.length === 1 && epoch.isEmpty) onDirty();
    if (isRunning || !(isWaitedFor || unasked > UNASKED_BYTES)) return;
    isRunning = true;
    // The next turn: whatever else arrives in this one shares the sync.
    setImmediate(() => void run());
  }

  async function run(): Promise<void> {
    try {
      while (pending.some(({ waiting }) => waiting !== null) || unasked > UNASKED_BYTES) {
        await writeGroup();
      }
    } catch (error) {
      fail(error);
    } finally {
      isRunning = false;
    }
  }

  function fail(error: unknown): void {
    failure ??= storeError(`write the journal "${file.path}"`, error);
    const rejected = pending;
    pending = [];
    for (const { record, applied, waiting } of rejected) {
      // The file of an ordered record is there already, and has to be synced all the same.
      if (applied === 'already' && record !== null) epoch.add(record, epoch.end, applied);
      if (record?.kind === 'delete') tombstones.forget(record.key);
      waiting?.reject(failure);
    }
  }

  function lost(): JournalLost {
    return new JournalLost(`Cannot find the journal "${file.path}"`);
  }

  async function writeGroup(): Promise<void> {
    const first = pending.find(({ record }) => record !== null)?.record;
    if (first !== undefined && first !== null) await makeRoom(recordBytes(first));
    if (!file.isNamed()) throw lost();
    const { current } = segments;
    const room = Math.min(GROUP_BYTES, current.filled - current.cursor);
    const own = epoch;
    const group: Entry[] = [];
    let length = 0;
    for (const entry of pending) {
      if (entry.record !== null) {
        if (length + recordBytes(entry.record) > room) break;
        length = encodeRecord(buffer, length, {
          record: entry.record,
          generation: current.generation,
        });
        const end = { generation: current.generation, offset: current.cursor + length };
        own.add(entry.record, end, entry.applied);
        unasked -= recordBytes(entry.record);
      }
      group.push(entry);
    }
    pending.splice(0, group.length);
    try {
      await file.write(buffer.subarray(0, length), segments.current.at + current.cursor);
      await file.sync();
    } catch (error) {
      for (const { record, waiting } of group) {
        if (record !== null && waiting !== null) own.applied();
      }
      pending.unshift(...group.filter(({ waiting }) => waiting !== null));
      throw error;
    }
    current.cursor += length;
    for (const { record, waiting } of group) waiting?.resolve(record === null ? NOTHING : own);
  }

  /** Makes sure that the current segment has room for a record. */
  async function makeRoom(bytes: number): Promise<void> {
    if (epoch.files.size > MAX_FILES) {
      if (checkpointing !== null) await checkpointing;
      else startCheckpoint().catch(ignore);
    }
    if (await fill(bytes)) return;
    /** The disk has no space for more of them, and the record does not fit into what they have. */
    const small = new Set<Segment>();
    for (;;) {
      if (segments.current.cursor === 0) small.add(segments.current);
      const next = segments.next(syncedEnd, small);
      if (next === null) {
        if (epoch.isEmpty && checkpointing === null) throw new StoreError('the disk is full');
        await startCheckpoint();
        continue;
      }
      segments.enter(next);
      // The segment that is full is free when it is needed again.
      if (!epoch.isEmpty) startCheckpoint().catch(ignore);
      if (await fillWithTombstones(bytes)) return;
    }
  }

  /** Fills an empty segment for a record and for the young deletions, which go before it. */
  async function fillWithTombstones(bytes: number): Promise<boolean> {
    const young = parts.hasOthers() ? tombstones.young(parts.nowNs()) : [];
    const wanted = young.reduce((sum, record) => sum + recordBytes(record), 0);
    if (young.length > 0 && (await fill(wanted + bytes))) {
      carry(young);
      return true;
    }
    if (!(await fill(bytes))) return false;
    // Deletions that fill every segment again would leave no room for anything else, so the oldest stay behind.
    let room = (segments.current.filled - bytes) / 2;
    let first = young.length;
    for (const record of young.toReversed()) {
      room -= recordBytes(record);
      if (room < 0) break;
      first -= 1;
    }
    carry(young.slice(first));
    return true;
  }

  /** Repeats records before all that wait. */
  function carry(records: readonly RecordedWrite[]): void {
    const carried = records.map(record => ({ record, applied: 'carried' as const, waiting: null }));
    pending = [...carried, ...pending.filter(({ applied }) => applied !== 'carried')];
    unasked = pending.reduce((sum, { record }) => sum + (record ? recordBytes(record) : 0), 0);
  }

  /** Fills the current segment with zeros up to where the record would end. False if that is not possible. */
  async function fill(bytes: number): Promise<boolean> {
    const { current } = segments;
    const { sizes } = parts;
    const needed = current.cursor + bytes;
    if (needed <= current.filled) return true;
    if (needed > sizes.segment) return false;
    const step = current.filled === 0 ? sizes.firstFill : sizes.fill;
    const filled = Math.min(sizes.segment, Math.max(needed, current.filled + step));
    try {
      await file.fill(current.at + current.filled, filled - current.filled);
    } catch {
      // A full disk. What is filled already is enough, only in shorter turns.
      return false;
    }
    current.filled = filled;
    return true;
  }

  /** Joins the checkpoint that runs, if there is one. */
  function startCheckpoint(): Promise<void> {
    checkpointing ??= runCheckpoint().finally(() => {
      checkpointing = null;
    });
    return checkpointing;
  }

  async function runCheckpoint(): Promise<void> {
    const done = epoch;
    epoch = createEpoch();
    try {
      await done.allApplied();
      await sync(done);
      // On a disk that is not mounted any more nothing can be synced. The records stay there for the next restart.
      if (!file.isNamed()) failure ??= lost();
      // Records nothing in a failed journal: its end is not known.
      if (failure === null && isBefore(syncedEnd, done.end)) {
        await file.writeSyncedEnd(done.end);
        syncedEnd = done.end;
      }
    } catch (error) {
      epoch.absorb(done);
      onDirty();
      throw storeError('sync the files of the journal', error);
    }
    // Noted records may have come while the ones before were written.
    if (!epoch.isEmpty || pending.length > 0) onDirty();
  }

  function wait(record: RecordedWrite | null): Promise<Ticket> {
    if (failure !== null) return Promise.reject(failure);
    const waiting = Promise.withResolvers<Ticket>();
    push({ record, applied: record === null ? 'already' : 'later', waiting }, true);
    return waiting.promise;
  }

  async function settle(): Promise<void> {
    if (failure === null && (isRunning || pending.length > 0)) await wait(null);
  }

  return {
    isUsable: () => failure === null,
    append(record) {
      if (record.kind === 'delete') tombstones.add(record);
      return wait(record);
    },
    note(record) {
      if (record.kind === 'void') tombstones.forget(record.key);
      push({ record, applied: 'already', waiting: null }, false);
    },
    settle,

    async checkpoint() {
      await settle();
      // One that runs already does not cover the latest records.
      await checkpointing?.catch(ignore);
      if (!epoch.isEmpty) await startCheckpoint();
    },

    isClean: () => epoch.isEmpty && pending.length === 0 && checkpointing === null,
  };
}

function ignore(): void {}
