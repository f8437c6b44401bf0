import { crc32 } from 'node:zlib';

/** The key of a record, and what the write that it describes does to the file of that key. */
export interface RecordedWrite {
  readonly key: string;
  /**
   * `put`: the file gets this body. `delete`: the file is removed. `drop`: it is removed too, but the deletion may be
   * undone by a crash. `void`: an earlier recorded write of the key did not happen.
   */
  readonly kind: 'put' | 'delete' | 'drop' | 'void';
  /**
   * The monotonic clock of the machine when the writer held the lock of the key, in nanoseconds. All processes share
   * that clock, so it orders the records of all journals.
   */
  readonly stampNs: bigint;
  /** The modification time of the file that is written or removed. Of a `void` the stamp of the other record. */
  readonly modifiedAtNs: bigint;
  /** The modification time of the file that is replaced; null if none is. */
  readonly replacedNs: bigint | null;
  /** Whether that file came so shortly before that a crash may take its name, too. */
  readonly replacesYoung: boolean;
  readonly body: Uint8Array;
}

export interface DecodedRecord extends RecordedWrite {
  readonly generation: number;
  /** The bytes of the whole record. */
  readonly bytes: number;
}

/*
 * Little endian: u32 bytes of the record, u32 CRC-32 of everything behind it, f64 generation, i64 stamp, i64 time of
 * the file, i64 time of the replaced file (0: none), u8 kind, u8 1 if that file was young, u16 bytes of the key, the key
 * in UTF-8, the body.
 */
const HEAD_BYTES = 44;
const CHECKED_FROM = 8;
const KINDS = ['put', 'delete', 'drop', 'void'] as const;

export function recordBytes({ key, body }: RecordedWrite): number {
  return HEAD_BYTES + Buffer.byteLength(key) + body.byteLength;
}

/** Writes the record at the offset, where it must fit. Returns the offset behind it. */
export function encodeRecord(
  buffer: Buffer,
  offset: number,
  { record, generation }: { readonly record: RecordedWrite; readonly generation: number },
): number {
  const { key, kind, stampNs, modifiedAtNs, replacedNs, replacesYoung, body } = record;
  const keyBytes = buffer.write(key, offset + HEAD_BYTES);
  const end = offset + HEAD_BYTES + keyBytes + body.byteLength;
  buffer.writeUInt32LE(end - offset, offset);
  buffer.writeDoubleLE(generation, offset + 8);
  buffer.writeBigInt64LE(stampNs, offset + 16);
  buffer.writeBigInt64LE(modifiedAtNs, offset + 24);
  buffer.writeBigInt64LE(replacedNs ?? 0n, offset + 32);
  buffer.writeUInt8(KINDS.indexOf(kind), offset + 40);
  buffer.writeUInt8(replacesYoung ? 1 : 0, offset + 41);
  buffer.writeUInt16LE(keyBytes, offset + 42);
  buffer.set(body, offset + HEAD_BYTES + keyBytes);
  buffer.writeUInt32LE(crc32(buffer.subarray(offset + CHECKED_FROM, end)), offset + 4);
  return end;
}

/** The record at the offset; null if there is none, or one that was not written completely. */
export function decodeRecord(buffer: Buffer, offset: number): DecodedRecord | null {
  if (buffer.byteLength - offset < HEAD_BYTES) return null;
  const bytes = buffer.readUInt32LE(offset);
  const end = offset + bytes;
  if (bytes < HEAD_BYTES || end > buffer.byteLength) return null;
  if (crc32(buffer.subarray(offset + CHECKED_FROM, end)) !== buffer.readUInt32LE(offset + 4)) {
    return null;
  }
  const kind = KINDS[buffer.readUInt8(offset + 40)];
  const bodyFrom = offset + HEAD_BYTES + buffer.readUInt16LE(offset + 42);
  if (kind === undefined || bodyFrom > end) return null;
  const replacedNs = buffer.readBigInt64LE(offset + 32);
  return {
    key: buffer.toString('utf8', offset + HEAD_BYTES, bodyFrom),
    kind,
    generation: buffer.readDoubleLE(offset + 8),
    stampNs: buffer.readBigInt64LE(offset + 16),
    modifiedAtNs: buffer.readBigInt64LE(offset + 24),
    replacedNs: replacedNs === 0n ? null : replacedNs,
    replacesYoung: buffer.readUInt8(offset + 41) === 1,
    body: buffer.subarray(bodyFrom, end),
    bytes,
  };
}
