import { crc32 } from 'node:zlib';

/** A place in a journal. A later record has a higher generation, or the same one and a higher offset. */
export interface Position {
  readonly generation: number;
  /** From the start of the segment. */
  readonly offset: number;
}

export const START: Position = { generation: 0, offset: 0 };

export function isBefore(left: Position, right: Position): boolean {
  if (left.generation !== right.generation) return left.generation < right.generation;
  return left.offset < right.offset;
}

/** The first bytes of a journal: which run of the machine wrote it, and how far its files are known to be synced. */
export interface Header {
  /** The id of the run of the machine. */
  readonly bootId: string;
  readonly segmentBytes: number;
  /** The files of all records before this are on the disk. */
  readonly syncedEnd: Position;
}

export const HEADER_BYTES = 4096;

// A disk writes a sector of 512 bytes completely or not at all, as a rule. Two places take turns for the exceptions.
const SECTOR_BYTES = 512;
const MAGIC = 'dalsegno journal 1\n';
const SYNCED_END_BYTES = 28;

/** The header of a new journal. */
export function encodeHeader({ bootId, segmentBytes }: Omit<Header, 'syncedEnd'>): Buffer {
  const buffer = Buffer.alloc(HEADER_BYTES);
  buffer.write(`${MAGIC}${bootId}\n${segmentBytes}\n`, 'latin1');
  return buffer;
}

/** The sector for the `count`th of these positions, and where it belongs. */
export function encodeSyncedEnd(
  syncedEnd: Position,
  count: number,
): { readonly bytes: Buffer; readonly at: number } {
  const bytes = Buffer.alloc(SYNCED_END_BYTES);
  bytes.writeDoubleLE(count, 4);
  bytes.writeDoubleLE(syncedEnd.generation, 12);
  bytes.writeDoubleLE(syncedEnd.offset, 20);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return { bytes, at: SECTOR_BYTES * (1 + (count % 2)) };
}

/** Null if the file is not a journal, or was not completed. */
export function decodeHeader(buffer: Buffer): Header | null {
  if (buffer.byteLength < HEADER_BYTES) return null;
  const [magic, bootId, segment, rest] = buffer.toString('latin1', 0, SECTOR_BYTES).split('\n');
  if (`${magic}\n` !== MAGIC || bootId === undefined || rest === undefined) return null;
  const segmentBytes = Number(segment);
  if (!Number.isSafeInteger(segmentBytes) || segmentBytes < 1) return null;
  const syncedEnds = [1, 2].map(sector => decodeSyncedEnd(buffer, sector * SECTOR_BYTES));
  const latest = syncedEnds.toSorted((left, right) => right.count - left.count)[0];
  return { bootId, segmentBytes, syncedEnd: latest?.syncedEnd ?? START };
}

function decodeSyncedEnd(
  buffer: Buffer,
  at: number,
): { readonly count: number; readonly syncedEnd: Position } {
  const bytes = buffer.subarray(at, at + SYNCED_END_BYTES);
  if (crc32(bytes.subarray(4)) !== bytes.readUInt32LE(0)) return { count: -1, syncedEnd: START };
  const syncedEnd = { generation: bytes.readDoubleLE(12), offset: bytes.readDoubleLE(20) };
  return { count: bytes.readDoubleLE(4), syncedEnd };
}
