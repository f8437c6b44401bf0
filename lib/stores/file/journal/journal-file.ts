import { randomUUID } from 'node:crypto';
import { closeSync, constants, fdatasync, fsync, openSync, write, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { tryLock } from 'fs-native-extensions';
import { type Identity, identityAt, identityOfOpen, isSame } from '../identity.ts';
import { type Permissions, permitFile } from '../permissions.ts';
import { removeFile } from '../remove-file.ts';
import { syncFolder } from '../sync-folder.ts';
import { encodeHeader, encodeSyncedEnd, type Position } from './header.ts';
import { JOURNAL_SUFFIX } from './journal-names.ts';

/** The open file of a journal. It is locked while it is open, so other processes know that its writer lives. */
export interface JournalFile {
  readonly path: string;
  /** Whether it still has its name. Records in a file that nobody finds are worth nothing. */
  isNamed(): boolean;
  /** Writes at a position. It is on the disk after the next sync. */
  write(bytes: Buffer, at: number): Promise<void>;
  sync(): Promise<void>;
  /** Writes zeros and waits until they are on the disk, with the size of the file. */
  fill(at: number, bytes: number): Promise<void>;
  /** Records on the disk how far the files of the records are synced. */
  writeSyncedEnd(syncedEnd: Position): Promise<void>;
  /** Removes the name; the caller syncs the folder. */
  remove(): void;
  close(): void;
}

const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
const SMALL_BYTES = 64 * 1024;
const ATTEMPTS = 3;
const ZEROS = Buffer.alloc(128 * 1024);

const writeFile = promisify(write);
const syncFile = promisify(fsync);
const syncData = promisify(fdatasync);

/** Creates a journal in the folder, which must exist. Rejects with the error of the system. */
export async function createJournalFile(
  folder: string,
  options: {
    readonly bootId: string;
    readonly segmentBytes: number;
    readonly permissions: Permissions;
  },
): Promise<JournalFile> {
  for (let attempt = 1; ; attempt += 1) {
    const created = openNew(`${folder}/${randomUUID()}${JOURNAL_SUFFIX}`, options.permissions);
    if (created === null && attempt < ATTEMPTS) continue;
    if (created === null) throw new Error('another process keeps removing the new journal');
    try {
      await writeAll(created.fd, encodeHeader(options), 0);
      await syncFile(created.fd);
      syncFolder(folder);
      return openJournalFile(created);
    } catch (error) {
      removeFile(created.path);
      closeSync(created.fd);
      throw error;
    }
  }
}

interface NewFile {
  readonly path: string;
  readonly fd: number;
  readonly identity: Identity;
}

/** Null if a process that looks for journals of dead processes took the file before it was locked. */
function openNew(path: string, permissions: Permissions): NewFile | null {
  const fd = openSync(path, CREATE, permissions.file);
  const identity = identityOfOpen(fd);
  if (tryLock(fd) && isSame(identity, identityAt(path))) {
    permitFile(fd, permissions);
    return { path, fd, identity };
  }
  closeSync(fd);
  removeFile(path);
  return null;
}

function openJournalFile({ path, fd, identity }: NewFile): JournalFile {
  let syncedEnds = 0;
  return {
    path,
    isNamed: () => isSame(identity, identityAt(path)),
    write: (bytes, at) => writeAll(fd, bytes, at),
    sync: () => syncData(fd),
    async fill(at, bytes) {
      for (let done = 0; done < bytes; done += ZEROS.byteLength) {
        await writeAll(fd, ZEROS.subarray(0, bytes - done), at + done);
      }
      await syncFile(fd);
    },
    async writeSyncedEnd(syncedEnd) {
      syncedEnds += 1;
      const sector = encodeSyncedEnd(syncedEnd, syncedEnds);
      await writeAll(fd, sector.bytes, sector.at);
      await syncData(fd);
    },
    remove: () => void removeFile(path),
    close: () => closeSync(fd),
  };
}

async function writeAll(fd: number, bytes: Buffer, at: number): Promise<void> {
  for (let offset = 0; offset < bytes.byteLength; ) {
    const length = bytes.byteLength - offset;
    const written =
      length <= SMALL_BYTES
        ? writeSync(fd, bytes, offset, length, at + offset)
        : (await writeFile(fd, bytes, offset, length, at + offset)).bytesWritten;
    if (written < 1) throw new Error(`the disk took none of the last ${length} bytes`);
    offset += written;
  }
}
