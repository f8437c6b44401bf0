import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import {
  encodeHeader,
  encodeSyncedEnd,
  HEADER_BYTES,
  type Position,
} from '../../../../lib/stores/file/journal/header.ts';
import {
  encodeRecord,
  type RecordedWrite,
  recordBytes,
} from '../../../../lib/stores/file/journal/record.ts';
import { bodyOf } from '../../../conformance/body.ts';

/** The run of the machine before the one that the tests say that they are in. */
export const BEFORE = 'the run before';
export const NOW = 'this run';

const SEGMENT_BYTES = 64 * 1024;
const NS_PER_SECOND = 1_000_000_000n;

/** A moment, in seconds since some day in 2026, as the modification time of a file. */
export function at(seconds: number): bigint {
  return (1_790_000_000n + BigInt(seconds)) * NS_PER_SECOND;
}

/** The record of a put. Its stamp is its modification time unless said otherwise. */
export function put(
  key: string,
  text: string,
  written: {
    readonly at: number;
    readonly replaced?: number;
    readonly stamp?: number;
    readonly young?: boolean;
  },
): RecordedWrite {
  return {
    key,
    kind: 'put',
    stampNs: at(written.stamp ?? written.at),
    modifiedAtNs: at(written.at),
    replacedNs: written.replaced === undefined ? null : at(written.replaced),
    replacesYoung: written.young ?? false,
    body: bodyOf(text),
  };
}

/** The record of the deletion of the file with a modification time. */
export function deletion(
  key: string,
  removed: { readonly at: number; readonly stamp: number },
  kind: 'delete' | 'drop' = 'delete',
): RecordedWrite {
  const modifiedAtNs = at(removed.at);
  return {
    key,
    kind,
    stampNs: at(removed.stamp),
    modifiedAtNs,
    replacedNs: modifiedAtNs,
    replacesYoung: false,
    body: bodyOf(''),
  };
}

/** The record that says that another one did not come true. */
export function voidOf(record: RecordedWrite, stamp: number): RecordedWrite {
  const { key, stampNs } = record;
  return {
    key,
    kind: 'void',
    stampNs: at(stamp),
    modifiedAtNs: stampNs,
    replacedNs: null,
    replacesYoung: false,
    body: bodyOf(''),
  };
}

/** Writes a journal as a process leaves it that ends without warning. Returns its path. */
export function writeJournal(
  directory: string,
  image: {
    readonly bootId?: string;
    /** The records of each segment. */
    readonly segments: readonly (readonly RecordedWrite[])[];
    readonly syncedEnd?: Position;
    /** Cuts the last bytes off. */
    readonly torn?: number;
  },
): string {
  const buffer = Buffer.alloc(HEADER_BYTES + 2 * SEGMENT_BYTES);
  const header = { bootId: image.bootId ?? BEFORE, segmentBytes: SEGMENT_BYTES };
  encodeHeader(header).copy(buffer);
  if (image.syncedEnd !== undefined) {
    const sector = encodeSyncedEnd(image.syncedEnd, 1);
    sector.bytes.copy(buffer, sector.at);
  }
  let end = 0;
  for (const [index, records] of image.segments.entries()) {
    end = HEADER_BYTES + index * SEGMENT_BYTES;
    for (const record of records)
      end = encodeRecord(buffer, end, { record, generation: index + 1 });
  }
  buffer.fill(0, end - (image.torn ?? 0), end);
  const folder = `${directory}/.dalsegno/journal`;
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${randomUUID()}.journal`;
  writeFileSync(path, buffer);
  return path;
}

/** The position behind the first records of the first segment. */
export function behind(records: readonly RecordedWrite[]): Position {
  const offset = records.reduce((sum, record) => sum + recordBytes(record), 0);
  return { generation: 1, offset };
}

export function writeFileAt(path: string, body: string | Uint8Array, seconds: number): void {
  mkdirSync(path.slice(0, path.lastIndexOf('/')), { recursive: true });
  writeFileSync(path, body);
  utimesSync(path, 1_790_000_000 + seconds, 1_790_000_000 + seconds);
}

/** The text of a file; null if it does not exist. */
export function textAt(path: string): string | null {
  return statSync(path, { throwIfNoEntry: false }) === undefined
    ? null
    : readFileSync(path, 'utf8');
}

export function journalsIn(directory: string): string[] {
  return readdirSync(`${directory}/.dalsegno/journal`);
}
