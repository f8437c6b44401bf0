import { closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { tryLock } from 'fs-native-extensions';
import { hasCode, isMissing } from '../errno.ts';
import { removeFile } from '../remove-file.ts';
import { decodeHeader, HEADER_BYTES, type Header, isBefore } from './header.ts';
import { type DecodedRecord, decodeRecord } from './record.ts';
import { SEGMENT_COUNT } from './segments.ts';

/** A journal whose process has ended. It is locked, so no other process takes it over at the same time. */
export interface DeadJournal {
  /** Null if its creation was never completed. Then it has no records. */
  readonly header: Header | null;
  /** The records that were written completely, the oldest first. */
  readRecords(): Promise<JournalRecord[]>;
  /** Removes the name; the caller syncs the folder. */
  remove(): void;
  /** Ends the lock. */
  close(): void;
}

export interface JournalRecord extends DecodedRecord {
  /** The file of the record is on the disk, or was when it was last replaced. */
  readonly isSynced: boolean;
}

const OPEN = constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const RECORDS_PER_TURN = 256;

const readFile = promisify(read);

/** Null if the process of the journal is alive, or another process takes the journal over. */
export async function openDeadJournal(path: string): Promise<DeadJournal | null> {
  const fd = openOrNull(path);
  if (fd === null) return null;
  try {
    if (tryLock(fd) && fstatSync(fd).nlink > 0) {
      const header = decodeHeader(await readAt(fd, 0, HEADER_BYTES));
      return createDeadJournal({ path, fd, header });
    }
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return null;
}

function createDeadJournal(opened: {
  readonly path: string;
  readonly fd: number;
  readonly header: Header | null;
}): DeadJournal {
  const { path, fd, header } = opened;
  return {
    header,

    async readRecords() {
      if (header === null) return [];
      const segments: JournalRecord[][] = [];
      for (let index = 0; index < SEGMENT_COUNT; index += 1) {
        const at = HEADER_BYTES + index * header.segmentBytes;
        segments.push(await readSegment(await readAt(fd, at, header.segmentBytes), header));
      }
      const generationOf = (records: JournalRecord[]) => records[0]?.generation ?? 0;
      return segments.toSorted((left, right) => generationOf(left) - generationOf(right)).flat();
    },

    remove: () => void removeFile(path),

    close: () => closeSync(fd),
  };
}

/** A segment ends before the first record of another generation, or one that was not written completely. */
async function readSegment(buffer: Buffer, { syncedEnd }: Header): Promise<JournalRecord[]> {
  const records: JournalRecord[] = [];
  for (let offset = 0; ; ) {
    const record = decodeRecord(buffer, offset);
    const generation = records[0]?.generation ?? record?.generation;
    if (record === null || record.generation !== generation) return records;
    records.push({ ...record, isSynced: isBefore({ generation, offset }, syncedEnd) });
    offset += record.bytes;
    if (records.length % RECORDS_PER_TURN === 0)
      await new Promise(resolve => setImmediate(resolve));
  }
}

async function readAt(fd: number, at: number, bytes: number): Promise<Buffer> {
  const available = Math.max(0, Math.min(bytes, fstatSync(fd).size - at));
  const buffer = Buffer.alloc(available);
  for (let length = 0; length < available; ) {
    const { bytesRead } = await readFile(fd, buffer, length, available - length, at + length);
    if (bytesRead === 0) return buffer.subarray(0, length);
    length += bytesRead;
  }
  return buffer;
}

function openOrNull(path: string): number | null {
  try {
    return openSync(path, OPEN);
  } catch (error) {
    if (isMissing(error) || hasCode(error, 'EACCES') || hasCode(error, 'ELOOP')) return null;
    throw error;
  }
}
